"""A table as the bytes of a CSV file; every CSV that the app offers is written here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from viz_app.messages.isolate import without_isolates

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula.

Source: OWASP, "CSV Injection".
"""


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file in UTF-8, with the mark that lets spreadsheets read Chinese.

    A text that a spreadsheet would run as a formula gets an apostrophe in front. Numbers, also
    those already written out, stay as they are.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_safe, columns))
    writer.writerows(map(_safe, row) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    plain = without_isolates(cell)
    return f"'{plain}" if plain.startswith(FORMULA_STARTS) and not _is_number(plain) else plain


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
