"""Weight matrices as pictures: every weight where there is room for it, else the size of blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bert_core.memo import memo_of
from viz_app.view_models.views import read_only
from viz_app.view_models.walkthrough.parts import Focus
from viz_app.view_models.walkthrough.views import Floats, Picture, PictureRows, Pixels

MOST = 256
"""Rows and columns of a picture: on a phone, too, each is then wider than a pixel."""


def weight_picture(
    focus: Focus,
    path: str,
    symbol: str,
    row: int,
    *,
    rows: PictureRows = "output",
    part: slice | None = None,
) -> Picture:
    """A weight matrix of the model, with the row in use.

    Args:
        path: Of the parameter, [row, column].
        row: Counted within `part`.
        rows: What a row stands for.
        part: Some rows only, such as those of one head.

    Raises:
        AttributeError: the model has no such parameter.
    """
    if part is not None:
        return Picture(symbol, draw(focus.parameter(path)[part]), row, rows)
    # a vocabulary of 30,000 takes a while to go through
    memo, key = memo_of(focus.trace.model), ("weight_picture", path)
    drawn = memo.get(key) or memo.put(key, draw(focus.parameter(path)))
    return Picture(symbol, drawn, row, rows)


def draw(weights: Floats) -> Pixels:
    """The colours of a matrix: of each weight, or of the mean size of blocks of weights.

    Opposite signs in one block would cancel out to nothing, so a block shows how large its weights
    are (the mean of their absolute values), on a scale from 0. Blocks at the end may be smaller.
    """
    rows, columns = weights.shape
    block = -(-rows // MOST), -(-columns // MOST)
    if block == (1, 1):
        high = max(float(np.abs(weights).max()), 1e-6)
        indices = np.round((weights / high + 1) * 127.5)
        return Pixels(read_only(indices, np.uint8), -high, high, (rows, columns), block)
    means = _mean_sizes(weights, block)
    high = max(float(means.max()), 1e-6)
    indices = np.round(means / high * 255)
    return Pixels(read_only(indices, np.uint8), 0.0, high, (rows, columns), block)


def _mean_sizes(weights: Floats, block: tuple[int, int]) -> NDArray[np.float64]:
    rows, columns = weights.shape
    starts = np.arange(0, columns, block[1])
    widths = np.diff(np.append(starts, columns))
    means = []
    # Row of blocks by row of blocks: the sizes of a whole embedding table would fill memory.
    for start in range(0, rows, block[0]):
        own = np.abs(weights[start : start + block[0]])
        sums = np.add.reduceat(own.sum(0, dtype=np.float64), starts)
        means.append(sums / (len(own) * widths))
    return np.stack(means)
