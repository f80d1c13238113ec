"""Records for the views of the laboratories: chips, ranked bars, tables of coloured cells.

Texts in these records stand on screen as they are: display tokens, and words that the page has
already looked up in its language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.views import ScaleKind, read_only

ChipState = Literal["plain", "special", "masked", "random", "kept"]


@dataclass(frozen=True)
class Chip:
    """One token to click. `note` stands under it, `action` says what a click does.

    Without an action the chip cannot be clicked. Chips of one word share their `group`.
    """

    text: str
    state: ChipState
    group: int
    note: str = ""
    action: str = ""
    segment: int = 0


@dataclass(frozen=True)
class RankedRow:
    """One labelled bar: `value` on the scale of its view, `digits` as written beside it.

    `tag` is a short remark such as the rank; `marked` sets the row apart; with an `action` the row
    can be clicked. `baseline` is a second bar below the first, on the same scale, to compare with.
    """

    label: str
    value: float
    digits: str
    tag: str = ""
    marked: bool = False
    action: str = ""
    baseline: float | None = None


@dataclass(frozen=True)
class RankedGroup:
    """Bars under one heading."""

    title: str
    rows: tuple[RankedRow, ...]
    note: str = ""


@dataclass(frozen=True)
class CellTable:
    """A table of coloured cells with a text or digits in each.

    `values` is float32 [row, column] on a scale from `low` to `high`; NaN cells are empty. `texts`
    stand in the cells instead of the digits.
    """

    values: NDArray[np.float32]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    low: float
    high: float
    kind: ScaleKind
    texts: tuple[tuple[str, ...], ...] | None = None
    marked_rows: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))
        shape = (len(self.rows), len(self.columns))
        if self.values.shape != shape:
            raise ValueError(f"{shape} labels for values of shape {self.values.shape}")
        if self.texts is not None and [len(row) for row in self.texts] != [shape[1]] * shape[0]:
            raise ValueError(f"texts must have {shape[0]} rows of {shape[1]}")
        if not self.low < self.high:
            raise ValueError(f"the range must grow, got {self.low} to {self.high}")


PAIR_DECIMALS = 3
"""Decimals of ln p in a table of two sentences."""


@dataclass(frozen=True)
class PairedTokens:
    """A row of two sentences side by side: each one's token with ln p (nats); None where none."""

    first: tuple[str, float] | None
    second: tuple[str, float] | None
    shared: bool

    @property
    def difference(self) -> float:
        """By how many nats the row puts the first sentence ahead."""
        return (self.first[1] if self.first else 0.0) - (self.second[1] if self.second else 0.0)


@dataclass(frozen=True)
class PairTable:
    """Two sentences side by side; sums and differences are those of the numbers in the rows."""

    rows: tuple[PairedTokens, ...]

    @property
    def totals(self) -> tuple[float, float]:
        """The pseudo-log-likelihood of each sentence (nats)."""
        sides = zip(*((row.first, row.second) for row in self.rows), strict=True)
        first, second = (sum(cell[1] for cell in side if cell) for side in sides)
        return first, second

    @property
    def difference(self) -> float:
        """By how many nats the first sentence is ahead."""
        return sum(row.difference for row in self.rows)

    @property
    def at_the_place(self) -> float:
        """How much of the difference arises where the sentences differ."""
        return sum(row.difference for row in self.rows if not row.shared)

    @property
    def place(self) -> int:
        """Where the sentences differ: of these rows the one that makes the largest difference."""
        differing = [index for index, row in enumerate(self.rows) if not row.shared]
        return max(differing, key=lambda index: abs(self.rows[index].difference))
