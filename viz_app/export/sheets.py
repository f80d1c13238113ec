"""Worksheets written from top to bottom: tables with formulas, and matrices of weights.

The file is written row by row, so that a matrix of half a million weights takes little memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook

TOP = 4
"""Rows above the first number: title, difference, what the cells are, headings."""
LAST_COLUMN = 16_000
"""Of 16,384 that a spreadsheet has."""
LABEL_WIDTH = 20  # characters
Numbers = NDArray[np.floating[Any]]
Content = str | float | tuple[str, float]
"""Of a cell: a text, a number, or a formula with the result that stands there until it is run."""


@dataclass(frozen=True)
class Cells:
    """A rectangle of cells that formulas refer to; rows and columns of a sheet count from zero."""

    sheet: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1

    def area(self, here: str) -> str:
        """All of them as one absolute range, as a formula on the sheet `here` writes it."""
        last = self.row + self.rows - 1, self.column + self.columns - 1
        return self._on(here) + xl_range_abs(self.row, self.column, *last)

    def each(self, here: str) -> list[str]:
        """Their addresses one by one, row after row."""
        return [
            self._on(here) + xl_rowcol_to_cell(row, column)
            for row in range(self.row, self.row + self.rows)
            for column in range(self.column, self.column + self.columns)
        ]

    def _on(self, here: str) -> str:
        return "" if self.sheet == here else f"{quote_sheetname(self.sheet)}!"


class Table:
    """One worksheet with a title, labels down the side and columns of numbers or formulas.

    Cells are gathered first and written by `write`, since a file has its rows in order.
    """

    def __init__(
        self, book: Workbook, bold: Any, name: str, title: str, labels: Sequence[str]
    ) -> None:
        self.name = name
        self._sheet = book.add_worksheet(name)
        self._bold = bold
        self._width = 1
        self._cells: dict[tuple[int, int], Content] = {(0, 0): title}
        for row, label in enumerate(labels):
            self.put(TOP + row, 0, label)

    def put(self, row: int, column: int, content: Content) -> None:
        """Fill one cell."""
        self._cells[row, column] = content

    def column(
        self,
        heading: str,
        kind: str,
        values: Numbers,
        formulas: Sequence[str] = (),
        *,
        first: int = 0,
    ) -> Cells:
        """A column of formulas as far as there are any, then of numbers.

        Args:
            kind: What the cells are, in words; stands above the heading.
            values: The numbers, and what the formulas will give.
            first: Rows to leave free above it.
        """
        column, start = self._width, TOP + first
        self._width += 1
        self.put(TOP - 2, column, kind)
        self.put(TOP - 1, column, heading)
        for index, value in enumerate(values.tolist()):
            known = index < len(formulas)
            self.put(start + index, column, (formulas[index], value) if known else value)
        return Cells(self.name, start, column, len(values))

    def difference(self, label: str, pairs: Sequence[tuple[Cells, Cells]]) -> Cells:
        """Say how far cells are from others of the same number; returns the cell that says it."""
        largest = (
            f"SUMPRODUCT(MAX(ABS({one.area(self.name)}-{other.area(self.name)})))"
            for one, other in pairs
        )
        self.put(1, 0, label)
        self.put(1, 1, (f"=MAX({','.join(largest)})", 0.0))
        return Cells(self.name, 1, 1)

    def write(self) -> None:
        """Put everything into the file; nothing can be added afterwards."""
        self._sheet.set_column(0, 0, LABEL_WIDTH)
        self._sheet.freeze_panes(TOP, 1)
        for (row, column), content in sorted(self._cells.items()):
            if isinstance(content, tuple):
                formula, value = content
                self._sheet.write_formula(row, column, formula, self._bold, short(value))
            elif isinstance(content, str):
                style = self._bold if row in (0, TOP - 1) else None
                self._sheet.write_string(row, column, content, style)
            else:
                self._sheet.write_number(row, column, short(content))


@dataclass(frozen=True)
class Weights:
    """A sheet of weights: one row per input, one column per output, the bias in the last row."""

    sheet: str
    inputs: int
    outputs: int
    """Those that have their weights on the sheet."""

    def sums(self, inputs: Cells, here: str) -> list[str]:
        """For each output the formula of input · weights + bias; `inputs` is a column."""
        area = inputs.area(here)
        columns = range(1, self.outputs + 1)
        return [f"=SUMPRODUCT({area},{self._weights(at)})+{self._bias(at)}" for at in columns]

    def _weights(self, column: int) -> str:
        return Cells(self.sheet, TOP, column, self.inputs).area("")

    def _bias(self, column: int) -> str:
        return Cells(self.sheet, TOP + self.inputs, column).each("")[0]


def weight_sheet(
    book: Workbook,
    bold: Any,
    name: str,
    title: str,
    kind: str,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    outputs: int,
) -> Weights:
    """Write the weights and biases of the first `outputs` of a linear layer.

    Args:
        weight: [output, input], as the layer keeps it; the sheet has the inputs down the side.
    """
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(TOP, 1)
    sheet.write_string(0, 0, title, bold)
    sheet.write_string(TOP - 2, 1, kind)
    for output in range(outputs):
        sheet.write_number(TOP - 1, output + 1, output, bold)
    inputs = weight.shape[1]
    for row, numbers in enumerate([*weight[:outputs].T, bias[:outputs]]):
        sheet.write_string(TOP + row, 0, str(row) if row < inputs else "b", bold)
        for output, number in enumerate(numbers.tolist()):
            sheet.write_number(TOP + row, output + 1, short(number))
    return Weights(name, inputs, outputs)


def short(value: float) -> float:
    """The number with nine digits: they give back a float32, and make the file half as large."""
    return float(f"{value:.9g}")
