"""Bars with their digits, one per token."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from viz_app.figures.theme import TEMPLATE, plain_text
from viz_app.number_text import decimal_text
from viz_app.palette import BAR, BAR_SELECTED, pixels
from viz_app.view_models.views import BarView

ROW_HEIGHT = 22  # pixels


def bars(view: BarView, *, title: str, axis: str, most: int | None = None) -> go.Figure:
    """Horizontal bars, the first on top, each with its value to three decimals.

    Args:
        view: Values and labels.
        title, axis: Say for the figure and its value axis.
        most: Draw only the largest this many, in the order of `view`.
    """
    chosen = np.sort(np.argsort(-view.values, kind="stable")[:most])
    values = view.values[chosen]
    figure = go.Figure(
        go.Bar(
            x=values,
            # Positions as categories: plotly would merge or sort equal names.
            y=[str(index) for index in chosen],
            customdata=[plain_text(view.labels[index]) for index in chosen],
            orientation="h",
            marker={"color": [BAR_SELECTED if i == view.selected else BAR for i in chosen]},
            text=[decimal_text(value, 3) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
        )
    )
    figure.update_layout(
        template=TEMPLATE,
        title={"text": plain_text(title), "font": {"size": pixels("lead")}},
        height=90 + ROW_HEIGHT * len(chosen),
        showlegend=False,
    )
    figure.update_xaxes(title={"text": axis}, range=[view.low, view.high * 1.12], fixedrange=True)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickvals=[str(index) for index in chosen],
        ticktext=[plain_text(view.labels[index]) for index in chosen],
        showgrid=False,
        fixedrange=True,
    )
    return figure
