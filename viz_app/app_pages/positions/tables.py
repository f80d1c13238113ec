"""What a picture shows as rows of a table, for saving."""

from __future__ import annotations

from collections.abc import Sequence

from viz_app.messages import Say
from viz_app.view_models.positions.views import Curve, Floats, Grid

Rows = list[tuple[object, ...]]


def file_number(value: float) -> str:
    """A float32 for a file, as it is usually printed: seven digits and an ASCII minus."""
    return f"{value:.7g}"


def grid_rows(
    view: Grid, say: Say, row_labels: Sequence[str] | None = None
) -> tuple[list[str], Rows]:
    """Column names and rows of a matrix, one row per row, digits as float32 has them."""
    names = row_labels or [str(view.first_row + index) for index in range(len(view.values))]
    columns = [
        say(f"positions.axis.{view.rows}"),
        *(str(view.first_column + index) for index in range(view.values.shape[1])),
    ]
    rows: Rows = [
        (name, *map(file_number, row)) for name, row in zip(names, view.values, strict=True)
    ]
    return columns, rows


def number_rows(columns: Sequence[str], numbers: Floats) -> tuple[Sequence[str], Rows]:
    """Numbered rows of plain numbers; the first column holds the row's own number."""
    rows: Rows = [(index, *map(file_number, row)) for index, row in enumerate(numbers)]
    return columns, rows


def curve_rows(lines: Sequence[Curve], say: Say, x: str, every: int = 1) -> tuple[list[str], Rows]:
    """Column names and rows of curves over the same x; `every` is points from row to row."""
    columns = [say(x), *(say(line.name.key, **line.name.values) for line in lines)]
    rows: Rows = [
        (f"{place:g}", *(file_number(line.y[index]) for line in lines))
        for index, place in enumerate(lines[0].x)
        if index % every == 0
    ]
    return columns, rows
