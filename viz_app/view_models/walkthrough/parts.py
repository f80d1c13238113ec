"""What the tables of the lesson are put together from: columns, edges, checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bert_core.provenance import Cell, stage_vector, value_of
from bert_core.trace import Trace
from viz_app.view_models.views import read_only
from viz_app.view_models.walkthrough.views import (
    DECIMALS,
    CellPattern,
    Check,
    Column,
    ColumnKind,
    Edge,
    Floats,
    Picture,
    Row,
    Unit,
)


@dataclass(frozen=True)
class At:
    """Where in the model, and the trace's numbers there.

    `unit` is the output of a sum of products to write out, `candidate` a token id to follow through
    the vocabulary (None: the likeliest).
    """

    trace: Trace
    layer: int
    head: int
    query: int
    unit: int
    candidate: int | None
    token_of: Callable[[int], str]

    def vector(self, stage: str, *lead: int, layer: int | None = None) -> NDArray[np.float32]:
        """All cells of a stage that share the leading indices."""
        return stage_vector(self.trace, stage, layer, lead)

    def value(self, stage: str, *index: int, layer: int | None = None) -> float:
        """One cell of a stage."""
        return value_of(self.trace, Cell(stage, index, layer))

    def parameter(self, path: str) -> NDArray[np.float32]:
        """A weight or bias of the model by its path."""
        return array(self.trace.model.get_parameter(path).detach().cpu())


@dataclass(frozen=True)
class Sheet:
    """What differs from sheet to sheet."""

    row_kind: str
    rows: tuple[Row, ...]
    columns: Sequence[Column]
    checks: Mapping[str, Check]
    head: Mapping[str, Edge] = field(default_factory=dict)
    foot: Mapping[str, Edge] = field(default_factory=dict)
    masked: NDArray[np.bool_] | None = None
    unit: Unit | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    facts: Mapping[str, str | float] = field(default_factory=dict)


def sizes(trace: Trace) -> dict[str, int]:
    """The length of each axis by its name."""
    config = trace.config
    return {
        "hidden": config.hidden_size,
        "head_size": config.head_size,
        "key": len(trace.tokens),
        "inner": config.intermediate_size,
        "vocab": config.vocab_size,
        "positions": config.max_position_embeddings,
        "segments": config.type_vocab_size,
        "class": 2,
    }


def array(tensor: Tensor) -> NDArray[np.float32]:
    """A tensor on the CPU as numpy float32, not copied where it is that already."""
    return np.asarray(tensor.numpy(), dtype=np.float32)


def number(
    id: str, symbol: str, values: Floats, cell: CellPattern, shown: Floats | None = None
) -> Column:
    """A column of numbers on a scale symmetric about zero, wide enough for `shown`."""
    kept = read_only(values)
    high = max(float(np.abs(kept if shown is None else shown).max(initial=0.0)), 1e-6)
    return Column(id, "number", symbol, kept, -high, high, cell)


def strip(
    id: str, symbol: str, values: Floats, cell: CellPattern, beside: Floats | None = None
) -> Column:
    """A column of vectors; `beside` is a vector drawn on the same scale."""
    kept = read_only(values)
    high = float(np.abs(kept).max())
    if beside is not None:
        high = max(high, float(np.abs(beside).max()))
    return Column(id, "strip", symbol, kept, -max(high, 1e-6), max(high, 1e-6), cell)


def share(id: str, kind: ColumnKind, symbol: str, values: Floats, cell: CellPattern) -> Column:
    """A column of numbers between 0 and 1."""
    return Column(id, kind, symbol, read_only(values), 0.0, 1.0, cell)


def edge(symbol: str, values: float | Floats, cell: CellPattern | None) -> Edge:
    """A cell of the first or last row, of one number or a vector."""
    return Edge(symbol, read_only(np.atleast_1d(values)), cell)


def dimensions(count: int) -> tuple[Row, ...]:
    """Rows that are called by their number."""
    return tuple(Row(str(place), str(place), (place,)) for place in range(count))


def check(work_out: Callable[..., Any], operands: Iterable[Any], target: Any) -> Check:
    """Both checks of one step: `work_out` of the operands against what the forward pass holds."""
    full = [np.asarray(values, np.float64) for values in operands]
    wanted = np.asarray(target, np.float64)
    exact, rounded = (
        _largest_difference(work_out(*values), wanted)
        for values in (full, [np.round(values, DECIMALS) for values in full])
    )
    return Check(exact, rounded)


def _largest_difference(worked_out: Any, target: NDArray[np.float64]) -> float:
    # Cells pushed down by the mask are 1e38 in size: equal or not, never a matter of rounding.
    shown = target > np.finfo(np.float32).min / 2
    difference = np.abs(np.asarray(worked_out) - target)[shown]
    return float(difference.max(initial=0.0))
