"""Measured rows as sections of `RESULTS.md`, each with the command that measures it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADER = "# Measured speed and size\n\nEach section is written anew by the command that it names.\n"
Row = Mapping[str, object]


def table(rows: Sequence[Row]) -> str:
    """Rows with the same keys as a Markdown table."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def section(name: str, title: str, note: str, rows: Sequence[Row]) -> str:
    """One section of the results, with the machine that gave them."""
    machine = f"{platform.machine()}, {os.cpu_count()} CPU cores, {date.today().isoformat()}"
    return f"## {title}\n\n`make bench ARGS={name}` · {machine}\n\n{note}\n\n{table(rows)}\n"


def store(title: str, text: str, path: Path = RESULTS) -> None:
    """Put a section in place of an older one with the same title, or at the end."""
    old = path.read_text(encoding="utf-8") if path.exists() else HEADER
    parts = re.split(r"(?m)^(?=## )", old)
    kept = [part for part in parts if not part.startswith(f"## {title}\n")]
    path.write_text("\n".join(part.rstrip() + "\n" for part in [*kept, text]), encoding="utf-8")
