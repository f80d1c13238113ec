"""The numbers of the lesson: one table per sheet, revealed step by step, each step checked.

Rows are key tokens in attention, dimensions elsewhere. Every step reveals columns that are worked
out from what the steps before revealed, so that each can be checked from the digits on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.steps import BY_ID, LAYER_PARTS
from viz_app.view_models.tokens import display_text, token_labels
from viz_app.view_models.views import TokenLabel, read_only

if TYPE_CHECKING:  # torch is imported behind the first paint, not by looking at a stored view
    from torch import Tensor

    from bert_core.provenance import Cell
    from bert_core.trace import Trace

DECIMALS = 3
"""Decimals of every digit on screen; the second check line says what this rounding costs."""
CANDIDATES = 10
"""Words listed at the vocabulary."""

Floats = NDArray[np.floating[Any]]
ColumnKind = Literal["strip", "number", "bar"]


@dataclass(frozen=True)
class CellPattern:
    """Which cell of the trace a place in the table shows.

    `index` holds numbers, or the names of what varies: "row" (the row's number), "row0" and "row1"
    (the numbers of its `place`), "dim" (the place within a strip).
    """

    stage: str
    layer: int | None
    index: tuple[int | str, ...]


@dataclass(frozen=True)
class Row:
    """One row: what it is called, and where it stands in the stage it belongs to."""

    text: str
    label: str
    place: tuple[int, ...]
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
class Picture:
    """A slice of a weight matrix as colours only: uint8 [output, input] on the signed scale."""

    symbol: str
    pixels: NDArray[np.uint8]
    high: float


@dataclass(frozen=True)
class WalkthroughView:
    """One sheet of the lesson, with all that its steps reveal."""

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

    def column(self, name: str) -> Column:
        """The column of that id.

        Raises:
            KeyError: no such column.
        """
        for column in self.columns:
            if column.id == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class _At:
    """Where in the model, and the trace's numbers there."""

    trace: Trace
    layer: int
    head: int
    query: int
    unit: int
    candidate: int | None
    token_of: Callable[[int], str]

    def vector(self, stage: str, *lead: int, layer: int | None = None) -> NDArray[np.float32]:
        from bert_core.provenance import stage_vector

        return stage_vector(self.trace, stage, layer, lead)

    def value(self, stage: str, *index: int, layer: int | None = None) -> float:
        from bert_core.provenance import Cell, value_of

        return value_of(self.trace, Cell(stage, index, layer))

    def parameter(self, path: str) -> NDArray[np.float32]:
        return _array(self.trace.model.get_parameter(path).detach().cpu())


@dataclass(frozen=True)
class _Sheet:
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


def walkthrough(
    trace: Trace,
    step: str,
    layer: int,
    head: int,
    query: int,
    *,
    unit: int = 0,
    candidate: int | None = None,
    token_of: Callable[[int], str],
) -> WalkthroughView:
    """The sheet that a step belongs to.

    Args:
        trace: The input's trace; at most one of its layers is worked out.
        step: Id of a step.
        layer, head, query: Counted from zero.
        unit: Which output of a sum of products to write out; the last one where there are fewer.
        candidate: Token id to follow through the vocabulary; default the likeliest.
        token_of: The token of an id, from the tokenizer.

    Raises:
        ValueError: no such step, layer, head, token or candidate; the message gives the limit.
    """
    config = trace.config
    if step not in BY_ID:
        raise ValueError(f"there is no step {step!r}")
    for what, value, size in (
        ("layer", layer, config.num_hidden_layers),
        ("head", head, config.num_attention_heads),
        ("query token", query, len(trace.tokens)),
        ("unit", unit, max(config.intermediate_size, config.hidden_size)),
        ("candidate", candidate or 0, config.vocab_size),
    ):
        if not 0 <= value < size:
            raise ValueError(f"{what} {value} is not one of 0 to {size - 1}")
    sheet = BY_ID[step].sheet
    made = _SHEETS[sheet](_At(trace, layer, head, query, unit, candidate, token_of))
    masked = made.masked if made.masked is not None else np.zeros(len(made.rows), bool)
    return WalkthroughView(
        sheet=sheet,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        layer=layer,
        head_index=head,
        query=query,
        tokens=token_labels(trace.encoding),
        row_kind=made.row_kind,
        rows=made.rows,
        columns=tuple(made.columns),
        head=MappingProxyType(dict(made.head)),
        foot=MappingProxyType(dict(made.foot)),
        masked=read_only(masked, np.bool_),
        checks=MappingProxyType(dict(made.checks)),
        sizes=MappingProxyType(_sizes(trace)),
        unit=made.unit,
        pictures=MappingProxyType(dict(made.pictures)),
        layer_check=trace.check(layer) if BY_ID[step].part in LAYER_PARTS else None,
        facts=MappingProxyType(dict(made.facts)),
    )


def _sizes(trace: Trace) -> dict[str, int]:
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


# --- pieces of a sheet ----------------------------------------------------------------------------


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.numpy(), dtype=np.float32)


def _number(
    id: str, symbol: str, values: Floats, cell: CellPattern, shown: Floats | None = None
) -> Column:
    """A column of numbers on a scale symmetric about zero, wide enough for `shown`."""
    kept = read_only(values)
    high = max(float(np.abs(kept if shown is None else shown).max(initial=0.0)), 1e-6)
    return Column(id, "number", symbol, kept, -high, high, cell)


def _strip(
    id: str, symbol: str, values: Floats, cell: CellPattern, beside: Floats | None = None
) -> Column:
    """A column of vectors; `beside` is a vector drawn on the same scale."""
    kept = read_only(values)
    high = float(np.abs(kept).max())
    if beside is not None:
        high = max(high, float(np.abs(beside).max()))
    return Column(id, "strip", symbol, kept, -max(high, 1e-6), max(high, 1e-6), cell)


def _share(id: str, kind: ColumnKind, symbol: str, values: Floats, cell: CellPattern) -> Column:
    return Column(id, kind, symbol, read_only(values), 0.0, 1.0, cell)


def _edge(symbol: str, values: float | Floats, cell: CellPattern | None) -> Edge:
    return Edge(symbol, read_only(np.atleast_1d(values)), cell)


def _dimensions(count: int) -> tuple[Row, ...]:
    return tuple(Row(str(place), str(place), (place,)) for place in range(count))


def _check(work_out: Callable[..., Any], operands: Iterable[Any], target: Any) -> Check:
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


# --- embedding and LayerNorm ----------------------------------------------------------------------


def _embedding(at: _At) -> _Sheet:
    tables = ("word_embeddings", "position_embeddings", "token_type_embeddings")
    symbols = (r"\text{word}", r"\text{position}", r"\text{segment}")
    encoding = at.trace.encoding
    parts = [at.vector(name, at.query) for name in tables]
    columns = [
        _number(name, symbol, values, CellPattern(name, None, (at.query, "row")))
        for name, symbol, values in zip(tables, symbols, parts, strict=True)
    ]
    total = at.vector("embedding_sum", at.query)
    nothing = Check(0.0, 0.0)  # a lookup copies, there is nothing to round
    norm = _norm_pieces(at, "embedding", "embedding_output", "s", total, None)
    return _Sheet(
        row_kind="hidden",
        rows=_dimensions(at.trace.config.hidden_size),
        columns=[*columns, *norm.columns],
        foot=norm.foot,
        checks={
            **dict.fromkeys(tables, nothing),
            "embedding_sum": _check(lambda *x: sum(x), parts, total),
            **norm.checks,
        },
        facts={
            **norm.facts,
            "id": encoding.input_ids[at.query],
            "position": at.trace.position_ids[at.query],
            "segment": encoding.token_type_ids[at.query],
        },
    )


@dataclass(frozen=True)
class _NormPieces:
    columns: tuple[Column, ...]
    foot: dict[str, Edge]
    checks: dict[str, Check]
    facts: dict[str, str | float]


_NORM_PATHS = {
    "embedding": "bert.embeddings.LayerNorm",
    "attention": "bert.encoder.layer.{layer}.attention.output.LayerNorm",
    "ffn": "bert.encoder.layer.{layer}.output.LayerNorm",
    "mlm": "cls.predictions.transform.LayerNorm",
}


def _norm_pieces(
    at: _At, prefix: str, output: str, symbol: str, total: Floats, layer: int | None
) -> _NormPieces:
    """The columns from the sum to the output of a LayerNorm."""
    path = _NORM_PATHS[prefix].format(layer=layer)
    source = {"embedding": "embedding_sum", "mlm": "mlm_activation"}.get(
        prefix, f"{prefix}_residual"
    )

    def stage(name: str) -> tuple[NDArray[np.float32], CellPattern]:
        pattern = CellPattern(name, layer, (at.query, "row"))
        return at.vector(name, at.query, layer=layer), pattern

    centred, centred_cell = stage(f"{prefix}_centred")
    normalised, normalised_cell = stage(f"{prefix}_normalised")
    result, result_cell = stage(output)
    scale, shift = at.parameter(f"{path}.weight"), at.parameter(f"{path}.bias")
    mean = at.value(f"{prefix}_mean", at.query, layer=layer)
    variance = at.value(f"{prefix}_variance", at.query, layer=layer)
    epsilon = at.trace.config.layer_norm_eps
    columns = (
        _number(source, symbol, total, CellPattern(source, layer, (at.query, "row"))),
        _number(f"{prefix}_centred", r"- \mu", centred, centred_cell),
        _number(f"{prefix}_normalised", r"\div \sigma", normalised, normalised_cell),
        _number("scale", r"\gamma", scale, CellPattern(f"{path}.weight", None, ("row",))),
        _number("shift", r"\beta", shift, CellPattern(f"{path}.bias", None, ("row",))),
        _number(output, "y", result, result_cell),
    )
    return _NormPieces(
        columns,
        {
            source: _edge(r"\mu", mean, CellPattern(f"{prefix}_mean", layer, (at.query,))),
            f"{prefix}_centred": _edge(
                r"\sigma^2", variance, CellPattern(f"{prefix}_variance", layer, (at.query,))
            ),
        },
        {
            f"{prefix}_centred": _check(lambda s: s - s.mean(), [total], centred),
            f"{prefix}_normalised": _check(
                lambda c: c / np.sqrt((c**2).mean() + epsilon), [centred], normalised
            ),
            output: _check(lambda n, g, b: n * g + b, [normalised, scale, shift], result),
        },
        {"epsilon": epsilon},
    )


def _residual_norm(prefix: str, output: str) -> Callable[[_At], _Sheet]:
    def build(at: _At) -> _Sheet:
        from bert_core.provenance import layer_input

        added = {"attention": "attention_output", "ffn": "ffn_output"}[prefix]
        if prefix == "attention":
            origin = layer_input(at.layer, at.query, 0)
            source, source_layer = origin.stage, origin.layer
        else:
            source, source_layer = "attention_norm", at.layer
        residual = at.vector(source, at.query, layer=source_layer)
        addition = at.vector(added, at.query, layer=at.layer)
        total = at.vector(f"{prefix}_residual", at.query, layer=at.layer)
        norm = _norm_pieces(at, prefix, output, "s", total, at.layer)
        symbols = ("x", "o") if prefix == "attention" else ("y", "f")
        return _Sheet(
            row_kind="hidden",
            rows=_dimensions(at.trace.config.hidden_size),
            columns=[
                _number(
                    "residual",
                    symbols[0],
                    residual,
                    CellPattern(source, source_layer, (at.query, "row")),
                ),
                _number(
                    "output", symbols[1], addition, CellPattern(added, at.layer, (at.query, "row"))
                ),
                *norm.columns,
            ],
            foot=norm.foot,
            checks={
                f"{prefix}_residual": _check(lambda x, y: x + y, [residual, addition], total),
                **norm.checks,
            },
            facts=norm.facts,
        )

    return build


# --- sums of products -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _LinearPieces:
    columns: tuple[Column, Column, Column]
    foot: dict[str, Edge]
    check: Check


def _linear_pieces(at: _At, cell: Cell, prefix: str, symbols: tuple[str, str]) -> _LinearPieces:
    """Input, weights and products of one output of a dense layer, and their sum in the foot row."""
    from bert_core.provenance import explain

    found = explain(at.trace, cell)
    inputs, weights, bias = found.operands
    products = inputs.values * weights.values
    lead = tuple(int(place) for place in inputs.indices[0, :-1])
    pattern: tuple[int | str, ...] = (*lead, "row")
    if inputs.stage == "context":  # the heads side by side: a row is a head and a dimension
        pattern = ("row0", at.query, "row1")
    itself = CellPattern(cell.stage, cell.layer, cell.index)
    x, w = symbols
    names = ("input", f"{prefix}weight", f"{prefix}product")
    columns = (
        _number(names[0], x, inputs.values, CellPattern(inputs.stage, inputs.layer, pattern)),
        _number(
            names[1],
            w,
            weights.values,
            CellPattern(weights.stage, None, (int(weights.indices[0, 0]), "row")),
        ),
        _number(names[2], rf"{x} \cdot {w}", products, itself),
    )
    bias_cell = bias.cell(0)
    foot = {
        names[1]: _edge("b", bias.values[0], CellPattern(bias_cell.stage, None, bias_cell.index)),
        names[2]: _edge(r"\sum + b", found.value, itself),
    }
    check = _check(
        lambda x, w, b: (x * w).sum() + b,
        [inputs.values, weights.values, bias.values[0]],
        found.value,
    )
    return _LinearPieces(columns, foot, check)


def _linear(
    step: str,
    stage: str,
    in_layer: bool,
    index: Callable[[_At], tuple[int, ...]],
    count: str,
    row_kind: str,
    symbols: tuple[str, str],
) -> Callable[[_At], _Sheet]:
    def build(at: _At) -> _Sheet:
        from bert_core.provenance import Cell

        size = _sizes(at.trace)[count]
        unit = min(at.unit, size - 1)
        cell = Cell(stage, (*index(at), unit), at.layer if in_layer else None)
        pieces = _linear_pieces(at, cell, "", symbols)
        choices = ((0, "is_next"), (1, "random")) if count == "class" else ()
        return _Sheet(
            row_kind=row_kind,
            rows=_dimensions(len(pieces.columns[0].values)),
            columns=pieces.columns,
            foot=pieces.foot,
            checks={step: pieces.check},
            unit=Unit(unit, size, choices),
        )

    return build


def _projection(at: _At) -> _Sheet:
    from bert_core.provenance import Cell

    size = at.trace.config.head_size
    unit = min(at.unit, size - 1)
    columns: list[Column] = []
    foot: dict[str, Edge] = {}
    checks = {"layer_input": Check(0.0, 0.0)}
    pictures = {}
    for name, letter in (("query", "Q"), ("key", "K"), ("value", "V")):
        cell = Cell(name, (at.head, at.query, unit), at.layer)
        pieces = _linear_pieces(at, cell, f"{name}_", ("x", f"W_{letter}"))
        columns += pieces.columns if not columns else pieces.columns[1:]
        foot |= pieces.foot
        checks[f"{name}_projection"] = pieces.check
        path = f"bert.encoder.layer.{at.layer}.attention.self.{name}.weight"
        own = slice(at.head * size, (at.head + 1) * size)
        pictures[f"{name}_projection"] = _picture(f"W_{letter}", at.parameter(path)[own])
    return _Sheet(
        row_kind="hidden",
        rows=_dimensions(at.trace.config.hidden_size),
        columns=columns,
        foot=foot,
        checks=checks,
        unit=Unit(unit, size),
        pictures=pictures,
    )


def _picture(symbol: str, weights: Floats) -> Picture:
    high = max(float(np.abs(weights).max()), 1e-6)
    pixels = np.round((weights / high + 1) * 127.5)
    return Picture(symbol, read_only(pixels, np.uint8), high)


def _join(at: _At) -> _Sheet:
    from bert_core.provenance import Cell

    config = at.trace.config
    unit = min(at.unit, config.hidden_size - 1)
    pieces = _linear_pieces(
        at, Cell("attention_output", (at.query, unit), at.layer), "", ("h", "W_O")
    )
    rows = tuple(
        Row(f"H{head} · {dim}", f"H{head} · {dim}", (head, dim))
        for head in range(config.num_attention_heads)
        for dim in range(config.head_size)
    )
    path = f"bert.encoder.layer.{at.layer}.attention.output.dense.weight"
    own = slice(at.head * config.head_size, (at.head + 1) * config.head_size)
    return _Sheet(
        row_kind="joined",
        rows=rows,
        columns=pieces.columns,
        foot=pieces.foot,
        checks={"heads_joined": Check(0.0, 0.0), "attention_output": pieces.check},
        unit=Unit(unit, config.hidden_size),
        pictures={"attention_output": _picture("W_O^{\\top}", at.parameter(path)[:, own].T)},
    )


# --- attention ------------------------------------------------------------------------------------


def _attention(at: _At) -> _Sheet:
    trace, layer, head, query = at.trace, at.layer, at.head, at.query
    record = trace.layer(layer)
    q = _array(record.query[head, query])
    key, value = _array(record.key[head]), _array(record.value[head])
    dots = _array(record.dot_products[head, query])
    scores = _array(record.attention_scores[head, query])
    masked_scores = _array(record.masked_scores[head, query])
    probs = _array(record.attention_probs[head, query])
    context = _array(record.context[head, query])
    # The sub-steps that no module keeps, in float32 like the rest, from the digits shown beside.
    products = q * key
    shifted = at.vector("shifted_scores", head, query, layer=layer)
    exponentials = at.vector("exponentials", head, query, layer=layer)
    total = at.value("exponential_sum", head, query, layer=layer)
    weighted = probs[:, None] * value
    lowest = np.finfo(np.float32).min
    # float32's lowest number stands for "may not look": far outside any scale and any digit.
    masked = masked_scores < lowest / 2
    mask = np.where(masked, lowest, 0.0)
    hidden = _array(trace.hidden_states[layer].cpu())

    def pair(name: str) -> CellPattern:
        return CellPattern(name, layer, (head, query, "row"))

    def strip(name: str) -> CellPattern:
        return CellPattern(name, layer, (head, "row", "dim"))

    context_cell = CellPattern("context", layer, (head, query, "dim"))
    root = np.sqrt(np.float64(trace.config.head_size))
    weights = {name: _head_weights(at, name) for name in ("query", "key", "value")}
    off = (layer, head) in trace.heads_off
    return _Sheet(
        row_kind="key",
        rows=tuple(
            Row(token.text, token.label, (token.position,), token.special)
            for token in token_labels(trace.encoding)
        ),
        columns=(
            _strip("key", "k_j", key, strip("key"), q),
            _strip("products", r"q \odot k_j", products, pair("dot_products")),
            _number("dot_products", r"q \cdot k_j", dots, pair("dot_products")),
            _number("attention_scores", r"\div \sqrt{d}", scores, pair("attention_scores")),
            _number(
                "masked_scores",
                r"+ \text{mask}",
                masked_scores,
                pair("masked_scores"),
                masked_scores[~masked],
            ),
            _number("shifted_scores", r"- \max", shifted, pair("shifted_scores"), shifted[~masked]),
            _share("exponentials", "number", r"e^{\ldots}", exponentials, pair("exponentials")),
            _share("attention_probs", "bar", "w_j", probs, pair("attention_probs")),
            _strip("value", "v_j", value, strip("value")),
            _strip("weighted_values", r"w_j v_j", weighted, context_cell, context),
        ),
        head={"key": _edge("q", q, CellPattern("query", layer, (head, query, "dim")))},
        foot={
            "exponentials": _edge(
                r"\sum", total, CellPattern("exponential_sum", layer, (head, query))
            ),
            "attention_probs": _edge(r"\sum", float(probs.sum()), None),
            "weighted_values": _edge(r"\sum", context, context_cell),
        },
        masked=masked,
        checks={
            "query": _check(lambda x, w, b: w @ x + b, [hidden[query], *weights["query"]], q),
            "key": _check(lambda x, w, b: x @ w.T + b, [hidden, *weights["key"]], key),
            "products": _check(lambda a, b: a * b, [q, key], products),
            "dot_products": _check(lambda p: p.sum(1), [products], dots),
            "attention_scores": _check(lambda s: s / root, [dots], scores),
            "masked_scores": _check(lambda s, m: s + m, [scores, mask], masked_scores),
            "softmax_max": _check(lambda m: m - m.max(), [masked_scores], shifted),
            "softmax_exp": _check(lambda m: np.exp(m), [shifted], exponentials),
            "softmax_sum": _check(lambda e: e.sum(), [exponentials], total),
            "attention_probs": _check(lambda e, z: e / z, [exponentials, total], probs),
            "value": _check(lambda x, w, b: x @ w.T + b, [hidden, *weights["value"]], value),
            "weighted_values": _check(lambda w, v: w[:, None] * v, [probs, value], weighted),
            "context": _check(lambda p: p.sum(0) * (not off), [weighted], context),
        },
    )


def _head_weights(at: _At, name: str) -> tuple[Floats, Floats]:
    """This head's slice of one projection: weights [head_size, hidden] and bias [head_size]."""
    size = at.trace.config.head_size
    own = slice(at.head * size, (at.head + 1) * size)
    path = f"bert.encoder.layer.{at.layer}.attention.self.{name}"
    return at.parameter(f"{path}.weight")[own], at.parameter(f"{path}.bias")[own]


# --- activation -----------------------------------------------------------------------------------


def _gate(at: _At, inner: Floats) -> Floats:
    """What the activation multiplies each number by, 0..1 for GELU and ReLU: act(u) / u."""
    activated = _activated(at, inner.astype(np.float64))
    return np.divide(activated, inner, out=np.full_like(activated, 0.5), where=inner != 0)


def _activated(at: _At, inner: Floats) -> Floats:
    import torch

    from bert_core.model import activation

    found: Floats = activation(at.trace.config.hidden_act, torch.from_numpy(inner)).numpy()
    return found


def _activation_columns(
    at: _At, source: str, output: str, symbols: tuple[str, str], layer: int | None
) -> tuple[list[Column], Check]:
    before = at.vector(source, at.query, layer=layer)
    after = at.vector(output, at.query, layer=layer)
    after_cell = CellPattern(output, layer, (at.query, "row"))
    columns = [
        _number(source, symbols[0], before, CellPattern(source, layer, (at.query, "row"))),
        _share("gate", "bar", rf"\Phi ({symbols[0]})", _gate(at, before), after_cell),
        _number(output, symbols[1], after, after_cell),
    ]
    return columns, _check(lambda u: _activated(at, u), [before], after)


def _ffn_activation(at: _At) -> _Sheet:
    columns, check = _activation_columns(
        at, "intermediate_input", "intermediate", ("u", "g"), at.layer
    )
    return _Sheet(
        row_kind="inner",
        rows=_dimensions(at.trace.config.intermediate_size),
        columns=columns,
        checks={"intermediate": check},
        facts={"activation": at.trace.config.hidden_act},
    )


def _mlm_norm(at: _At) -> _Sheet:
    columns, check = _activation_columns(at, "mlm_dense", "mlm_activation", ("u", "s"), None)
    total = columns[-1].values
    norm = _norm_pieces(at, "mlm", "mlm_transformed", "s", total, None)
    return _Sheet(
        row_kind="hidden",
        rows=_dimensions(at.trace.config.hidden_size),
        columns=[*columns[:-1], *norm.columns],
        foot=norm.foot,
        checks={"mlm_activation": check, **norm.checks},
        facts={**norm.facts, "activation": at.trace.config.hidden_act},
    )


# --- predictions ----------------------------------------------------------------------------------


def _candidates(at: _At, logits: Floats) -> tuple[list[int], int]:
    """The likeliest token ids, the one being followed among them, and that one."""
    best = [int(i) for i in np.argsort(-logits, kind="stable")[:CANDIDATES]]
    chosen = best[0] if at.candidate is None else at.candidate
    return (best if chosen in best else [*best, chosen]), chosen


def _mlm_logits(at: _At) -> _Sheet:
    from bert_core.provenance import Cell

    listed, chosen = _candidates(at, at.vector("mlm_logits", at.query))
    pieces = _linear_pieces(at, Cell("mlm_logits", (at.query, chosen)), "", ("y", "E_v"))
    vocabulary = at.trace.config.vocab_size
    choices = tuple((i, display_text(at.token_of(i))) for i in listed)
    return _Sheet(
        row_kind="hidden",
        rows=_dimensions(at.trace.config.hidden_size),
        columns=pieces.columns,
        foot=pieces.foot,
        checks={"mlm_logits": pieces.check},
        unit=Unit(chosen, vocabulary, choices),
    )


def _softmax_sheet(
    family: str,
    listed: Sequence[int],
    labels: Sequence[str],
    lead: tuple[int, ...],
    at: _At,
    row_kind: str,
    steps: tuple[str | None, str],
) -> _Sheet:
    logits = at.vector(f"{family}_logits", *lead)
    exponentials = at.vector(f"{family}_exponentials", *lead)
    probs = at.vector(f"{family}_probs", *lead)
    total = at.value(f"{family}_exponential_sum", *lead)
    largest = at.value(f"{family}_max", *lead)
    chosen = list(listed)

    def pattern(stage: str) -> CellPattern:
        return CellPattern(f"{family}_{stage}", None, (*lead, "row0"))

    exponential_check = _check(
        lambda z, m: np.exp(z - m), [logits[chosen], largest], exponentials[chosen]
    )
    checks = {
        steps[1]: _check(lambda e, z: e / z, [exponentials[chosen], total], probs[chosen]),
    }
    if steps[0]:
        checks[steps[0]] = exponential_check
    return _Sheet(
        row_kind=row_kind,
        rows=tuple(
            Row(label, label, (place,)) for place, label in zip(chosen, labels, strict=True)
        ),
        columns=(
            _number("logits", "z", logits[chosen], pattern("logits")),
            _share(
                "exponentials",
                "number",
                r"e^{z - \max z}",
                exponentials[chosen],
                pattern("exponentials"),
            ),
            _share("probs", "bar", "P", probs[chosen], pattern("probs")),
        ),
        foot={
            "exponentials": _edge("Z", total, CellPattern(f"{family}_exponential_sum", None, lead)),
        },
        checks=checks,
        facts={"largest": largest, "entries": len(logits)},
    )


def _mlm_probs(at: _At) -> _Sheet:
    listed, _ = _candidates(at, at.vector("mlm_logits", at.query))
    labels = [display_text(at.token_of(i)) for i in listed]
    return _softmax_sheet(
        "mlm", listed, labels, (at.query,), at, "candidate", ("mlm_exponentials", "mlm_probs")
    )


def _pooled_output(at: _At) -> _Sheet:
    before, after = at.vector("pooled_input"), at.vector("pooled_output")
    return _Sheet(
        row_kind="hidden",
        rows=_dimensions(len(before)),
        columns=(
            _number("pooled_input", "u", before, CellPattern("pooled_input", None, ("row",))),
            _number("pooled_output", "p", after, CellPattern("pooled_output", None, ("row",))),
        ),
        checks={"pooled_output": _check(np.tanh, [before], after)},
    )


def _nsp_probs(at: _At) -> _Sheet:
    return _softmax_sheet(
        "nsp", (0, 1), ("is_next", "random"), (), at, "class", (None, "nsp_probs")
    )


_SHEETS: Mapping[str, Callable[[_At], _Sheet]] = MappingProxyType(
    {
        "embedding": _embedding,
        "projection": _projection,
        "attention": _attention,
        "join": _join,
        "attention_norm": _residual_norm("attention", "attention_norm"),
        "ffn_up": _linear(
            "intermediate_input",
            "intermediate_input",
            True,
            lambda at: (at.query,),
            "inner",
            "hidden",
            ("y", "W_1"),
        ),
        "ffn_activation": _ffn_activation,
        "ffn_down": _linear(
            "ffn_output",
            "ffn_output",
            True,
            lambda at: (at.query,),
            "hidden",
            "inner",
            ("g", "W_2"),
        ),
        "ffn_norm": _residual_norm("ffn", "hidden_states"),
        "mlm_dense": _linear(
            "mlm_dense",
            "mlm_dense",
            False,
            lambda at: (at.query,),
            "hidden",
            "hidden",
            ("x", "W_M"),
        ),
        "mlm_norm": _mlm_norm,
        "mlm_logits": _mlm_logits,
        "mlm_probs": _mlm_probs,
        "pooled_input": _linear(
            "pooled_input", "pooled_input", False, lambda at: (), "hidden", "hidden", ("x", "W_P")
        ),
        "pooled_output": _pooled_output,
        "nsp_logits": _linear(
            "nsp_logits", "nsp_logits", False, lambda at: (), "class", "hidden", ("p", "W_N")
        ),
        "nsp_probs": _nsp_probs,
    }
)
