"""Charts of the models page: where the parameters are, and how the training went."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from viz_app.figures.theme import TEMPLATE
from viz_app.number_text import count_text
from viz_app.palette import BAR, BAR_SELECTED, pixels

ROW_HEIGHT = 30  # pixels


def parameter_bars(counts: Sequence[int], labels: Sequence[str], *, axis: str) -> go.Figure:
    """One bar per part, the first on top, with its count; hovering tells its share of all."""
    total = sum(counts)
    figure = go.Figure(
        go.Bar(
            x=list(counts),
            y=list(labels),
            orientation="h",
            marker={"color": BAR},
            text=[count_text(count) for count in counts],
            customdata=[count / total for count in counts],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,} (%{customdata:.2%})<extra></extra>",
        )
    )
    figure.update_layout(
        template=TEMPLATE,
        height=70 + ROW_HEIGHT * len(counts),
        margin={"t": 8, "b": 40},
        showlegend=False,
    )
    figure.update_xaxes(
        title={"text": axis}, range=[0, max(counts) * 1.45], fixedrange=True, nticks=5
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def training_curve(
    tokens: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    title: str,
    axis: str,
    share: bool = False,
) -> go.Figure:
    """One figure of a run over the tokens seen.

    Args:
        tokens: [point], in tokens; drawn in millions.
        share: Whether the values are shares 0..1, to be written in per cent.
    """
    number = ".1%" if share else ".3f"
    figure = go.Figure(
        go.Scatter(
            x=tokens / 1e6,
            y=values,
            mode="lines",
            line={"color": BAR_SELECTED if share else BAR, "width": 2},
            hovertemplate=f"%{{x:.2f}} M: %{{y:{number}}}<extra></extra>",
        )
    )
    figure.update_layout(
        template=TEMPLATE,
        title={"text": title, "font": {"size": pixels("lead")}},
        height=280,
        showlegend=False,
    )
    figure.update_xaxes(title={"text": axis}, rangemode="tozero")
    figure.update_yaxes(tickformat=".0%" if share else "")
    return figure
