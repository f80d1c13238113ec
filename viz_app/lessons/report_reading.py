"""Reports as they come back: files of students, which may be anything."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from viz_app.lessons.report import FORMAT, KINDS, Head, Report, Row
from viz_app.lessons.report_file import DATA
from viz_app.messages import LANGUAGES, Say

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

LARGEST = 2_000_000
"""Bytes of one file; a report of twenty long answers has 50,000."""
MOST_ROWS = 480
"""60 stops of 8 questions."""
MOST_REPORTS = 500
"""In one table."""
_ELEMENT = re.compile(rf'<script type="application/json" id="{DATA}">(.*?)</script>', re.DOTALL)
_SEPARATORS = (",", ";", "\t")


class ReportError(ValueError):
    """A file is no report that can be read. The words are the messages `class.fault.<kind>`."""

    def __init__(self, kind: str, values: Mapping[str, object] | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values or {}

    def told(self, say: Say) -> str:
        """What is wrong and what to do."""
        return say(f"class.fault.{self.kind}", **self.values)


def read_reports(content: bytes | str) -> tuple[Report, ...]:
    """The reports in a file or in a pasted text: the one of a page, or all of a table.

    Raises:
        ReportError: it is none, too large, or broken.
    """
    size = len(content)
    if size > LARGEST:
        raise ReportError("size", {"size": f"{size / 1e6:.1f}", "largest": f"{LARGEST / 1e6:g}"})
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReportError("encoding") from error
    text = text.lstrip("\ufeff \r\n")
    if not text:
        raise ReportError("empty")
    return (_of_page(text),) if text.startswith("<") else _of_table(text)


def _of_page(text: str) -> Report:
    found = _ELEMENT.search(text)
    if found is None:
        raise ReportError("none")
    data = _json(found[1])
    _hold(data, "report")
    return Report(_head(data["head"]), tuple(_row(row) for row in data["rows"]))


def _of_table(text: str) -> tuple[Report, ...]:
    first = text.splitlines()[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    rows: dict[Head, dict[str, Row]] = {}
    try:
        names = next(reader)
        if DATA not in names:
            raise ReportError("none")
        column = names.index(DATA)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) <= column:
                raise ReportError("broken", {"where": f"{reader.line_num}"})
            data = _json(cells[column])
            _hold(data, "line")
            row = _row(data["row"])
            rows.setdefault(_head(data["head"]), {})[row.id] = row
            if len(rows) > MOST_REPORTS or len(rows[_head(data["head"])]) > MOST_ROWS:
                raise ReportError("broken", {"where": f"> {MOST_REPORTS}"})
    except csv.Error as error:
        raise ReportError("broken", {"where": str(error)}) from error
    if not rows:
        raise ReportError("empty")
    return tuple(Report(head, tuple(own.values())) for head, own in rows.items())


def _json(text: str) -> Any:
    def refuse(name: str) -> float:
        raise ValueError(f"{name} is no number of a report")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        where = f"{error.pos}" if isinstance(error, json.JSONDecodeError) else "JSON"
        raise ReportError("broken", {"where": where}) from error


def _hold(data: Any, shape: str) -> None:
    """Hold plain values to the shape of a whole report or of a line of a table."""
    if isinstance(data, dict) and isinstance(data.get("head"), dict):
        version = data["head"].get("format")
        if isinstance(version, int) and version > FORMAT:
            raise ReportError("version", {"version": version, "known": FORMAT})
    error = next(_validators()[shape].iter_errors(data), None)
    if error is not None:
        where = " › ".join(map(str, error.absolute_path)) or shape
        raise ReportError("broken", {"where": where[:80]})


def _head(data: Mapping[str, Any]) -> Head:
    return Head(**data)


def _row(data: Mapping[str, Any]) -> Row:
    """A row whose answers can be answers to its question.

    Raises:
        ReportError: one cannot.
    """
    row = Row(
        **{
            **data,
            "options": tuple(data["options"]),
            "tolerance": float(data["tolerance"]),
            "right": _answer(data, "right"),
            "given": _answer(data, "given"),
        }
    )
    return row


def _answer(data: Mapping[str, Any], which: str) -> Any:
    value, count = data[which], len(data["options"])
    match data["kind"], value:
        case _, None:
            return None
        case "choose", int() if not isinstance(value, bool) and 0 <= value < count:
            return value
        case "order", list() if sorted(map(repr, value)) == sorted(map(repr, range(count))):
            return tuple(value)
        case "number", int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        case "free", str() if which == "given":
            return value
    raise ReportError("broken", {"where": f"{data['id']} › {which}"})


@cache
def _validators() -> Mapping[str, Draft202012Validator]:
    from jsonschema import Draft202012Validator

    head = _object(
        report={"type": "string", "pattern": "^[0-9a-f]{8,64}$"},
        lesson={"type": "string", "pattern": "^[0-9a-f]{16}$"},
        title=_text(200),
        language={"enum": list(LANGUAGES)},
        model=_text(400),
        revision={"type": "string", "pattern": "^[0-9a-f]{0,64}$"},
        name=_text(200),
        format={"const": FORMAT},
    )
    row = _object(
        id={"type": "string", "pattern": r"^[0-9]{1,3}\.[0-9]{1,3}$"},
        kind={"enum": list(KINDS)},
        ask=_text(10_000),
        options={"type": "array", "maxItems": 12, "items": _text(1000)},
        tolerance={"type": "number", "minimum": 0},
        right={},
        given={"anyOf": [{"type": ["number", "array", "null"], "maxItems": 12}, _text(6000)]},
        hints={"type": "integer", "minimum": 0, "maximum": 100},
        address=_text(100_000),
    )
    rows = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": row}
    shapes = {"report": _object(head=head, rows=rows), "line": _object(head=head, row=row)}
    return {name: Draft202012Validator(shape) for name, shape in shapes.items()}


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
