"""Matrices as rows of a table: what is shown, in full digits."""

from __future__ import annotations

import numpy as np

from viz_app.view_models.views import LinesView, MatrixView


def matrix_rows(view: MatrixView, hidden: str) -> tuple[list[str], list[list[str | float]]]:
    """Head and rows: the row's label, one number per column, empty where masked.

    Args:
        hidden: Name of the last column, which holds the weight that a filter took away.
    """
    columns = ["", *(token.label for token in view.columns)]
    rows: list[list[str | float]] = []
    for index, token in enumerate(view.rows):
        numbers: list[str | float] = [float(value) for value in view.values[index]]
        if view.masked is not None:
            numbers = [
                "" if closed else number
                for number, closed in zip(numbers, view.masked[index], strict=True)
            ]
        rows.append([token.label, *numbers])
        if view.hidden is not None:
            rows[-1].append(float(view.hidden[index]))
    return (columns if view.hidden is None else [*columns, hidden]), rows


def lines_rows(view: LinesView, least: float) -> list[list[str | int | float]]:
    """layer, head, query position and token, key position and token, weight; from `least` on."""
    return [
        [
            view.layer,
            int(head),
            int(query),
            view.tokens[query].text,
            int(key),
            view.tokens[key].text,
            float(view.weights[head, query, key]),
        ]
        for head, query, key in np.argwhere(view.weights >= least)
    ]
