"""Records for the pictures of the positions page; no record needs the model that filled it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.views import Reading, read_only, symmetric_range

Floats = NDArray[np.float32]
Axis = Literal["position", "dimension", "query", "key", "token", "layer", "head"]
NaiveScheme = Literal["fraction", "integer"]
LONGEST_SHOWN = 24
"""Words that are written out; more are there on hover."""


@dataclass(frozen=True)
class Grid:
    """A matrix of numbers over two counted axes, drawn as one picture.

    `values` is float32 [row, column]; `first_row` and `first_column` are the numbers that the axes
    start with. The scale is symmetric about zero where `signed`.
    """

    values: Floats
    rows: Axis
    columns: Axis
    reading: Reading
    signed: bool = True
    low: float | None = None
    high: float | None = None
    first_row: int = 0
    first_column: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))
        if self.values.ndim != 2:
            raise ValueError(f"a grid has rows and columns, got shape {self.values.shape}")
        if self.low is None or self.high is None:
            low, high = symmetric_range(self.values)
            object.__setattr__(self, "low", low if self.signed else 0.0)
            object.__setattr__(self, "high", high)

    def first(self, rows: int, columns: int) -> Grid:
        """The upper left corner, on the same scale, with a reading that says so."""
        of = self.values.shape[1]
        reading = Reading(
            "positions.reading.table_cut" if columns < of else "positions.reading.table",
            {"rows": rows, "columns": min(columns, of), "of": of},
        )
        return replace(self, values=self.values[:rows, :columns], reading=reading)


@dataclass(frozen=True)
class Curve:
    """One line: y over x, named by a message key with its values or by plain text."""

    x: NDArray[Any]
    y: NDArray[Any]
    name: Reading

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", read_only(self.x, np.float64))
        object.__setattr__(self, "y", read_only(self.y, np.float64))
        if self.x.shape != self.y.shape or self.x.ndim != 1:
            raise ValueError(f"a curve needs as many x as y, got {self.x.shape} and {self.y.shape}")


@dataclass(frozen=True)
class SentencePair:
    """Two sentences of different length and a pair of neighbours that both have."""

    short: tuple[str, ...]
    long: tuple[str, ...]
    short_step: tuple[int, int]
    """Indices of the two neighbours in the short sentence."""
    long_step: tuple[int, int]


@dataclass(frozen=True)
class NumberLines:
    """Both sentences of a pair with every word at the number that a naive scheme gives it."""

    pair: SentencePair
    scheme: NaiveScheme
    short: Curve
    long: Curve

    @property
    def steps(self) -> tuple[float, float]:
        """The distance between the two neighbours, in each sentence."""
        (a, b), (c, d) = self.pair.short_step, self.pair.long_step
        return float(self.short.y[b] - self.short.y[a]), float(self.long.y[d] - self.long.y[c])


@dataclass(frozen=True)
class Swamping:
    """How integers added to every dimension drown the words."""

    integer_norm: Curve
    word_norms: tuple[float, float, float]
    """5 %, 50 % and 95 % of the lengths of the model's word vectors."""
    alike: Curve
    """Cosine of two different words after the integer is added to both."""
    words: tuple[str, str]
    reading: Reading


@dataclass(frozen=True)
class Turn:
    """The step from one position to another in one pair of dimensions."""

    pair: int
    angle: float
    """In radians."""
    block: NDArray[np.float64]
    """[2, 2]: times (sin, cos) of the start gives (sin, cos) of the end."""
    start: NDArray[np.float64]
    """(sin, cos) at the position."""
    end: NDArray[np.float64]


@dataclass(frozen=True)
class Rotation:
    """The step from one position to another in all pairs, as one matrix."""

    turns: tuple[Turn, ...]
    matrix: Floats
    """[d_model, d_model], less the last dimension where that is odd."""
    worst: float
    """Largest difference between rotated and directly computed codes, over all positions tried."""
    tried: int


@dataclass(frozen=True)
class Similarity:
    """How alike the codes of all pairs of positions are, and how that falls with distance."""

    grid: Grid
    by_distance: Curve
    from_position: Curve | None
    """Likeness of one chosen position to every other; None where it is outside the table."""


@dataclass(frozen=True)
class PositionCloud:
    """Every position as a point: coordinates [position, component] and each component's share."""

    coordinates: Floats
    share: tuple[float, ...]
