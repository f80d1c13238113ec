"""One number per layer and head, as a matrix to look at and to choose a head from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viz_app.number_text import decimal_text
from viz_app.view_models.views import MatrixView, Reading, ScaleKind, TokenLabel, symmetric_range


def head_grid(
    values: NDArray[np.float32], kind: ScaleKind, *, legend: str, reading: str
) -> MatrixView:
    """Rows are layers, columns heads; NaN looks empty.

    Args:
        values: [layers, heads].
        kind: Probabilities keep the scale from 0 to 1, signed values get a symmetric one.
        legend: Message key of what the scale means.
        reading: Message key of a sentence with {layer}, {head}, {value} of the largest.
    """
    layers, heads = values.shape
    filled = np.nan_to_num(values)
    low, high = (0.0, 1.0) if kind == "probability" else symmetric_range(filled)
    layer, head = np.unravel_index(int(np.nan_to_num(values, nan=-np.inf).argmax()), values.shape)
    return MatrixView(
        values=filled,
        rows=_numbered("L", layers),
        columns=_numbered("H", heads),
        low=low,
        high=high,
        kind=kind,
        reading=Reading(
            reading,
            {"layer": int(layer), "head": int(head), "value": decimal_text(filled[layer, head], 3)},
        ),
        masked=np.isnan(values) if np.isnan(values).any() else None,
        axes=("attention.axis.layer", "attention.axis.head"),
        legend=legend,
    )


def _numbered(letter: str, count: int) -> tuple[TokenLabel, ...]:
    return tuple(
        TokenLabel(index, f"{letter}{index}", f"{letter}{index}", 0, False, False)
        for index in range(count)
    )
