"""What the tables of the walkthrough are put together from: columns, edges, checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bert_core.operations import Index, work_out
from bert_core.provenance import Known, fetch_shown, numbers
from bert_core.stages import BY_NAME, Operand, Stage, at_layer
from bert_core.trace import Trace
from viz_app.view_models.views import read_only
from viz_app.view_models.walkthrough.steps import STEPS
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
class Focus:
    """What the reader looks at in a trace, and the numbers there.

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
    known: Known = field(default_factory=dict)
    """What was worked out for the sheet so far."""

    def layer_of(self, stage: Stage) -> int | None:
        """The chosen layer for what every layer has."""
        return self.layer if stage.in_layer else None

    def place(self, stage: Stage) -> dict[str, int | list[int]]:
        """The head and token of a stage that are looked at, where it has them."""
        axes = {"head": self.head, "token": self.query, "query": self.query}
        return {axis: place for axis, place in axes.items() if axis in stage.axes}

    def numbers(self, stage: Stage) -> NDArray[np.float32]:
        """A stage's numbers at that head and token."""
        return self._numbers(stage.name, self.layer_of(stage), stage.axes)

    def operand(self, operand: Operand, stage: Stage) -> NDArray[np.float32]:
        """Those of a stage's operand that is no parameter."""
        name, layer = self.at_layer(operand, stage)
        return self._numbers(name, layer, BY_NAME[name].axes)

    def at_layer(self, operand: Operand, stage: Stage) -> tuple[str, int | None]:
        """Which stage of which layer an operand is."""
        return at_layer(operand, self.layer_of(stage), self.trace.num_layers)

    def _numbers(self, name: str, layer: int | None, axes: tuple[str, ...]) -> NDArray[np.float32]:
        place = self.place(BY_NAME[name])
        index = tuple(place.get(axis, slice(None)) for axis in axes)
        return array(numbers(self.trace, name, layer, index, self.known))

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


_SHARES: Mapping[str, ColumnKind] = {"exp": "number", "exp_subtract": "number", "divide": "bar"}
"""Operations of softmax, whose numbers are between 0 and 1."""


def stage_column(
    stage: Stage, values: Floats, cell: CellPattern, shown: Floats | None = None
) -> Column:
    """The column of a stage, by its name."""
    if (kind := _SHARES.get(stage.operation)) is not None:
        return share(stage.name, kind, stage.symbol, values, cell)
    return number(stage.name, stage.symbol, values, cell, shown)


def edge(symbol: str, values: float | Floats, cell: CellPattern | None) -> Edge:
    """A cell of the first or last row, of one number or a vector."""
    return Edge(symbol, read_only(np.atleast_1d(values)), cell)


def dimensions(count: int) -> tuple[Row, ...]:
    """Rows that are called by their number."""
    return tuple(Row(str(place), str(place), (place,)) for place in range(count))


_ANEW = ("mean", "variance", "max")
"""Not taken from their digits below a column, but worked out from those in it."""


def stage_check(
    focus: Focus, stages: Sequence[Stage], place: Mapping[str, int | list[int]]
) -> Check:
    """Both checks of the last of some stages, at a place; the others are what it needs besides."""
    trace, layer = focus.trace, focus.layer_of(stages[-1])
    anew = {stage.name: stage for stage in stages[:-1] if stage.operation in _ANEW}

    def worked_out(stage: Stage, at: Mapping[str, int | list[int]], decimals: int | None) -> Tensor:
        def fetch(operand: Operand, index: Index) -> Tensor:
            if (inner := anew.get(operand.stage)) is not None:
                pairs = zip(inner.axes, index, strict=True)
                fixed = {axis: each for axis, each in pairs if not isinstance(each, slice)}
                return worked_out(inner, fixed, decimals)
            values = fetch_shown(trace, operand, layer, index, focus.known).double()
            return values if decimals is None else values.round(decimals=decimals)

        return work_out(trace.given, stage, layer, at, fetch)

    last = stages[-1]
    if last.operation == "lookup":
        return Check(0.0, 0.0)  # it copies, there is nothing to round
    index = tuple(place.get(axis, slice(None)) for axis in last.axes)
    target = numbers(trace, last.name, layer, index, focus.known).double().numpy()
    exact, rounded = (
        _largest_difference(worked_out(last, place, decimals).numpy(), target)
        for decimals in (None, DECIMALS)
    )
    return Check(exact, rounded)


def checks_of(
    focus: Focus, stages: Sequence[Stage], more: Mapping[str, list[int]]
) -> dict[str, Check]:
    """The check of every step of a sheet that is a stage's; `more` are places on other axes."""
    found = {}
    for step in STEPS:
        names = [line.stage for line in step.lines]
        if names and names[-1] in {stage.name for stage in stages}:
            last = BY_NAME[names[-1]]
            place = focus.place(last) | {axis: at for axis, at in more.items() if axis in last.axes}
            found[step.id] = stage_check(focus, [BY_NAME[name] for name in names], place)
    return found


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
