"""Tables in which each number is worked out on its own: sums, LayerNorm, activations, softmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bert_core.operations import OPERATIONS
from bert_core.stages import BY_NAME, CONSTANTS, ROWS, Operand, Stage
from viz_app.number_text import decimal_text
from viz_app.view_models.tokens import display_text
from viz_app.view_models.walkthrough.activations import WRITTEN
from viz_app.view_models.walkthrough.parts import (
    Focus,
    Sheet,
    checks_of,
    dimensions,
    edge,
    number,
    share,
    sizes,
    stage_column,
)
from viz_app.view_models.walkthrough.views import (
    CellPattern,
    Column,
    Edge,
    Floats,
    Picture,
    PictureRows,
    Row,
)
from viz_app.view_models.walkthrough.weights import weight_picture

CANDIDATES = 10
"""Words listed at the vocabulary."""

_TABLES: dict[str, PictureRows] = {
    "input_ids": "word",
    "position_ids": "position",
    "token_type_ids": "segment",
}
"""What a row of an embedding table stands for."""


def numbers_sheet(focus: Focus, stages: Sequence[Stage]) -> Sheet:
    """The sheet of stages that have a column each, one number after the other.

    What they start from has a column before them, a mean or a sum its place below one.
    """
    axis = stages[-1].axes[-1]
    rows, kind = _rows(focus, axis)
    places = [row.index[0] for row in rows]
    columns: dict[str, Column] = {}
    foot: dict[str, Edge] = {}
    facts: dict[str, str | float] = {}
    pictures: dict[str, Picture] = {}

    def lead(stage: Stage) -> tuple[int, ...]:
        return (focus.query,) if "token" in stage.axes else ()

    def add_operand(operand: Operand, stage: Stage, symbol: str) -> None:
        if operand.is_parameter:
            path = operand.stage.format(layer=focus.layer)
            pattern = CellPattern(path, None, ("row",))
            columns[operand.role] = number(
                operand.role, symbol, focus.parameter(path)[places], pattern
            )
        elif operand.stage not in columns:
            name, layer = focus.at_layer(operand, stage)
            pattern = CellPattern(name, layer, (*lead(BY_NAME[name]), "row0"))
            columns[operand.stage] = number(
                operand.stage, symbol, focus.operand(operand, stage)[places], pattern
            )

    for stage in stages:
        values, layer = focus.numbers(stage), focus.layer_of(stage)
        if stage.operation in ROWS:
            pattern = CellPattern(stage.name, layer, lead(stage))
            foot[stage.operands[0].stage] = edge(stage.symbol, values, pattern)
            continue
        if stage.operation == "lookup":
            facts[stage.name], pictures[stage.name] = _table(focus, stage)
        else:
            for operand, (symbol, _) in zip(stage.operands, stage.shapes, strict=False):
                if operand.is_parameter or BY_NAME.get(operand.stage, stage).operation not in ROWS:
                    add_operand(operand, stage, symbol)
        pattern = CellPattern(stage.name, layer, (*lead(stage), "row0"))
        if stage.operation == "activation":
            before = columns[stage.operands[0].stage]
            gate = _gate(focus, before.values)
            written = WRITTEN[focus.trace.config.hidden_act]
            # where the formula has no gate, the ratio that it amounts to
            gate_latex = written.gate or rf"\frac{{{stage.symbol}}}{{@}}"
            symbol = gate_latex.replace("@", before.symbol)
            columns["gate"] = share("gate", "bar", symbol, gate, pattern)
        columns[stage.name] = stage_column(stage, values[places], pattern)
        for name, setting in CONSTANTS.get(stage.operation, {}).items():
            facts[name] = getattr(focus.trace.config, setting)
        if stage.text == "residual":
            base, added = (columns[operand.stage].values for operand in stage.operands)
            facts["times"] = _length_ratio(added, base)
    return Sheet(
        row_kind=kind,
        rows=rows,
        columns=tuple(columns.values()),
        foot=foot,
        checks=checks_of(focus, stages, {"vocab": places}),
        facts=facts,
        pictures=pictures,
    )


def candidates(focus: Focus) -> tuple[list[int], int]:
    """The likeliest token ids, the one being followed among them, and that one."""
    logits = focus.numbers(BY_NAME["mlm_logits"])
    best = [int(i) for i in np.argsort(-logits, kind="stable")[:CANDIDATES]]
    chosen = best[0] if focus.candidate is None else focus.candidate
    return (best if chosen in best else [*best, chosen]), chosen


def _rows(focus: Focus, axis: str) -> tuple[tuple[Row, ...], str]:
    """The rows of a sheet along an axis, and what they are."""
    if axis == "vocab":
        listed, _ = candidates(focus)
        texts = [display_text(focus.token_of(each)) for each in listed]
        pairs = zip(texts, listed, strict=True)
        return tuple(Row(text, text, (place,)) for text, place in pairs), "candidate"
    if axis == "class":
        names = enumerate(("is_next", "random"))
        return tuple(Row(name, name, (place,)) for place, name in names), axis
    return dimensions(sizes(focus.trace)[axis]), axis


def _table(focus: Focus, stage: Stage) -> tuple[int, Picture]:
    """Which row of an embedding table a lookup takes, and the table."""
    (operand,) = stage.operands
    source = operand.axes[0][0]
    entry, kind = focus.trace.given.ids[source][focus.query], _TABLES[source]
    symbol, _ = stage.shapes[0]
    return entry, weight_picture(focus, operand.stage, symbol, entry, rows=kind)


def _length_ratio(vector: Floats, base: Floats) -> str:
    """How many times as long one vector is as the other, as the page says it."""
    return decimal_text(float(np.linalg.norm(vector) / np.linalg.norm(base)), 2)


def _gate(focus: Focus, before: Floats) -> Floats:
    """What the activation multiplies each number by, 0..1 for all of them: act(u) / u."""
    exact = torch.from_numpy(before.astype(np.float64))
    after: Floats = OPERATIONS["activation"](exact, focus.trace.config.hidden_act).numpy()
    at_zero = 1.0 if focus.trace.config.hidden_act == "tanh" else 0.5  # the slope there
    return np.divide(after, before, out=np.full_like(after, at_zero), where=before != 0)
