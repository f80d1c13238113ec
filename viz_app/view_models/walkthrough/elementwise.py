"""Tables in which each number is worked out on its own: sums, LayerNorm, activations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bert_core.model import activation
from bert_core.stages import layer_input
from viz_app.number_text import decimal_text
from viz_app.view_models.walkthrough.parts import At, Sheet, check, dimensions, edge, number, share
from viz_app.view_models.walkthrough.views import (
    CellPattern,
    Check,
    Column,
    Edge,
    Floats,
    PictureRows,
)
from viz_app.view_models.walkthrough.weights import weight_picture

# --- embedding and LayerNorm ----------------------------------------------------------------------


def embedding(at: At) -> Sheet:
    """The three lookups, their sum, and its LayerNorm."""
    tables = ("word_embeddings", "position_embeddings", "token_type_embeddings")
    symbols = (r"\text{word}", r"\text{position}", r"\text{segment}")
    encoding = at.trace.encoding
    parts = [at.vector(name, at.query) for name in tables]
    columns = [
        number(name, symbol, values, CellPattern(name, None, (at.query, "row")))
        for name, symbol, values in zip(tables, symbols, parts, strict=True)
    ]
    total = at.vector("embedding_sum", at.query)
    nothing = Check(0.0, 0.0)  # a lookup copies, there is nothing to round
    entries: tuple[tuple[PictureRows, int], ...] = (
        ("word", encoding.input_ids[at.query]),
        ("position", at.trace.position_ids[at.query]),
        ("segment", encoding.token_type_ids[at.query]),
    )
    norm = _norm_pieces(at, "embedding", "embedding_output", "s", total, None)
    return Sheet(
        row_kind="hidden",
        rows=dimensions(at.trace.config.hidden_size),
        columns=[*columns, *norm.columns],
        foot=norm.foot,
        checks={
            **dict.fromkeys(tables, nothing),
            "embedding_sum": check(lambda *x: sum(x), parts, total),
            **norm.checks,
        },
        facts={
            **norm.facts,
            "id": entries[0][1],
            "position": entries[1][1],
            "segment": entries[2][1],
        },
        pictures={
            table: weight_picture(
                at, f"bert.embeddings.{table}.weight", rf"E_{{\text{{{kind}}}}}", entry, rows=kind
            )
            for table, (kind, entry) in zip(tables, entries, strict=True)
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
    at: At, prefix: str, output: str, symbol: str, total: Floats, layer: int | None
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
        number(source, symbol, total, CellPattern(source, layer, (at.query, "row"))),
        number(f"{prefix}_centred", r"- \mu", centred, centred_cell),
        number(f"{prefix}_normalised", r"\div \sigma", normalised, normalised_cell),
        number("scale", r"\gamma", scale, CellPattern(f"{path}.weight", None, ("row",))),
        number("shift", r"\beta", shift, CellPattern(f"{path}.bias", None, ("row",))),
        number(output, "y", result, result_cell),
    )
    return _NormPieces(
        columns,
        {
            source: edge(r"\mu", mean, CellPattern(f"{prefix}_mean", layer, (at.query,))),
            f"{prefix}_centred": edge(
                r"\sigma^2", variance, CellPattern(f"{prefix}_variance", layer, (at.query,))
            ),
        },
        {
            f"{prefix}_centred": check(lambda s: s - s.mean(), [total], centred),
            f"{prefix}_normalised": check(
                lambda c: c / np.sqrt((c**2).mean() + epsilon), [centred], normalised
            ),
            output: check(lambda n, g, b: n * g + b, [normalised, scale, shift], result),
        },
        {"epsilon": epsilon},
    )


def residual_norm(prefix: str, output: str) -> Callable[[At], Sheet]:
    """The sheet of a residual sum (`attention` or `ffn`) and its LayerNorm, the stage `output`."""

    def build(at: At) -> Sheet:
        added = {"attention": "attention_output", "ffn": "ffn_output"}[prefix]
        if prefix == "attention":
            source, source_layer = layer_input(at.layer)
        else:
            source, source_layer = "attention_norm", at.layer
        residual = at.vector(source, at.query, layer=source_layer)
        addition = at.vector(added, at.query, layer=at.layer)
        total = at.vector(f"{prefix}_residual", at.query, layer=at.layer)
        norm = _norm_pieces(at, prefix, output, "s", total, at.layer)
        symbols = ("x", "o") if prefix == "attention" else ("y", "f")
        return Sheet(
            row_kind="hidden",
            rows=dimensions(at.trace.config.hidden_size),
            columns=[
                number(
                    "residual",
                    symbols[0],
                    residual,
                    CellPattern(source, source_layer, (at.query, "row")),
                ),
                number(
                    "output", symbols[1], addition, CellPattern(added, at.layer, (at.query, "row"))
                ),
                *norm.columns,
            ],
            foot=norm.foot,
            checks={
                f"{prefix}_residual": check(lambda x, y: x + y, [residual, addition], total),
                **norm.checks,
            },
            facts={**norm.facts, "times": _length_ratio(addition, residual)},
        )

    return build


def _length_ratio(vector: Floats, base: Floats) -> str:
    """How many times as long one vector is as the other, as the page says it."""
    return decimal_text(float(np.linalg.norm(vector) / np.linalg.norm(base)), 2)


# --- activations ----------------------------------------------------------------------------------


def _gate(at: At, inner: Floats) -> Floats:
    """What the activation multiplies each number by, 0..1 for GELU and ReLU: act(u) / u."""
    activated = _activated(at, inner.astype(np.float64))
    return np.divide(activated, inner, out=np.full_like(activated, 0.5), where=inner != 0)


def _activated(at: At, inner: Floats) -> Floats:
    found: Floats = activation(at.trace.config.hidden_act, torch.from_numpy(inner)).numpy()
    return found


def _activation_columns(
    at: At, source: str, output: str, symbols: tuple[str, str], layer: int | None
) -> tuple[list[Column], Check]:
    before = at.vector(source, at.query, layer=layer)
    after = at.vector(output, at.query, layer=layer)
    after_cell = CellPattern(output, layer, (at.query, "row"))
    columns = [
        number(source, symbols[0], before, CellPattern(source, layer, (at.query, "row"))),
        share("gate", "bar", rf"\Phi ({symbols[0]})", _gate(at, before), after_cell),
        number(output, symbols[1], after, after_cell),
    ]
    return columns, check(lambda u: _activated(at, u), [before], after)


def ffn_activation(at: At) -> Sheet:
    """The activation function between the two dense layers of the feed-forward network."""
    columns, checked = _activation_columns(
        at, "intermediate_input", "intermediate", ("u", "g"), at.layer
    )
    return Sheet(
        row_kind="inner",
        rows=dimensions(at.trace.config.intermediate_size),
        columns=columns,
        checks={"intermediate": checked},
    )


def mlm_norm(at: At) -> Sheet:
    """The activation and the LayerNorm of the masked-word head."""
    columns, checked = _activation_columns(at, "mlm_dense", "mlm_activation", ("u", "s"), None)
    total = columns[-1].values
    norm = _norm_pieces(at, "mlm", "mlm_transformed", "s", total, None)
    return Sheet(
        row_kind="hidden",
        rows=dimensions(at.trace.config.hidden_size),
        columns=[*columns[:-1], *norm.columns],
        foot=norm.foot,
        checks={"mlm_activation": checked, **norm.checks},
        facts=norm.facts,
    )


def pooled_output(at: At) -> Sheet:
    """The pooler's tanh."""
    before, after = at.vector("pooled_input"), at.vector("pooled_output")
    return Sheet(
        row_kind="hidden",
        rows=dimensions(len(before)),
        columns=(
            number("pooled_input", "u", before, CellPattern("pooled_input", None, ("row",))),
            number("pooled_output", "p", after, CellPattern("pooled_output", None, ("row",))),
        ),
        checks={"pooled_output": check(np.tanh, [before], after)},
    )
