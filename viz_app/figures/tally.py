"""Bars with counts, the right answer marked."""

from __future__ import annotations

import plotly.graph_objects as go

from viz_app.figures.theme import TEMPLATE, plain_text
from viz_app.palette import BAR, BAR_SELECTED
from viz_app.view_models.tally import TallyView

ROW_HEIGHT = 28  # pixels
LONGEST_LABEL = 40
"""Characters; the whole answer stands in the hover text."""


def tally_bars(view: TallyView) -> go.Figure:
    """A horizontal bar per answer with its count; a right one has a ✓ and a colour of its own."""
    places = [str(index) for index in range(len(view.labels))]
    shown = [
        f"{'✓ ' if right else ''}{plain_text(_short(label))}"
        for label, right in zip(view.labels, view.right, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=view.counts,
            # positions as categories: plotly would merge equal names
            y=places,
            customdata=[plain_text(label[:400]) for label in view.labels],
            orientation="h",
            marker={"color": [BAR_SELECTED if right else BAR for right in view.right]},
            text=[str(count) for count in view.counts],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata}: %{x}<extra></extra>",
        )
    )
    figure.update_layout(
        template=TEMPLATE,
        height=16 + ROW_HEIGHT * len(places),
        margin={"t": 8, "b": 8, "l": 8, "r": 32},
        showlegend=False,
    )
    most = max(view.counts, default=0) or 1
    figure.update_xaxes(range=[0, most * 1.1], visible=False, fixedrange=True)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickvals=places,
        ticktext=shown,
        showgrid=False,
        fixedrange=True,
        automargin=True,
    )
    return figure


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
