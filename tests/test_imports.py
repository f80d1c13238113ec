"""What importing a module must not load; the contracts in pyproject.toml say it of every import."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIGHT = (
    "bert_core",
    "viz_app.app_pages.start.first_paint",
    "viz_app.figures.curves",
    "viz_app.figures.labs",
    "viz_app.figures.maps",
    "viz_app.session.frame",
    "viz_app.session.jobs",
    "viz_app.views.architecture",
    "viz_app.widgets.sentence_bar",
)
"""Modules that are in use before torch is there, or draw what needs no model."""


def test_torch_is_not_loaded() -> None:
    """One process for all of them: what an earlier one loads, a later one would have found."""
    code = (
        "import importlib, sys\n"
        f"for module in {LIGHT}:\n"
        "    importlib.import_module(module)\n"
        "    if 'torch' in sys.modules:\n"
        "        sys.exit(module)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_app_is_up_before_torch_is() -> None:
    tree = ast.parse((ROOT / "streamlit_app.py").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    code = "\n".join(["import sys", *map(ast.unparse, imports), "print('torch' in sys.modules)"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_stored_picture_is_read_without_torch() -> None:
    code = (
        "import sys; from viz_app.app_pages.start.first_paint import first_paint; "
        "from viz_app.session.state import default_selection; "
        "assert first_paint(default_selection('en')); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
