"""The numbers of the walkthrough: one table per sheet, revealed step by step, each step checked.

Rows are key tokens in attention, dimensions elsewhere. Every step reveals columns that are worked
out from what the steps before revealed, so that each can be checked from the digits on screen.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from bert_core.memo import kept
from bert_core.stages import LAYER_PARTS
from bert_core.trace import Trace
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import read_only
from viz_app.view_models.walkthrough.activations import activation_facts
from viz_app.view_models.walkthrough.attention import attention
from viz_app.view_models.walkthrough.elementwise import numbers_sheet
from viz_app.view_models.walkthrough.parts import Focus, Sheet, sizes
from viz_app.view_models.walkthrough.products import linear, projection
from viz_app.view_models.walkthrough.steps import BY_ID, SHEETS
from viz_app.view_models.walkthrough.views import WalkthroughView


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
    made = _sheet(Focus(trace, layer, head, query, unit, candidate, token_of), sheet)
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
        sizes=MappingProxyType(sizes(trace)),
        unit=made.unit,
        pictures=MappingProxyType(dict(made.pictures)),
        layer_check=_layer_check(trace, layer) if BY_ID[step].part in LAYER_PARTS else None,
        facts=MappingProxyType({**activation_facts(config.hidden_act), **made.facts}),
        cases=_cases(trace),
    )


def _cases(trace: Trace) -> frozenset[str]:
    """What is special about a trace, so that some steps need other words.

    `causal`: no token looks to its right. `alone`: there is no second sentence. `untied`: the
    masked-word head has a matrix of its own.
    """
    causal, alone = trace.attention == "causal", not trace.encoding.is_pair
    untied = not trace.config.tie_word_embeddings
    return frozenset(["causal"] * causal + ["alone"] * alone + ["untied"] * untied)


@kept
def _layer_check(trace: Trace, layer: int) -> float:
    return trace.check(layer)  # takes longer than any step of the layer


def _sheet(focus: Focus, name: str) -> Sheet:
    stages = SHEETS[name]
    if name == "projection":
        return projection(focus, stages)
    if name == "attention":
        return attention(focus, stages)
    if stages[0].operation == "linear":
        return linear(focus, stages)
    return numbers_sheet(focus, stages)
