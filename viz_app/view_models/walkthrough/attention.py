"""The table of attention: one query against every key, from q and k to the head's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bert_core.stages import BY_NAME, PRODUCTS, ROWS, Stage
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.walkthrough.parts import (
    Focus,
    Sheet,
    array,
    check,
    checks_of,
    edge,
    number,
    stage_check,
    stage_column,
    strip,
)
from viz_app.view_models.walkthrough.views import CellPattern, Edge, Row


def attention(focus: Focus, stages: Sequence[Stage]) -> Sheet:
    """Products, dot products, scores, softmax in its sub-steps, weighted values."""
    trace, layer, head, query = focus.trace, focus.layer, focus.head, focus.query
    record = trace.layer(layer)
    q = array(record.query[head, query])
    key, value = array(record.key[head]), array(record.value[head])
    numbers = {stage.name: focus.numbers(stage) for stage in stages}
    dots, probs, context = (
        numbers[name] for name in ("dot_products", "attention_probs", "context")
    )
    products = q * key
    weighted = probs[:, None] * value
    # float32's lowest number stands for "may not look": far outside any scale and any digit.
    masked = numbers["masked_scores"] < np.finfo(np.float32).min / 2

    def pair(name: str) -> CellPattern:
        return CellPattern(name, layer, (head, query, "row"))

    def per_key(name: str) -> CellPattern:
        return CellPattern(name, layer, (head, "row", "dim"))

    context_cell = CellPattern("context", layer, (head, query, "dim"))
    columns = [
        strip("key", "k_j", key, per_key("key"), q),
        strip("products", r"q \odot k_j", products, replace(pair("dot_products"), term="dim")),
        number("dot_products", r"q \cdot k_j", dots, pair("dot_products")),
    ]
    foot: dict[str, Edge] = {}
    for stage in stages:
        values = numbers[stage.name]
        if stage.operation in ROWS:
            cell = CellPattern(stage.name, layer, (head, query))
            foot[stage.operands[0].stage] = edge(stage.symbol, values, cell)
        elif stage.operation not in PRODUCTS:
            columns.append(stage_column(stage, values, pair(stage.name), values[~masked]))
    columns += [
        strip("value", "v_j", value, per_key("value")),
        strip("weighted_values", r"w_j v_j", weighted, replace(context_cell, term="row"), context),
    ]
    foot["weighted_values"] = edge(r"\sum", context, context_cell)
    on = (layer, head) not in trace.heads_off
    own = {"head": head}
    return Sheet(
        row_kind="key",
        rows=tuple(
            Row(token.text, token.label, (token.position,), token.special)
            for token in token_labels(trace.encoding)
        ),
        columns=columns,
        head={"key": edge("q", q, CellPattern("query", layer, (head, query, "dim")))},
        foot=foot,
        masked=masked,
        checks={
            **checks_of(focus, stages, {}),
            "query": stage_check(focus, [BY_NAME["query"]], {**own, "token": query}),
            "key": stage_check(focus, [BY_NAME["key"]], own),
            "value": stage_check(focus, [BY_NAME["value"]], own),
            # from the products as they are shown, which is a step of its own here
            "products": check(lambda a, b: a * b, [q, key], products),
            "dot_products": check(lambda p: p.sum(1), [products], dots),
            "weighted_values": check(lambda w, v: w[:, None] * v, [probs, value], weighted),
            "context": check(lambda p: p.sum(0) * on, [weighted], context),
        },
    )
