"""A trace's matrices as labelled views: attention of one head, of a layer, the overview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.memo import kept
from bert_core.trace import Trace
from viz_app.number_text import decimal_text
from viz_app.view_models.labs.views import RankedGroup, RankedRow
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import (
    LinesView,
    MatrixView,
    OverviewView,
    Reading,
    TokenLabel,
)

BarOrder = Literal["position", "value"]
Pool = Literal["head", "mean_heads", "max_heads", "mean_all", "max_all"]
_READING = Reading("attention.reading.strongest")
NO_HEADS: NDArray[np.float32] = np.zeros((0, 0, 0, 0), np.float32)
MOST_AHEAD = 1 << 20
"""Bytes of weights that are brought to the browser before they are asked for."""
MOST_PIXELS = 128
"""Pixels along the side of a tile: at 12 × 12 heads 2.4 MB, and more than a screen can show."""


def attention_map(trace: Trace, layer: int, head: int, pool: Pool = "head") -> MatrixView:
    """Attention weights [query, key] of one head, or pooled over heads, cell by cell.

    Pooling takes the mean or maximum over the heads of the layer, or over all heads of all layers;
    heads of one number in different layers have nothing in common, so these are not pooled. With a
    mean each row still sums to 1, with a maximum it does not.

    Raises:
        ValueError: no such layer or head.
    """
    _check_head(trace, head)
    tokens = token_labels(trace.encoding)
    weights = pooled_weights(trace, layer, head, pool)
    return MatrixView(
        values=weights,
        rows=tokens,
        columns=tokens,
        low=0.0,
        high=1.0,
        kind="probability",
        reading=reading_at(_READING, weights, tokens, tokens),
        masked=masked_cells(trace),
        legend="attention.legend.max" if pool.startswith("max") else "",
    )


def pooled_weights(trace: Trace, layer: int, head: int, pool: Pool) -> NDArray[np.float32]:
    """The weights behind `attention_map`."""
    if pool == "head":
        return layer_weights(trace, layer)[head]
    layers = [layer] if pool.endswith("heads") else range(trace.config.num_hidden_layers)
    pooled = None
    for index in layers:  # one at a time: all layers together would not fit for long inputs
        weights = layer_weights(trace, index)
        if pool.startswith("max"):
            top = weights.max(axis=0)
            pooled = top if pooled is None else np.maximum(pooled, top)
        else:
            mean = weights.mean(axis=0) / len(layers)
            pooled = mean if pooled is None else pooled + mean
    assert pooled is not None
    return pooled


def layer_weights(trace: Trace, layer: int) -> NDArray[np.float32]:
    """The weights of every head of a layer [heads query key]; those of a short text are kept.

    Raises:
        ValueError: no such layer.
    """
    weights = all_heads(trace)
    if 0 <= layer < len(weights):
        return weights[layer]
    return _array(trace.attention_probs(layer))


@kept
def all_heads(trace: Trace) -> NDArray[np.float32]:
    """The weights of every layer and head [layers heads query key]; no head where there are more
    than `MOST_AHEAD` bytes of them."""
    config, tokens = trace.config, len(trace.tokens)
    shape = (config.num_hidden_layers, config.num_attention_heads, tokens, tokens)
    if 4 * int(np.prod(shape)) > MOST_AHEAD:
        return NO_HEADS
    return np.stack([_array(trace.attention_probs(layer)) for layer in range(shape[0])])


def layer_lines(trace: Trace, layer: int) -> LinesView:
    """All heads of one layer, every pair of tokens.

    Raises:
        ValueError: no such layer.
    """
    weights = layer_weights(trace, layer)
    return LinesView(
        weights=weights,
        hidden=np.zeros(weights.shape[:2], np.float32),
        tokens=token_labels(trace.encoding),
        layer=layer,
    )


@kept
def overview_map(trace: Trace, most: int = MOST_PIXELS) -> OverviewView:
    """All layers and heads of a trace as 8-bit pictures; worked out once per trace.

    Args:
        most: Longest side of a picture; a longer input shows the strongest pair of each block.
    """
    pixels, peaks, weights = [], [], []
    for layer in range(trace.config.num_hidden_layers):
        probs = layer_weights(trace, layer)
        flat = probs.reshape(len(probs), -1)
        best = flat.argmax(axis=1)
        peaks.append(np.stack(np.unravel_index(best, probs.shape[1:]), axis=1))
        weights.append(flat[np.arange(len(flat)), best])
        pixels.append(np.rint(np.sqrt(strongest_of_blocks(probs, most)) * 255))
    return OverviewView(
        pixels=np.stack(pixels).astype(np.uint8),
        peaks=np.stack(peaks).astype(np.int32),
        peak_weights=np.stack(weights),
        tokens=token_labels(trace.encoding),
    )


def strongest_of_blocks(weights: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """[…, query, key] made at most `most` wide and high, each entry the largest of its block."""
    tokens = weights.shape[-1]
    if tokens <= most:
        return weights
    starts = (np.arange(most) * tokens) // most
    return np.maximum.reduceat(np.maximum.reduceat(weights, starts, axis=-2), starts, axis=-1)


def row_bars(
    view: MatrixView, row: int, *, title: str, order: BarOrder = "position", most: int
) -> RankedGroup:
    """One row of a matrix of probabilities as bars, the largest marked.

    Args:
        title: Heading of the bars, in the reader's language.
        order: As in the text, or the largest first.
        most: Keep only the largest this many, still in `order`.

    Raises:
        ValueError: no such row.
    """
    if not 0 <= row < len(view.rows):
        raise ValueError(f"row {row} is not one of 0 to {len(view.rows) - 1}")
    values = view.values[row]
    kept = np.argsort(-values, kind="stable")[:most]
    largest = kept[0]
    return RankedGroup(
        title,
        tuple(
            RankedRow(
                view.columns[key].label,
                float(values[key]),
                decimal_text(values[key], 3),
                marked=bool(key == largest),
            )
            for key in (kept if order == "value" else np.sort(kept))
        ),
    )


def reading_at(
    said: Reading,
    values: NDArray[np.float32],
    rows: Sequence[TokenLabel],
    columns: Sequence[TokenLabel],
    row: int | None = None,
) -> Reading:
    """The same sentence about the largest of these values, or about the largest of one row."""
    if row is None:
        row = int(values.max(axis=1).argmax())
    column = int(values[row].argmax())
    place = {"query": rows[row].label, "to": columns[column].label}
    return replace(
        said, values={**said.values, **place, "value": decimal_text(values[row, column], 3)}
    )


def masked_cells(trace: Trace) -> NDArray[np.bool_] | None:
    """True where a query must not look [query, key]; None where every pair is open.

    Padding closes a column; causal attention closes what comes later.
    """
    closed = _array(trace.additive_mask()[0, 0]) < 0  # [query or 1, key]
    if not closed.any():
        return None
    return np.broadcast_to(closed, (len(trace.tokens), len(trace.tokens)))


def _array(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().cpu(), dtype=np.float32)


def _check_head(trace: Trace, head: int) -> None:
    heads = trace.config.num_attention_heads
    if not 0 <= head < heads:
        raise ValueError(f"head {head} is not one of 0 to {heads - 1}")
