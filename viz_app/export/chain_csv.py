"""The chain of one token as plain CSV, in full digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viz_app.view_models.csv_file import csv_bytes
from viz_app.view_models.tokens import token_labels

if TYPE_CHECKING:  # torch is imported behind the first paint, not by looking at a stored view
    from bert_core.trace import Trace

_CSV_STAGES = (
    "word_embeddings",
    "position_embeddings",
    "token_type_embeddings",
    "embedding_sum",
    "embedding_output",
    "query",
    "key",
    "value",
    "dot_products",
    "attention_scores",
    "masked_scores",
    "exponentials",
    "attention_probs",
    "context",
    "attention_output",
    "attention_residual",
    "attention_norm",
    "intermediate_input",
    "intermediate",
    "ffn_output",
    "ffn_residual",
    "hidden_states",
)


def chain_csv(trace: Trace, layer: int, head: int, query: int) -> bytes:
    """The chain through the embedding and one layer, one number a line.

    Columns: stage, layer, head, token, its text, index within the stage, value. Values have nine
    digits, enough to give back the float32. Keys and values are those of every
    token, all else is the query token's.

    Raises:
        ValueError: no such layer, head or token.
    """
    columns = ["stage", "layer", "head", "token", "text", "index", "value"]
    return csv_bytes(columns, _rows(trace, layer, head, query))


def _rows(trace: Trace, layer: int, head: int, query: int) -> Iterator[list[object]]:
    from bert_core.provenance import AXES, LAYER_STAGES, stage_vector

    texts = [token.text for token in token_labels(trace.encoding)]
    for stage in _CSV_STAGES:
        with_head = AXES[stage][0] == "head"
        of = layer if stage in LAYER_STAGES else None
        everyone = range(len(texts)) if stage in ("key", "value") else (query,)
        for token in everyone:
            lead = (head, token) if with_head else (token,)
            for index, value in enumerate(stage_vector(trace, stage, of, lead)):
                place: list[object] = [stage, "" if of is None else of, head if with_head else ""]
                yield [*place, token, texts[token], index, f"{value:.9g}"]
