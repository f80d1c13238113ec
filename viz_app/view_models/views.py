"""Records between a trace and a picture: read-only arrays, labels, a range and a reading.

No record holds words of a language: a reading is a message key with its values, and the page
looks it up. Rows are queries (attending), columns are keys (attended to).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

ScaleKind = Literal["probability", "signed"]


def read_only(values: ArrayLike, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """A contiguous copy of `values` that refuses writing, so that a view can be shared."""
    copy = np.array(values, dtype=dtype, order="C", copy=True)
    copy.flags.writeable = False
    return copy


def symmetric_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """-m to m, m being the largest absolute value (1 where there is nothing but zeros)."""
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    return -largest, largest


@dataclass(frozen=True)
class Reading:
    """One sentence on what to see: a message key and the values its placeholders take."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))


@dataclass(frozen=True)
class TokenLabel:
    """One token as it is written on an axis.

    `text` is safe to display (control characters replaced, never empty); `label` is unique within
    its input ("the (4)": the token at position 4, counted from zero). `segment` is its
    token_type_id. `upright` says that a column label stacks its characters instead of turning them.
    """

    position: int
    text: str
    label: str
    segment: int
    special: bool
    upright: bool


@dataclass(frozen=True)
class MatrixView:
    """A labelled matrix with the range of its colour scale.

    `values` is float32 [row, column], as exact as the model's own. `low`..`high` is the range of
    the scale: 0 to 1 for probabilities, symmetric about zero for signed values. `masked`
    [row, column] is true where there is no value; such a cell looks empty, not zero. `axes` are the
    message keys that say in words what a row and a column are.
    """

    values: NDArray[np.float32]
    rows: tuple[TokenLabel, ...]
    columns: tuple[TokenLabel, ...]
    low: float
    high: float
    kind: ScaleKind
    reading: Reading
    masked: NDArray[np.bool_] | None = None
    axes: tuple[str, str] = ("attention.axis.query", "attention.axis.key")
    hidden: NDArray[np.float32] | None = None
    """Weight that a filter took from each row [row]; None where nothing was taken."""
    legend: str = ""
    """Message key of what the scale means; by default that of its kind."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))
        shape = (len(self.rows), len(self.columns))
        if self.values.shape != shape:
            raise ValueError(
                f"a view of {shape[0]} rows and {shape[1]} columns needs values of that shape, "
                f"got {self.values.shape}"
            )
        if not self.low < self.high:
            raise ValueError(f"the range must grow, got {self.low} to {self.high}")
        if self.masked is not None:
            object.__setattr__(self, "masked", read_only(self.masked, np.bool_))
            if self.masked.shape != shape:
                raise ValueError(f"masked must have shape {shape}, got {self.masked.shape}")
        if self.hidden is not None:
            object.__setattr__(self, "hidden", read_only(self.hidden))
            if self.hidden.shape != shape[:1]:
                raise ValueError(f"hidden must have shape {shape[:1]}, got {self.hidden.shape}")
        object.__setattr__(self, "legend", self.legend or f"attention.legend.{self.kind}")


@dataclass(frozen=True)
class OverviewView:
    """All layers and heads as 8-bit pictures: uint8 [layers, heads, side, side] of 255·√p.

    The square root spreads small weights over more of the 256 steps; (pixel / 255)² is the weight
    again, within 0.004. `side` is the number of tokens, or less for a long input:
    then each pixel shows the strongest of several pairs. `peaks` [layers, heads, 2] is the
    strongest pair (query, key) of each head, `peak_weights` [layers, heads] its weight, as exact as
    the model's own.
    """

    pixels: NDArray[np.uint8]
    peaks: NDArray[np.int32]
    peak_weights: NDArray[np.float32]
    tokens: tuple[TokenLabel, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", read_only(self.pixels, np.uint8))
        object.__setattr__(self, "peaks", read_only(self.peaks, np.int32))
        object.__setattr__(self, "peak_weights", read_only(self.peak_weights))
        sides = self.pixels.shape[2:]
        if self.pixels.ndim != 4 or sides[0] != sides[1] or sides[0] > len(self.tokens):
            raise ValueError(
                f"pixels must be [layers, heads, side, side] with a side of at most "
                f"{len(self.tokens)}, got {self.pixels.shape}"
            )
        heads = self.pixels.shape[:2]
        if self.peaks.shape != (*heads, 2) or self.peak_weights.shape != heads:
            raise ValueError(
                f"peaks must be {(*heads, 2)} and their weights {heads}, "
                f"got {self.peaks.shape} and {self.peak_weights.shape}"
            )

    @property
    def layers(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def heads(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def side(self) -> int:
        return int(self.pixels.shape[2])


@dataclass(frozen=True)
class BarView:
    """One labelled bar per entry: `values` float32 [entry], the scale from `low` to `high`.

    `selected` is the entry to emphasise, if any.
    """

    values: NDArray[np.float32]
    labels: tuple[str, ...]
    low: float
    high: float
    reading: Reading
    selected: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))
        if self.values.shape != (len(self.labels),):
            raise ValueError(f"{len(self.labels)} labels for values of shape {self.values.shape}")


@dataclass(frozen=True)
class LinesView:
    """The heads of one layer as lines between two rows of tokens.

    `weights` is float32 [heads, query, key], as exact as the model's own; a pair left out by a
    filter is 0. `hidden` [heads, query] is the weight that the filter took from each row.
    """

    weights: NDArray[np.float32]
    hidden: NDArray[np.float32]
    tokens: tuple[TokenLabel, ...]
    layer: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", read_only(self.weights))
        object.__setattr__(self, "hidden", read_only(self.hidden))
        tokens = len(self.tokens)
        if self.weights.ndim != 3 or self.weights.shape[1:] != (tokens, tokens):
            raise ValueError(
                f"weights must be [heads, {tokens}, {tokens}], got {self.weights.shape}"
            )
        if self.hidden.shape != self.weights.shape[:2]:
            raise ValueError(f"hidden must be {self.weights.shape[:2]}, got {self.hidden.shape}")


@dataclass(frozen=True)
class NeuronView:
    """One query token against its keys, dimension by dimension; all float32, as the model's own.

    `query` [head_size]; `keys` [key, head_size]; `dots`, `scores` (dots / √head_size, mask added)
    and `weights` [key]. `tokens` are the keys shown, in the order of the text; `left_out` says how
    many keys with smaller weights are not, and `left_out_weight` how much weight they have.
    """

    query_token: TokenLabel
    query: NDArray[np.float32]
    keys: NDArray[np.float32]
    dots: NDArray[np.float32]
    scores: NDArray[np.float32]
    weights: NDArray[np.float32]
    tokens: tuple[TokenLabel, ...]
    left_out: int = 0
    left_out_weight: float = 0.0

    def __post_init__(self) -> None:
        keys, size = len(self.tokens), len(self.query)
        shapes = {"keys": (keys, size), "dots": (keys,), "scores": (keys,), "weights": (keys,)}
        for name, shape in {"query": (size,), **shapes}.items():
            values = read_only(getattr(self, name))
            if values.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, got {values.shape}")
            object.__setattr__(self, name, values)

    @property
    def closed(self) -> NDArray[np.bool_]:
        """Keys that the query must not look at [key]; their scores are the lowest there are."""
        return self.scores < np.finfo(np.float32).min / 2
