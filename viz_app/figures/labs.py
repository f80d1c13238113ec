"""Charts of the laboratories: ranks over layers, three measures of say, calibration, maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from viz_app.figures.theme import TEMPLATE, plain_text
from viz_app.messages import Say
from viz_app.number_text import count_text, share_text
from viz_app.palette import BAR, BAR_SELECTED, QUIET, pixels

HEIGHT = 340  # pixels
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None}


class Calibrated(Protocol):
    """One bin of a calibration plot, as in bert_core.studies.next_sentence."""

    @property
    def count(self) -> int: ...
    @property
    def predicted(self) -> float: ...
    @property
    def observed(self) -> float: ...


def rank_curves(ranks: Mapping[str, Sequence[int]], stages: Sequence[str], say: Say) -> go.Figure:
    """Rank of a token from stage to stage, rank 1 on top, logarithmic.

    Args:
        ranks: Name of the curve → rank per stage.
        stages: Names of the stages.
    """
    figure = go.Figure()
    for number, (name, values) in enumerate(ranks.items()):
        figure.add_trace(
            go.Scatter(
                x=list(stages),
                y=list(values),
                name=plain_text(name),
                mode="lines+markers+text",
                text=[count_text(value) for value in values],
                textposition="bottom center" if number else "top center",
                cliponaxis=False,
                hovertemplate=f"{plain_text(name)}<br>%{{x}}: <b>%{{y:,}}</b><extra></extra>",
            )
        )
    worst = max((max(values) for values in ranks.values()), default=1)
    figure.update_layout(
        template=TEMPLATE, height=HEIGHT, margin={"t": 44}, legend=LEGEND, showlegend=True
    )
    figure.update_xaxes(
        title={"text": say("masked_words.lens.stage"), "standoff": 6},
        type="category",
        range=[-0.4, len(stages) - 0.6],
    )
    powers = [10**power for power in range(int(np.ceil(np.log10(max(worst, 10)))) + 1)]
    figure.update_yaxes(
        title={"text": say("masked_words.lens.rank"), "standoff": 6},
        type="log",
        range=[np.log10(max(worst, 10) * 1.8), -0.35],
        tickvals=powers,
        ticktext=[count_text(power) for power in powers],
    )
    return figure


def aligned_bars(
    labels: Sequence[str], panels: Mapping[str, ArrayLike], *, decimals: int = 3
) -> go.Figure:
    """Several measures of the same things: one panel each, one row per thing.

    Args:
        labels: What the rows are.
        panels: Title → one value per row, signed.
    """
    rows = [str(index) for index in range(len(labels))]
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        shared_yaxes=True,
        horizontal_spacing=0.04,
        subplot_titles=[plain_text(title) for title in panels],
    )
    for column, values in enumerate(panels.values(), start=1):
        shown = np.asarray(values, dtype=float)
        figure.add_trace(
            go.Bar(
                x=shown,
                y=rows,
                orientation="h",
                marker={"color": [BAR_SELECTED if value >= 0 else BAR for value in shown]},
                customdata=[plain_text(label) for label in labels],
                hovertemplate=f"%{{customdata}}: <b>%{{x:.{decimals + 1}f}}</b><extra></extra>",
                showlegend=False,
            ),
            row=1,
            col=column,
        )
    figure.update_annotations(font={"size": pixels("note")})
    figure.update_layout(template=TEMPLATE, height=100 + 22 * len(labels), margin={"t": 48})
    figure.update_xaxes(nticks=4, zeroline=True, zerolinewidth=1.5)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickvals=rows,
        ticktext=[plain_text(label) for label in labels],
        showgrid=False,
    )
    return figure


def calibration_plot(bins: Sequence[Calibrated], say: Say) -> go.Figure:
    """Observed share over predicted probability, each point as large as its bin."""
    counts = np.array([one.count for one in bins], dtype=float)
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"dash": "dash", "color": BAR_SELECTED, "width": 1.5},
            name=say("next_sentence.shelf.perfect"),
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[one.predicted for one in bins],
            y=[one.observed for one in bins],
            mode="lines+markers+text",
            line={"color": QUIET},
            marker={"color": BAR, "size": 8 + 22 * np.sqrt(counts / counts.max())},
            text=[str(one.count) for one in bins],
            textposition="middle right",
            cliponaxis=False,
            name=say("next_sentence.shelf.observed"),
            hovertemplate=say("next_sentence.shelf.point") + "<extra></extra>",
        )
    )
    figure.update_layout(template=TEMPLATE, height=HEIGHT, margin={"t": 32, "l": 64}, legend=LEGEND)
    figure.update_xaxes(
        title={"text": say("next_sentence.shelf.predicted"), "standoff": 6}, range=[-0.03, 1.06]
    )
    figure.update_yaxes(
        title={"text": say("next_sentence.shelf.share"), "standoff": 6}, range=[-0.06, 1.08]
    )
    return figure


def word_map(
    points: NDArray[np.float32],
    shares: tuple[float, ...],
    senses: Sequence[str],
    sentences: Sequence[str],
    say: Say,
) -> go.Figure:
    """Points in a plane with their numbers, one colour and shape per sense.

    Args:
        points: [point, 2].
        shares: Share of the variance along each axis, 0..1.
        senses, sentences: One per point.
    """
    figure = go.Figure()
    shapes = ("circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "x")
    kinds = list(dict.fromkeys(senses))
    one_point = not any(shares)
    for index, kind in enumerate(kinds):
        which = [place for place, sense in enumerate(senses) if sense == kind]
        numbers = [str(place + 1) for place in which]
        if one_point:
            numbers = [" ".join(str(place + 1) for place in range(len(senses)))] * len(which)
        figure.add_trace(
            go.Scatter(
                x=points[which, 0],
                y=points[which, 1],
                mode="markers+text" if not one_point or index == 0 else "markers",
                text=numbers if not one_point else [*numbers[:1], *[""] * (len(which) - 1)],
                textposition="top center",
                cliponaxis=False,
                marker={"size": 13, "symbol": shapes[index % len(shapes)]},
                name=plain_text(kind) or say("words_in_context.no_sense"),
                customdata=[plain_text(sentences[place]) for place in which],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.update_layout(
        template=TEMPLATE,
        height=HEIGHT + 40,
        margin={"t": 44, "l": 64},
        legend=LEGEND,
        showlegend=len(kinds) > 1,
    )
    for axis, number in ((figure.update_xaxes, 1), (figure.update_yaxes, 2)):
        share = share_text(shares[number - 1], 0)
        axis(title={"text": say("words_in_context.component", number=number, share=share)})
    if one_point:
        figure.update_xaxes(range=[-1, 1])
        figure.update_yaxes(range=[-1, 1])
    return figure


def stage_curves(
    curves: Mapping[str, Sequence[float]], stages: Sequence[str], say: Say
) -> go.Figure:
    """Mean cosines from stage to stage, on a scale up to 1; a curve may be empty."""
    figure = go.Figure()
    dashes = ("solid", "dash", "dot")
    for number, (name, values) in enumerate(curves.items()):
        if not values:
            continue
        figure.add_trace(
            go.Scatter(
                x=list(stages),
                y=list(values),
                mode="lines+markers",
                line={"dash": dashes[number % len(dashes)]},
                name=plain_text(name),
                hovertemplate=f"{plain_text(name)}<br>%{{x}}: <b>%{{y:.3f}}</b><extra></extra>",
            )
        )
    lowest = min((min(values) for values in curves.values() if values), default=0.0)
    figure.update_layout(
        template=TEMPLATE, height=HEIGHT, margin={"t": 44, "l": 64}, legend=LEGEND, showlegend=True
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(
        title={"text": say("words_in_context.mean_cosine")}, range=[min(0.0, lowest), 1.04]
    )
    return figure
