"""The table of attention: one query against every key, from q and k to the head's output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viz_app.view_models.tokens import token_labels
from viz_app.view_models.walkthrough.parts import (
    At,
    Sheet,
    array,
    check,
    edge,
    number,
    share,
    strip,
)
from viz_app.view_models.walkthrough.views import CellPattern, Floats, Row


def attention(at: At) -> Sheet:
    """Products, dot products, scores, softmax in its sub-steps, weighted values."""
    trace, layer, head, query = at.trace, at.layer, at.head, at.query
    record = trace.layer(layer)
    q = array(record.query[head, query])
    key, value = array(record.key[head]), array(record.value[head])
    dots = array(record.dot_products[head, query])
    scores = array(record.attention_scores[head, query])
    masked_scores = array(record.masked_scores[head, query])
    probs = array(record.attention_probs[head, query])
    context = array(record.context[head, query])
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
    hidden = array(trace.hidden_states[layer].cpu())

    def pair(name: str) -> CellPattern:
        return CellPattern(name, layer, (head, query, "row"))

    def per_key(name: str) -> CellPattern:
        return CellPattern(name, layer, (head, "row", "dim"))

    context_cell = CellPattern("context", layer, (head, query, "dim"))
    root = np.sqrt(np.float64(trace.config.head_size))
    weights = {name: _head_weights(at, name) for name in ("query", "key", "value")}
    off = (layer, head) in trace.heads_off
    return Sheet(
        row_kind="key",
        rows=tuple(
            Row(token.text, token.label, (token.position,), token.special)
            for token in token_labels(trace.encoding)
        ),
        columns=(
            strip("key", "k_j", key, per_key("key"), q),
            strip("products", r"q \odot k_j", products, replace(pair("dot_products"), term="dim")),
            number("dot_products", r"q \cdot k_j", dots, pair("dot_products")),
            number("attention_scores", r"\div \sqrt{d}", scores, pair("attention_scores")),
            number(
                "masked_scores",
                r"+ \text{mask}",
                masked_scores,
                pair("masked_scores"),
                masked_scores[~masked],
            ),
            number("shifted_scores", r"- \max", shifted, pair("shifted_scores"), shifted[~masked]),
            share("exponentials", "number", r"e^{\ldots}", exponentials, pair("exponentials")),
            share("attention_probs", "bar", "w_j", probs, pair("attention_probs")),
            strip("value", "v_j", value, per_key("value")),
            strip(
                "weighted_values",
                r"w_j v_j",
                weighted,
                replace(context_cell, term="row"),
                context,
            ),
        ),
        head={"key": edge("q", q, CellPattern("query", layer, (head, query, "dim")))},
        foot={
            "exponentials": edge(
                r"\sum", total, CellPattern("exponential_sum", layer, (head, query))
            ),
            "attention_probs": edge(
                r"\sum",
                at.value("attention_probs_sum", head, query, layer=layer),
                CellPattern("attention_probs_sum", layer, (head, query)),
            ),
            "weighted_values": edge(r"\sum", context, context_cell),
        },
        masked=masked,
        checks={
            "query": check(lambda x, w, b: w @ x + b, [hidden[query], *weights["query"]], q),
            "key": check(lambda x, w, b: x @ w.T + b, [hidden, *weights["key"]], key),
            "products": check(lambda a, b: a * b, [q, key], products),
            "dot_products": check(lambda p: p.sum(1), [products], dots),
            "attention_scores": check(lambda s: s / root, [dots], scores),
            "masked_scores": check(lambda s, m: s + m, [scores, mask], masked_scores),
            "softmax_max": check(lambda m: m - m.max(), [masked_scores], shifted),
            "softmax_exp": check(lambda m: np.exp(m), [shifted], exponentials),
            "softmax_sum": check(lambda e: e.sum(), [exponentials], total),
            "attention_probs": check(lambda e, z: e / z, [exponentials, total], probs),
            "value": check(lambda x, w, b: x @ w.T + b, [hidden, *weights["value"]], value),
            "weighted_values": check(lambda w, v: w[:, None] * v, [probs, value], weighted),
            "context": check(lambda p: p.sum(0) * (not off), [weighted], context),
        },
    )


def _head_weights(at: At, name: str) -> tuple[Floats, Floats]:
    """This head's slice of one projection: weights [head_size, hidden] and bias [head_size]."""
    size = at.trace.config.head_size
    own = slice(at.head * size, (at.head + 1) * size)
    path = f"bert.encoder.layer.{at.layer}.attention.self.{name}"
    return at.parameter(f"{path}.weight")[own], at.parameter(f"{path}.bias")[own]
