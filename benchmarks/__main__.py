"""`make bench`, or `python -m benchmarks [name …]`: measure, print and keep in RESULTS.md."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks.report import section, store

NAMES = ("app_speed", "attention_views", "trace_speed", "training_speed")
"""Modules of this package; each has TITLE, NOTE and `run()` giving rows with the same keys."""


def main() -> None:
    """Run the named benchmarks, all of them by default, one after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(NAMES)}")
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {NAMES}")
    for name in names:
        module = import_module(f"benchmarks.{name}")
        text = section(name, module.TITLE, module.NOTE, module.run())
        store(module.TITLE, text)
        print(text, flush=True)


if __name__ == "__main__":
    main()
