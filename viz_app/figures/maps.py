"""Matrices as heatmaps, legible on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from viz_app.figures.theme import TEMPLATE, plain_text
from viz_app.messages import Say
from viz_app.number_text import decimal_text
from viz_app.palette import CELL_INK, FRAME, RISING, SIGNED
from viz_app.view_models.positions.views import Floats, Grid

HEIGHT = 360  # pixels
LABEL_HEIGHT = 18  # pixels that a name needs on an axis
MOST_NAMED_CELLS = 20_000


def grid_map(
    view: Grid,
    say: Say,
    *,
    height: int = HEIGHT,
    mark_row: int | None = None,
    row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None,
    square: bool = False,
    digits: int | None = None,
    theme: str | None = None,
) -> go.Figure:
    """One matrix with its colour bar; the exact value shows on hover.

    Args:
        view: Values and axes.
        say: Looks up messages.
        mark_row: A row to frame, by its number on the axis.
        row_labels, column_labels: Names in place of numbers.
        square: Cells as high as wide, where there is room.
        digits: Write every value into its cell, with so many decimals, if `theme` is known.
        theme: "light" or "dark", as the page says; it may be unknown or, at first, wrong.
    """
    rows, columns = view.values.shape
    row_numbers = [view.first_row + index for index in range(rows)]
    column_numbers = [view.first_column + index for index in range(columns)]
    figure = go.Figure(_heat(view.values, view, say, row_labels, column_labels))
    if digits is not None and theme in CELL_INK:
        # A heatmap's own text takes its colour from the cell as if that were opaque.
        figure.add_trace(
            go.Scatter(
                x=[number for _ in row_numbers for number in column_numbers],
                y=[number for number in row_numbers for _ in column_numbers],
                text=[decimal_text(value, digits) for value in view.values.ravel().tolist()],
                mode="text",
                textfont={"color": CELL_INK[theme]},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    figure.update_layout(template=TEMPLATE, height=height, margin={"t": 12})
    most = height // LABEL_HEIGHT
    for axis, name, numbers, labels in (
        ("xaxis", view.columns, column_numbers, column_labels),
        ("yaxis", view.rows, row_numbers, row_labels),
    ):
        _label(figure, axis, say(f"positions.axis.{name}"), numbers, labels, most)
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    figure.update_xaxes(showgrid=False, zeroline=False)
    if square:
        figure.update_yaxes(scaleanchor="x", constrain="domain")
        figure.update_xaxes(constrain="domain")
    if mark_row is not None and 0 <= mark_row - view.first_row < rows:
        for colour, width in FRAME:
            figure.add_shape(
                type="rect",
                x0=column_numbers[0] - 0.5,
                x1=column_numbers[-1] + 0.5,
                y0=mark_row - 0.5,
                y1=mark_row + 0.5,
                line={"color": colour, "width": width},
            )
    return figure


def _heat(
    values: Floats,
    view: Grid,
    say: Say,
    row_labels: Sequence[str] | None,
    column_labels: Sequence[str] | None,
) -> go.Heatmap:
    rows, columns = values.shape
    hover = f"{say(f'positions.axis.{view.rows}')} %{{y}}<br>"
    hover += f"{say(f'positions.axis.{view.columns}')} %{{x}}<br><b>%{{z:.4f}}</b><extra></extra>"
    row_names = column_names = None
    text = None
    # Names for every cell of a long text would weigh more than its numbers.
    if row_labels is not None and values.size <= MOST_NAMED_CELLS:
        row_names = [plain_text(label) for label in row_labels]
        column_names = (
            [plain_text(label) for label in column_labels]
            if column_labels is not None
            else [str(view.first_column + column) for column in range(columns)]
        )
        text = [[f"{row} · {column}" for column in column_names] for row in row_names]
        hover = "%{text}<br><b>%{z:.4f}</b><extra></extra>"
    return go.Heatmap(
        z=values,
        x0=view.first_column,
        y0=view.first_row,
        dx=1,
        dy=1,
        zmin=view.low,
        zmax=view.high,
        colorscale=SIGNED if view.signed else RISING,
        colorbar={"thickness": 10, "len": 0.9, "outlinewidth": 0, "ticklabelposition": "outside"},
        text=text,
        hovertemplate=hover,
        hoverongaps=False,
    )


def _label(
    figure: go.Figure,
    axis: str,
    title: str,
    numbers: list[int],
    labels: Sequence[str] | None,
    most: int,
) -> None:
    settings: dict = {"title": {"text": title, "standoff": 10}, "automargin": True}
    if labels is not None:
        every = -(-len(numbers) // most)
        settings |= {
            "tickvals": numbers[::every],
            "ticktext": [plain_text(label) for label in labels[::every]],
        }
    elif len(numbers) <= 12:
        settings["tickvals"] = numbers
    figure.update_layout({axis: settings})
