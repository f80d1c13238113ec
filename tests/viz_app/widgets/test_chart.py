"""Tables as Markdown, and the rows that are saved."""

import numpy as np

from viz_app.app_pages.positions.tables import curve_rows, grid_rows, number_rows
from viz_app.messages import say_in
from viz_app.view_models.positions import encodings
from viz_app.widgets.chart import markdown_table


def test_a_markdown_table_has_a_rule_and_a_line_per_row() -> None:
    assert markdown_table(["a", "b"], [["1", "2"], ["3", "4"]]) == (
        "| a | b |\n| ---: | ---: |\n| 1 | 2 |\n| 3 | 4 |"
    )


def test_a_grid_s_rows_hold_its_float32_digits() -> None:
    grid = encodings.sinusoid_grid(3, 2, 10000.0)
    columns, rows = grid_rows(grid, say_in("en"))
    assert columns == ["position", "0", "1"]
    assert rows[1] == ("1", "0.841471", "0.5403023")


def test_curves_of_one_axis_share_a_table() -> None:
    lines = encodings.dimension_curves(3, 4, 10000.0, (0, 1))
    columns, rows = curve_rows(lines, say_in("en"), "positions.axis.position", encodings.FINE)
    assert columns == ["position", "dimension 0 (sin)", "dimension 1 (cos)"]
    assert [row[0] for row in rows] == ["0", "1", "2"]
    assert rows[0] == ("0", "0", "1")


def test_plain_numbers_keep_seven_digits_and_an_ascii_minus() -> None:
    columns, rows = number_rows(["n", "x"], np.array([[0.12345678], [-2.0]], np.float32))
    assert columns == ["n", "x"]
    assert rows == [(0, "0.1234568"), (1, "-2")]
