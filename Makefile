# Headlight. Needs Python 3.11 or newer and make; everything else is installed into .venv, a C
# compiler is not needed. All paths are relative, so a space in the folder's own path does no harm.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run test lint format bench clean help

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
CONSTRAINTS := constraints.txt
PIP := $(PY) -m pip --disable-pip-version-check install --constraint $(CONSTRAINTS)
# The editable install is built with the setuptools of the environment, which is pinned too.
PROJECT := $(PIP) --no-build-isolation --editable
VERSIONS := pyproject.toml $(CONSTRAINTS)
# Node comes from a wheel. It checks the browser side; the app needs neither it nor node_modules.
NODE := $(VENV)/bin/node
NODE_MODULES := node_modules/.package-lock.json
BIOME := $(NODE) node_modules/@biomejs/biome/bin/biome
TSC := $(NODE) node_modules/typescript/bin/tsc

run: $(VENV)/.run  ## start the app and print its address (PORT=8600 picks the port)
	@$(PY) -m viz_app $(if $(PORT),--port $(PORT))

test: $(VENV)/.dev  ## run all tests, in a real browser too (ARGS="-k name" picks some)
	$(NODE) --test 'tests/views_js/**/*.test.js'
	@$(PY) -m tools.browser
	# The parser that reads what is written for Moodle; without a network its one test is skipped.
	@$(MAKE) --silent $(NODE_MODULES) || echo "npm is out of reach; one test of GIFT is skipped"
	# Waiting threads sleep instead of spinning, so that a busy machine stays usable meanwhile.
	# Each process takes its half in the order of collection, so that the browser's tests come last;
	# who is done helps the other.
	CONSTRAINTS=$(CONSTRAINTS) OMP_WAIT_POLICY=passive $(PY) -m pytest --numprocesses=auto \
	    --maxprocesses=4 --dist=worksteal $(ARGS)

lint: $(VENV)/.dev $(NODE_MODULES)  ## check format, lint, types and imports
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(BIOME) check --error-on-warnings
	$(TSC)
	$(VENV)/bin/lint-imports --no-cache

format: $(VENV)/.dev $(NODE_MODULES)  ## put the code into the project's format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(BIOME) check --write

bench: $(VENV)/.bench  ## measure speed and size beside other tools
	@$(PY) -m tools.browser
	$(PY) -m benchmarks $(ARGS)

clean:  ## remove the environment and all caches
	rm -rf $(VENV) node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

# An environment that was only half made is made again.
$(VENV)/.made: tools/make_venv.sh
	@sh tools/make_venv.sh $(VENV)
	@$(PIP) setuptools
	@touch $@

$(VENV)/.run: $(VENV)/.made $(VERSIONS)
	@echo "Installing Headlight into $(VENV); the first time takes a few minutes."
	@$(PROJECT) .
	@touch $@

$(VENV)/.dev: $(VENV)/.made $(VERSIONS)
	@$(PROJECT) '.[dev,hub]'
	@touch $@ $(VENV)/.run

$(NODE_MODULES): $(VENV)/.dev package.json package-lock.json
	@$(VENV)/bin/npm ci --ignore-scripts
	@touch $@

$(VENV)/.bench: $(VENV)/.made $(VERSIONS)
	@$(PROJECT) '.[bench,hub]'
	@touch $@ $(VENV)/.run
