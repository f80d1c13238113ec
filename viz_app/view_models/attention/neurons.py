"""A query vector against each key vector, dimension by dimension."""

from __future__ import annotations

import numpy as np

from bert_core.trace import Trace
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import NeuronView

MOST_KEYS = 48
"""Rows that can still be read; of more keys the heaviest are shown."""


def neuron_view(
    trace: Trace, layer: int, head: int, query: int, most: int = MOST_KEYS
) -> NeuronView:
    """q, each k, their dot products, scores and weights for one query token of one head.

    Raises:
        ValueError: no such layer, head or token.
    """
    tokens = token_labels(trace.encoding)
    if not 0 <= head < trace.config.num_attention_heads:
        raise ValueError(f"head {head} is not one of 0 to {trace.config.num_attention_heads - 1}")
    if not 0 <= query < len(tokens):
        raise ValueError(f"query {query} is not one of 0 to {len(tokens) - 1}")
    record = trace.layer(layer)
    weights = record.attention_probs[head, query].numpy()
    shown = np.sort(np.argsort(-weights, kind="stable")[:most])
    return NeuronView(
        query_token=tokens[query],
        query=record.query[head, query].numpy(),
        keys=record.key[head].numpy()[shown],
        dots=record.dot_products[head, query].numpy()[shown],
        scores=record.masked_scores[head, query].numpy()[shown],
        weights=weights[shown],
        tokens=tuple(tokens[key] for key in shown),
        left_out=len(tokens) - len(shown),
        left_out_weight=max(0.0, 1.0 - float(weights[shown].sum(dtype=np.float64))),
    )
