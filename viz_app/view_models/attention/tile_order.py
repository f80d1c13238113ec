"""The tiles of the overview in the order of one score instead of by layer and head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz_app.view_models.views import read_only


@dataclass(frozen=True)
class TileOrder:
    """All heads of all layers in the order in which they are shown, row by row.

    `tiles` uint32 [place] numbers the heads layer by layer: layer · heads + head. `scores` float32
    [place] is what they are ordered by, largest first. `role` is the role the scores are for.
    """

    tiles: NDArray[np.uint32]
    scores: NDArray[np.float32]
    role: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiles", read_only(self.tiles, np.uint32))
        object.__setattr__(self, "scores", read_only(self.scores))
        if not np.array_equal(np.sort(self.tiles), np.arange(len(self.tiles))):
            raise ValueError(f"every head must have one place, got {self.tiles}")
        if self.scores.shape != self.tiles.shape:
            raise ValueError(f"{len(self.tiles)} tiles with scores of shape {self.scores.shape}")


def order_tiles(scores: ArrayLike, role: str) -> TileOrder | None:
    """The heads by score, largest first, equal ones by layer and head; None without any score.

    Args:
        scores: [layers, heads]; NaN, for all heads at once, where the input says nothing about the
            role.
    """
    flat = np.asarray(scores, dtype=np.float32).reshape(-1)
    if np.isnan(flat).any():
        return None
    tiles = np.argsort(-flat, kind="stable").astype(np.uint32)
    return TileOrder(tiles, flat[tiles], role)
