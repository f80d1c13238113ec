"""Two attention matrices side by side: one scale, and their difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viz_app.number_text import decimal_text
from viz_app.view_models.views import MatrixView, Reading, TokenLabel, symmetric_range


def difference_map(first: MatrixView, second: MatrixView) -> MatrixView | None:
    """Second less first, place by place, on a scale symmetric about zero.

    Where the tokens of a place differ, its label has both: `tired/wide`. None where the inputs have
    different lengths, so that places do not correspond.
    """
    if first.values.shape != second.values.shape:
        return None
    values = second.values - first.values
    low, high = symmetric_range(values)
    rows, columns = _both(first.rows, second.rows), _both(first.columns, second.columns)
    query, key = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return MatrixView(
        values=values,
        rows=rows,
        columns=columns,
        low=low,
        high=high,
        kind="signed",
        reading=Reading(
            "attention.reading.difference",
            {
                "query": rows[int(query)].label,
                "to": columns[int(key)].label,
                "first": decimal_text(first.values[query, key], 3),
                "second": decimal_text(second.values[query, key], 3),
            },
        ),
        legend="attention.legend.difference",
    )


def _both(first: tuple[TokenLabel, ...], second: tuple[TokenLabel, ...]) -> tuple[TokenLabel, ...]:
    return tuple(
        a
        if a.text == b.text
        else replace(a, text=f"{a.text}/{b.text}", label=f"{a.label}/{b.label}")
        for a, b in zip(first, second, strict=True)
    )
