"""The laboratory of √d: what softmax makes of one head's real scores under another divisor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bert_core.trace import Trace
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import read_only

Doubles = NDArray[np.float64]
STEPS = 60
"""Divisors on a curve."""
FEWEST = 2
"""Dimensions with which the growth of q·k begins: one alone is too much a matter of chance."""


@dataclass(frozen=True)
class DivisorView:
    """How the attention of one query token depends on the divisor.

    `divisors` [step] runs from 1 to the head size; `largest` (probability), `entropy` (bits) and
    `gradient` (size of softmax's Jacobian) belong to them. `weights` [key] are those at `chosen`.
    Keys are those that the query may look at; `labels` names them. `growth` says how many times as
    large the head's q·k (root mean square over all pairs of tokens) is with `dims` dimensions as
    with the first `fewest`.
    """

    dims: int
    fewest: int
    growth: float
    chosen: float
    divisors: Doubles
    largest: Doubles
    entropy: Doubles
    gradient: Doubles
    weights: NDArray[np.float32]
    labels: tuple[str, ...]


def softmax(scores: ArrayLike) -> Doubles:
    """Shares that add up to 1 over the last axis."""
    shifted = np.asarray(scores, np.float64)
    raised = np.exp(shifted - shifted.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def entropy_bits(shares: ArrayLike) -> Doubles:
    """-Σ p log₂ p over the last axis: 0 when one takes all, log₂ n when all are alike."""
    p = np.asarray(shares, np.float64)
    return np.asarray(-(p * np.log2(p, out=np.zeros_like(p), where=p > 0)).sum(-1))


def softmax_slope(shares: ArrayLike) -> Doubles:
    """Frobenius norm of softmax's Jacobian, diag(p) - p·pᵀ, over the last axis.

    It is what training has to work with: the gradient that comes back through softmax is that of
    the weights times this matrix. Largest for two equal shares, 0 when one takes all.
    """
    p = np.asarray(shares, np.float64)
    squares = p**2
    # Σᵢⱼ (pᵢδᵢⱼ - pᵢpⱼ)² = Σpᵢ² - 2Σpᵢ³ + (Σpᵢ²)²
    total = squares.sum(-1)
    size = total - 2 * (p**3).sum(-1) + total**2
    return np.asarray(np.sqrt(np.maximum(size, 0.0)))


def divisor_view(
    trace: Trace, layer: int, head: int, query: int, *, divisor: float, dims: int
) -> DivisorView:
    """The scores of the first `dims` dimensions of q and k, over `divisor` and all others.

    Raises:
        ValueError: no such head or token, `dims` outside 1 to the head size, or a divisor below 1.
    """
    config = trace.config
    for what, value, low, high in (
        ("head", head, 0, config.num_attention_heads - 1),
        ("query token", query, 0, len(trace.tokens) - 1),
        ("number of dimensions", dims, 1, config.head_size),
    ):
        if not low <= value <= high:
            raise ValueError(f"{what} {value} is not one of {low} to {high}")
    if divisor < 1:
        raise ValueError(f"the divisor must be at least 1, not {divisor}")
    record = trace.layer(layer)
    q: NDArray[Any] = record.query[head, :, :dims].double().numpy()
    k: NDArray[Any] = record.key[head, :, :dims].double().numpy()
    # the causal mask has a row per query, a mask for padding one for all
    masks = trace.additive_mask()[0, 0]
    seen = (masks[query if len(masks) > 1 else 0] == 0).cpu().numpy()
    dots = k[seen] @ q[query]
    fewest = min(FEWEST, dims)
    small, large = (np.linalg.norm(q[:, :size] @ k[:, :size].T) for size in (fewest, dims))
    divisors = np.geomspace(1.0, float(max(config.head_size, 2)), STEPS)
    shares = softmax(dots[None] / divisors[:, None])
    return DivisorView(
        dims=dims,
        fewest=fewest,
        growth=float(large / small),
        chosen=divisor,
        divisors=divisors,
        largest=shares.max(-1),
        entropy=entropy_bits(shares),
        gradient=softmax_slope(shares),
        weights=read_only(softmax(dots / divisor)),
        labels=tuple(token.label for token in token_labels(trace.encoding) if seen[token.position]),
    )
