"""The record of the whole model in one picture, which can be stored and shown without the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.views import TokenLabel, read_only

PARTS = ("word", "position", "segment", "sum")
"""The first strips; after them come the layers' inputs and the last layer's output."""
SHOWN = 32
"""Numbers kept of each vector, from the first on: no strip on the screen has room for more."""
TILE_CELLS = 128
"""Cells kept along each side of a head's tile: no tile has more pixels, and 512 tokens in 12 × 12
heads would be 38 MB."""


@dataclass(frozen=True)
class Guess:
    """A word that the MLM head gives to a position, safe to display, with its probability 0..1."""

    text: str
    probability: float


@dataclass(frozen=True)
class ArchitectureView:
    """One input's way through the model.

    `vectors` float32 [strip, token, dimension] holds the first dimensions of each vector, `lengths`
    float32 [strip, token] the Euclidean length of all of it. Strips are PARTS, then the hidden
    states (layers + 1). `limits` float32 [strip] is what the ends of the colour scale stand for;
    larger values look like the end.

    `attention` is uint8 [layers, heads, row, column] of 255·√p, one cell per pair of tokens or, for
    a long text, the strongest of the pairs that fall into the cell. `best_keys` uint16 and
    `best_weights` float32 [layers, heads, query] are exact: where each token looks most.
    """

    tokens: tuple[TokenLabel, ...]
    hidden_size: int
    vectors: NDArray[np.float32]
    lengths: NDArray[np.float32]
    limits: NDArray[np.float32]
    attention: NDArray[np.uint8]
    best_keys: NDArray[np.uint16]
    best_weights: NDArray[np.float32]
    masked: tuple[bool, ...]
    """Which tokens are [MASK]."""
    guesses: tuple[tuple[Guess, ...], ...]
    """Per token the most probable words, best first; none for [CLS] and [SEP], and none at all
    where the checkpoint has no MLM head."""
    is_next: float | None
    """P(B follows A), 0..1; None without a second sentence or an NSP head."""
    missing: tuple[str, ...] = ()
    """Heads that the checkpoint lacks: `mlm`, `nsp`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attention", read_only(self.attention, np.uint8))
        object.__setattr__(self, "best_keys", read_only(self.best_keys, np.uint16))
        for name in ("vectors", "lengths", "limits", "best_weights"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        tokens, strips = len(self.tokens), len(PARTS) + self.layers + 1
        expected = {
            "vectors": (strips, tokens, min(SHOWN, self.hidden_size)),
            "lengths": (strips, tokens),
            "limits": (strips,),
            "attention": (*self.attention.shape[:2], *[min(tokens, TILE_CELLS)] * 2),
            "best_keys": (*self.attention.shape[:2], tokens),
            "best_weights": (*self.attention.shape[:2], tokens),
        }
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f"{name} must have shape {shape}, got {found}")
        for name in ("masked", "guesses"):
            if len(getattr(self, name)) != tokens:
                raise ValueError(f"{name} must have one entry for each of {tokens} tokens")

    @property
    def layers(self) -> int:
        return int(self.attention.shape[0])

    @property
    def heads(self) -> int:
        return int(self.attention.shape[1])
