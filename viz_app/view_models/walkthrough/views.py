"""The records of the walkthrough: what one table of it holds, as plain numbers and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.views import TokenLabel

DECIMALS = 3
"""Decimals of every digit on screen; the second check line says what this rounding costs."""

Floats = NDArray[np.floating[Any]]
ColumnKind = Literal["strip", "number", "bar"]
PictureRows = Literal["output", "word", "position", "segment", "answer"]


@dataclass(frozen=True)
class CellPattern:
    """Which cell of the trace a place in the table shows.

    `index` holds numbers, or the names of what varies: "row" (the row's number), "row0" and "row1"
    (the numbers of its `place`), "dim" (the place within a strip). `term` names in the same way
    which term of that cell's sum is shown rather than the cell itself.
    """

    stage: str
    layer: int | None
    index: tuple[int | str, ...]
    term: str | None = None


@dataclass(frozen=True)
class Row:
    """One row: what it is called, and its index in the stage it belongs to."""

    text: str
    label: str
    index: tuple[int, ...]
    special: bool = False


@dataclass(frozen=True)
class Column:
    """One column of the table: float32 [row], or [row, head_size] for a strip.

    `low`..`high` is the range of its colours, symmetric about zero except for probabilities.
    """

    id: str
    kind: ColumnKind
    symbol: str
    values: NDArray[np.float32]
    low: float
    high: float
    cell: CellPattern


@dataclass(frozen=True)
class Edge:
    """A cell of the first or last row: float32 [head_size] under a strip, [1] under a number."""

    symbol: str
    values: NDArray[np.float32]
    cell: CellPattern | None


@dataclass(frozen=True)
class Check:
    """How far a step worked out again is from the forward pass, as largest absolute difference.

    `exact` starts from the operands at full precision, `rounded` from the digits on screen.
    """

    exact: float
    rounded: float


@dataclass(frozen=True)
class Unit:
    """The one output that a sum of products is written out for, among `count` of them.

    `choices` names some of them where a number says nothing (words of the vocabulary).
    """

    chosen: int
    count: int
    choices: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Pixels:
    """A weight matrix as colours only: uint8 [row, column], 0 for `low` and 255 for `high`.

    `shape` is that of the matrix; a pixel stands for `block` weights, [rows, columns]. For one
    weight the scale is symmetric about zero; for more it starts at 0 and tells their mean size.
    """

    indices: NDArray[np.uint8]
    low: float
    high: float
    shape: tuple[int, int]
    block: tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """A weight matrix with the row in use; `rows` says what a row stands for."""

    symbol: str
    pixels: Pixels
    row: int
    rows: PictureRows


@dataclass(frozen=True)
class WalkthroughView:
    """One sheet of the walkthrough, with all that its steps reveal."""

    sheet: str
    layers: int
    heads: int
    layer: int
    head_index: int
    query: int
    tokens: tuple[TokenLabel, ...]
    row_kind: str
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    head: Mapping[str, Edge]
    foot: Mapping[str, Edge]
    masked: NDArray[np.bool_]
    checks: Mapping[str, Check]
    sizes: Mapping[str, int]
    unit: Unit | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    layer_check: float | None = None
    """Of the whole layer; None for the parts that belong to none."""
    facts: Mapping[str, str | float] = field(default_factory=dict)
    """What the arithmetic needs besides: token id, segment, epsilon, activation."""
    cases: frozenset[str] = frozenset()
    """What is special about the trace, which some steps have other words for."""

    def column(self, name: str) -> Column:
        """The column of that id.

        Raises:
            KeyError: no such column.
        """
        for column in self.columns:
            if column.id == name:
                return column
        raise KeyError(name)
