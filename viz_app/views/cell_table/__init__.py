"""A table of coloured cells, each with its text or its digits; a cell can be clicked."""

from __future__ import annotations

from collections.abc import Callable

from viz_app.view_models.labs.views import CellTable
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import CellTableArrays, CellTableHeader, CellTableValues


def cell_table(
    table: CellTable,
    *,
    key: str,
    label: str,
    legend: str,
    corner: str = "",
    decimals: int = 2,
    selected: tuple[int, int] | None = None,
    on_select: Callable[[], None] | None = None,
) -> tuple[int, int] | None:
    """Draw the table; return the (row, column) clicked in this run, else None.

    Args:
        label: What the table is, for readers who do not see it.
        legend: What the colours mean.
        corner: Say for rows and columns, above the row labels.
        decimals: Digits after the point, where cells hold digits.
        selected: The cell to outline.
        on_select: Called before the rerun; `st.session_state[key].select` then holds
            {"row", "column"}. Without it, cells cannot be clicked.
    """
    header: CellTableHeader = {
        "view": key,
        "label": label,
        "legend": legend,
        "corner": corner,
        "kind": table.kind,
        "low": table.low,
        "high": table.high,
        "decimals": decimals,
        "rows": table.rows,
        "marked": sorted(table.marked_rows),
        "columns": table.columns,
        "texts": table.texts,
        "active": on_select is not None,
    }
    arrays: CellTableArrays = {"values": table.values}
    row, column = selected or (None, None)
    fired = mount_view(
        "cell_table",
        pack(header, arrays),
        key=key,
        values=CellTableValues(row=row, column=column),
        triggers={"select": on_select},
    )["select"]
    return None if fired is None else (int(fired["row"]), int(fired["column"]))
