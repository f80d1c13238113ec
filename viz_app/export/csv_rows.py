"""Matrices as rows of a table: what is shown, in full digits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from viz_app.view_models.views import LinesView, MatrixView, NeuronView


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


def neuron_rows(
    view: NeuronView, headings: Mapping[str, str]
) -> tuple[list[str], list[list[str | float]]]:
    """Head and rows: q in the first row, then a row per key with its vector and what follows.

    Args:
        headings: From `neuron_headings`.
    """
    dimensions = range(len(view.query))
    columns = [
        "",
        *(f"k {dimension}" for dimension in dimensions),
        *(f"q ⊙ k {dimension}" for dimension in dimensions),
        *(headings[name] for name in ("dot", "root", "weight")),
    ]
    nothing = [""] * (len(view.query) + 3)
    rows: list[list[str | float]] = [[headings["query"], *view.query.tolist(), *nothing]]
    for index, token in enumerate(view.tokens):
        key = view.keys[index]
        score = "" if view.closed[index] else float(view.scores[index])
        numbers = (float(view.dots[index]), score, float(view.weights[index]))
        rows.append([token.label, *key.tolist(), *(view.query * key).tolist(), *numbers])
    return columns, rows
