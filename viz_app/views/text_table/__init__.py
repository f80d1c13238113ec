"""A table of words and numbers that scrolls sideways where the page is narrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import TextTableHeader


def text_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    key: str,
    label: str,
    numbers: Collection[int] = (),
) -> None:
    """Draw a table; every cell is text, whatever it holds.

    Args:
        label: What the table is, for readers who do not see it.
        numbers: Indices of the columns that are set flush right.
    """
    header: TextTableHeader = {
        "view": key,
        "label": label,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "numbers": sorted(numbers),
    }
    mount_view("text_table", pack(header, {}), key=key, values={}, triggers={})
