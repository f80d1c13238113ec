"""The whole model for one input as one picture: vectors as strips, heads as tiles, predictions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bert_core.bert import Bert
from bert_core.memo import kept
from bert_core.predict import next_sentence_probabilities, top_tokens
from bert_core.trace import Trace
from viz_app.view_models.architecture_view import (
    PARTS,
    SHOWN,
    TILE_CELLS,
    ArchitectureView,
    Guess,
)
from viz_app.view_models.attention.matrix import strongest_of_blocks
from viz_app.view_models.tokens import display_text, token_labels

GUESSES = 3
_BLOCK = 64  # tokens whose scores over the whole vocabulary are held at once


@kept
def architecture(trace: Trace, bert: Bert) -> ArchitectureView:
    """The picture of a trace made by `bert`; worked out once per trace."""
    steps = trace.embeddings
    parts = (
        steps.word_embeddings,
        steps.position_embeddings,
        steps.token_type_embeddings,
        steps.embedding_sum,
    )
    vectors = np.stack(
        [np.asarray(tensor.cpu(), np.float32) for tensor in (*parts, *trace.hidden_states)]
    )  # [strip, token, hidden]
    # One scale for the four parts and one for all hidden states, so that colours can be compared.
    count = len(PARTS)
    tiles, best_keys, best_weights = zip(
        *(_tiles(trace, layer) for layer in range(trace.num_layers)), strict=True
    )
    limits = [_end(vectors[:count])] * count + [_end(vectors[count:])] * (len(vectors) - count)
    return ArchitectureView(
        tokens=token_labels(trace.encoding),
        hidden_size=trace.config.hidden_size,
        vectors=vectors[..., :SHOWN],
        lengths=np.linalg.norm(vectors, axis=-1),
        limits=np.array(limits, np.float32),
        attention=np.stack(tiles),
        best_keys=np.stack(best_keys),
        best_weights=np.stack(best_weights),
        masked=tuple(i == bert.tokenizer.mask_id for i in trace.encoding.input_ids),
        guesses=_guesses(trace, bert),
        is_next=_is_next(trace, bert.missing),
        missing=tuple(part for part in ("mlm", "nsp") if part in bert.missing),
    )


def _tiles(
    trace: Trace, layer: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.float32]]:
    """One layer's pictures [head, row, column], best keys and their weights [head, query]."""
    weights = np.asarray(trace.attention_probs(layer), np.float32)
    keys = weights.argmax(axis=-1)
    best = np.take_along_axis(weights, keys[..., None], axis=-1)[..., 0]
    pooled = strongest_of_blocks(weights, TILE_CELLS)
    return np.round(np.sqrt(pooled) * 255).astype(np.uint8), keys.astype(np.uint16), best


def _end(values: NDArray[np.float32]) -> float:
    """A round number that all but the strongest hundredth of the values stay within."""
    return float(f"{np.quantile(np.abs(values), 0.99):.2g}") or 1.0


def _guesses(trace: Trace, bert: Bert) -> tuple[tuple[Guess, ...], ...]:
    special = trace.encoding.special_tokens_mask
    if "mlm" in bert.missing:
        return ((),) * len(special)
    found: list[tuple[Guess, ...]] = []
    for start in range(0, len(special), _BLOCK):
        logits = bert.model.mlm_logits(trace.hidden_states[-1][start : start + _BLOCK])
        for added, scores in zip(special[start : start + _BLOCK], logits.detach(), strict=True):
            best = [] if added else top_tokens(scores.cpu(), bert.tokenizer, GUESSES)
            found.append(tuple(Guess(display_text(g.token), g.probability) for g in best))
    return tuple(found)


def _is_next(trace: Trace, missing: Mapping[str, str]) -> float | None:
    if not trace.encoding.is_pair or "nsp" in missing:
        return None
    return next_sentence_probabilities(trace.nsp_logits).is_next
