"""A trace's matrices as labelled views: attention, scores, embeddings, the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import (
    BarView,
    LinesView,
    MatrixView,
    OverviewView,
    Reading,
    TokenLabel,
)

if TYPE_CHECKING:  # torch is imported behind the first paint, not by looking at a stored view
    from bert_core.trace import Trace


def attention_map(trace: Trace, layer: int, head: int) -> MatrixView:
    """Attention weights of one head: probabilities [query, key], each row sums to 1.

    Raises:
        ValueError: no such layer or head.
    """
    _check_head(trace, head)
    tokens = token_labels(trace.encoding)
    weights = _array(trace.layer(layer).attention_probs[head])
    masked = masked_cells(trace)
    return MatrixView(
        values=weights,
        rows=tokens,
        columns=tokens,
        low=0.0,
        high=1.0,
        kind="probability",
        reading=_strongest(weights, tokens),
        masked=masked,
    )


def score_map(trace: Trace, layer: int, head: int) -> MatrixView:
    """Attention scores q·k/√head_size of one head, unitless, on a scale symmetric about zero.

    Raises:
        ValueError: no such layer or head.
    """
    _check_head(trace, head)
    tokens = token_labels(trace.encoding)
    scores = _array(trace.layer(layer).attention_scores[head])
    low, high = symmetric_range(scores)
    query, key = np.unravel_index(int(scores.argmax()), scores.shape)
    reading = Reading(
        "attention.reading.score",
        {
            "query": tokens[int(query)].label,
            "to": tokens[int(key)].label,
            "score": f"{scores[query, key]:.2f}",
        },
    )
    return MatrixView(
        values=scores,
        rows=tokens,
        columns=tokens,
        low=low,
        high=high,
        kind="signed",
        reading=reading,
        masked=masked_cells(trace),
    )


def embedding_map(trace: Trace, stage: str = "embedding_output") -> MatrixView:
    """One embedding stage [token, dimension], on a scale symmetric about zero.

    Args:
        stage: A field of `trace.embeddings`, such as `word_embeddings`.

    Raises:
        ValueError: no such stage.
    """
    embeddings = trace.embeddings
    if not hasattr(embeddings, stage):
        raise ValueError(f"{stage!r} is not a stage of the embeddings; see EmbeddingTrace")
    values = _array(getattr(embeddings, stage))
    low, high = symmetric_range(values)
    dimensions = tuple(
        TokenLabel(index, str(index), str(index), segment=0, special=False, upright=False)
        for index in range(values.shape[1])
    )
    return MatrixView(
        values=values,
        rows=token_labels(trace.encoding),
        columns=dimensions,
        low=low,
        high=high,
        kind="signed",
        reading=Reading("attention.reading.embedding", {"dimensions": values.shape[1]}),
        axes=("attention.axis.token", "attention.axis.dimension"),
    )


def layer_lines(trace: Trace, layer: int) -> LinesView:
    """All heads of one layer, every pair of tokens.

    Raises:
        ValueError: no such layer.
    """
    weights = _array(trace.layer(layer).attention_probs)
    return LinesView(
        weights=weights,
        hidden=np.zeros(weights.shape[:2], np.float32),
        tokens=token_labels(trace.encoding),
        layer=layer,
    )


_overviews: WeakKeyDictionary[Trace, OverviewView] = WeakKeyDictionary()


def overview_map(trace: Trace) -> OverviewView:
    """All layers and heads of a trace as 8-bit pictures; worked out once per trace."""
    view = _overviews.get(trace)
    if view is None:
        view = OverviewView(trace.attention_overview(), token_labels(trace.encoding))
        _overviews[trace] = view
    return view


def attention_bars(trace: Trace, layer: int, head: int, query: int) -> BarView:
    """Where one query token looks: its row of the attention weights, in the order of the text.

    Raises:
        ValueError: no such layer, head or token.
    """
    view = attention_map(trace, layer, head)
    if not 0 <= query < len(view.rows):
        raise ValueError(f"query {query} is not one of 0 to {len(view.rows) - 1}")
    row = view.values[query]
    key = int(row.argmax())
    reading = Reading(
        "attention.reading.strongest",
        {
            "query": view.rows[query].label,
            "to": view.columns[key].label,
            "weight": f"{row[key]:.3f}",
        },
    )
    return BarView(
        values=row,
        labels=tuple(token.label for token in view.columns),
        low=0.0,
        high=1.0,
        reading=reading,
        selected=key,
    )


def masked_cells(trace: Trace) -> NDArray[np.bool_] | None:
    """True where a query must not look [query, key]; None where every pair is open.

    Padding closes a column; causal attention closes what comes later.
    """
    mask = trace.additive_mask()
    if mask is None:
        return None
    closed = _array(mask[0, 0]) < 0  # [query or 1, key]
    if not closed.any():
        return None
    return np.broadcast_to(closed, (len(trace.tokens), len(trace.tokens)))


def symmetric_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """-m to m, m being the largest absolute value (1 where there is nothing but zeros)."""
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    return -largest, largest


def _strongest(weights: NDArray[np.float32], tokens: tuple[TokenLabel, ...]) -> Reading:
    query, key = np.unravel_index(int(weights.argmax()), weights.shape)
    return Reading(
        "attention.reading.strongest",
        {
            "query": tokens[int(query)].label,
            "to": tokens[int(key)].label,
            "weight": f"{weights[query, key]:.3f}",
        },
    )


def _array(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().cpu(), dtype=np.float32)


def _check_head(trace: Trace, head: int) -> None:
    heads = trace.config.num_attention_heads
    if not 0 <= head < heads:
        raise ValueError(f"head {head} is not one of 0 to {heads - 1}")
