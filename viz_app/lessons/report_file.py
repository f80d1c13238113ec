"""A report as a file: a page to read, and a table.

Both carry its data, so that they can be read back.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from viz_app.lessons.report import Report, Row, report_data
from viz_app.messages import Say
from viz_app.palette import tokens_css
from viz_app.view_models.csv_file import csv_bytes

DATA = "headlight"
"""Of the table: the column with the data. Of the page: the id of the element with it."""
COLUMNS = (
    "report",
    "name",
    "lesson",
    "model",
    "revision",
    "question",
    "ask",
    "given",
    "right",
    "is_right",
    "hints",
    "address",
)
"""Columns of the table before the one with the data, each a message `class.csv.<name>`."""

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
{tokens}
body {{ margin: 1.5rem auto; max-width: 48rem; padding: 0 1rem; line-height: 1.5;
  font-family: 'Source Sans 3', system-ui, 'Noto Sans CJK SC', 'PingFang SC', sans-serif;
  background: var(--hl-background); color: var(--hl-text); overflow-wrap: anywhere; }}
h1 {{ font-size: var(--hl-size-heading); }}
section {{ border-top: 1px solid var(--hl-border); padding: 0.75rem 0; }}
h2 {{ font-size: inherit; font-weight: 600; margin: 0 0 0.25rem; white-space: pre-wrap; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0; }}
dd {{ margin: 0; white-space: pre-wrap; }}
</style>
</head>
<body>
<h1>{title}</h1>
<dl>{about}</dl>
{questions}
<script type="application/json" id="{id}">{data}</script>
</body>
</html>
"""


def report_html(report: Report, say: Say, *, base: str = "", test: bool = False) -> str:
    """A page that opens from disk, runs no script and asks no network for anything.

    Args:
        base: The app's own address, which the addresses of the questions are written behind.
        test: What is right stands in the data alone, for the class page.
    """
    head = report.head
    about = {
        "name": head.name,
        "model": f"{head.model} · {head.revision}",
        "score": "" if test else say("class.score", right=report.right, count=report.decided),
        "report": head.report,
    }
    return _PAGE.format(
        language=html.escape(head.language, quote=True),
        title=html.escape(say("class.report_title", lesson=head.title)),
        tokens=tokens_css(":root"),
        about=_pairs({say(f"class.csv.{name}"): text for name, text in about.items()}),
        questions="\n".join(_section(row, say, base, test) for row in report.rows),
        id=DATA,
        data=_script_json(report_data(report)),
    )


def reports_csv(reports: Iterable[Report], say: Say, *, base: str = "") -> bytes:
    """A line per question of each report; a spreadsheet runs nothing that a student typed."""
    return csv_bytes(
        [*(say(f"class.csv.{name}") for name in COLUMNS), DATA],
        (_line(report, row, say, base) for report in reports for row in report.rows),
    )


def _line(report: Report, row: Row, say: Say, base: str) -> list[object]:
    head = report.head
    data = json.dumps(
        {"head": asdict(head), "row": asdict(row)}, ensure_ascii=False, separators=(",", ":")
    )
    return [
        head.report,
        head.name,
        head.title,
        head.model,
        head.revision,
        row.id,
        row.ask,
        row.written(row.given),
        row.written(row.right),
        _verdict(row, say),
        row.hints,
        base + row.address,
        data,
    ]


def _section(row: Row, say: Say, base: str, test: bool) -> str:
    facts = {
        "given": row.written(row.given) or say("class.unanswered"),
        "right": row.written(row.right),
        "tolerance": f"± {row.tolerance:g}" if row.kind == "number" else "",
        "is_right": _verdict(row, say),
        "hints": str(row.hints or ""),
    }
    if test:
        facts = {"given": facts["given"]}
    address = html.escape(base + row.address)
    where = f'<a href="{address}" rel="noreferrer">{address}</a>' if base else address
    return (
        f"<section><h2>{html.escape(f'{row.id}  {row.ask}')}</h2>\n"
        f"<dl>{_pairs({say(f'class.csv.{name}'): text for name, text in facts.items()})}"
        f"<dt>{html.escape(say('class.csv.address'))}</dt><dd>{where}</dd></dl></section>"
    )


def _verdict(row: Row, say: Say) -> str:
    return "" if row.is_right is None else say("class.yes" if row.is_right else "class.no")


def _pairs(facts: Mapping[str, str]) -> str:
    return "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>"
        for name, text in facts.items()
        if text
    )


def _script_json(value: Any) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
