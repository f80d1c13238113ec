"""Curves, points and stacked bars of the positions page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz_app.figures.theme import TEMPLATE, plain_text
from viz_app.messages import Say
from viz_app.number_text import share_text
from viz_app.palette import BAR, BAR_SELECTED, CLEAR, FRAME, IN_ORDER, QUIET, THIRD, TOTAL
from viz_app.view_models.positions.views import (
    LONGEST_SHOWN,
    Curve,
    Floats,
    NumberLines,
    PositionCloud,
    Turn,
)

HEIGHT = 320  # pixels
MOST_LABELS = 40
STANDOFF = 12  # pixels between an axis title and the labels of its ticks
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None}
PART_COLOURS = {"word": BAR, "position": BAR_SELECTED, "segment": THIRD}


def lines(
    curves: Sequence[Curve],
    say: Say,
    *,
    x: str,
    y: str,
    mode: Literal["lines", "markers", "lines+markers"] = "lines",
    height: int = HEIGHT,
    log: bool = False,
    levels: Mapping[str, float] | None = None,
    mark: float | None = None,
    dots_every: int | None = None,
    y_range: tuple[float, float] | None = None,
) -> go.Figure:
    """Curves over a common x axis.

    Args:
        curves: What to draw; a legend shows from two on.
        say: Looks up messages.
        x, y: Message keys of the axes.
        log: Whether y is logarithmic.
        levels: Dashed horizontal lines, by the words written at them.
        mark: Where to draw a vertical line.
        y_range: Ends of the y axis, so that figures side by side can share them.
        dots_every: Points of a line from one that has a dot to the next.
    """
    figure = go.Figure()
    for curve in curves:
        name = say(curve.name.key, **curve.name.values)
        figure.add_trace(
            go.Scatter(
                x=curve.x,
                y=curve.y,
                mode=mode if dots_every is None else "lines+markers",
                marker={
                    "size": 6
                    if dots_every is None
                    else [0 if index % dots_every else 5 for index in range(len(curve.x))],
                    "line": {"width": 0},
                },
                name=plain_text(name),
                hovertemplate=f"{plain_text(name)}<br>%{{x:.4g}}: <b>%{{y:.4f}}</b><extra></extra>",
            )
        )
    for text, level in (levels or {}).items():
        figure.add_hline(y=level, line={"dash": "dash", "width": 1.5, "color": BAR_SELECTED})
        figure.add_annotation(
            text=plain_text(text),
            xref="paper",
            x=1,
            xanchor="right",
            # on a logarithmic axis plotly takes lines by value but annotations by exponent
            y=math.log10(level) if log else level,
            yanchor="bottom",
            showarrow=False,
        )
    if mark is not None:
        figure.add_vline(x=mark, line={"dash": "dot", "width": 1.5, "color": BAR_SELECTED})
    figure.update_layout(
        template=TEMPLATE,
        height=height,
        margin={"t": 12},
        showlegend=len(curves) > 1,
        legend=LEGEND,
    )
    figure.update_xaxes(title={"text": say(x), "standoff": 6})
    figure.update_yaxes(
        title={"text": say(y), "standoff": STANDOFF},
        automargin=True,
        type="log" if log else "linear",
        range=y_range,
        tickformat="~g",
    )
    return figure


def value_bars(curve: Curve, say: Say, *, x: str, y: str, height: int = 220) -> go.Figure:
    """One bar per entry, up and down from zero."""
    figure = go.Figure(
        go.Bar(
            x=curve.x,
            y=curve.y,
            marker={
                "color": [BAR_SELECTED if value >= 0 else BAR for value in curve.y],
                "line": {"width": 0},
            },
            hovertemplate=f"{say(x)} %{{x}}<br><b>%{{y:.4f}}</b><extra></extra>",
        )
    )
    figure.update_layout(template=TEMPLATE, height=height, margin={"t": 12}, showlegend=False)
    figure.update_xaxes(title={"text": say(x), "standoff": 6})
    figure.update_yaxes(title={"text": say(y), "standoff": STANDOFF}, automargin=True)
    return figure


def number_lines(view: NumberLines, say: Say) -> go.Figure:
    """Two sentences with every word at its number; the step that both share is drawn thick.

    In a long sentence the words show on hover only, but for that step.
    """
    figure = go.Figure()
    pair = view.pair
    rows = ((pair.short, pair.short_step, view.short.y), (pair.long, pair.long_step, view.long.y))
    for row, (tokens, step, x) in enumerate(rows):
        height = 1 - row
        figure.add_trace(
            go.Scatter(
                x=x,
                y=[height] * len(tokens),
                mode="lines+markers",
                line={"color": QUIET, "width": 2},
                marker={"color": BAR, "size": 9},
                customdata=[plain_text(token) for token in tokens],
                hovertemplate="%{customdata}: <b>%{x:.4g}</b><extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[x[index] for index in step],
                y=[height] * 2,
                mode="lines+markers",
                line={"color": BAR_SELECTED, "width": 5},
                marker={"color": BAR_SELECTED, "size": 11},
                hoverinfo="skip",
            )
        )
        for index, token in enumerate(tokens):
            if len(tokens) > LONGEST_SHOWN and index not in step:
                continue
            figure.add_annotation(
                x=x[index],
                y=height,
                # Every second one lower where they would touch.
                yshift=18 if index % 2 == 0 or len(tokens) <= 6 else -18,
                text=plain_text(token if len(token) <= 12 else token[:11] + "…"),
                showarrow=False,
            )
    figure.update_layout(template=TEMPLATE, height=240, margin={"t": 12}, showlegend=False)
    figure.update_xaxes(title={"text": say(f"positions.axis.{view.scheme}"), "standoff": 6})
    figure.update_yaxes(visible=False, range=[-0.5, 1.5], fixedrange=True)
    return figure


def circles(turns: Sequence[Turn], say: Say) -> go.Figure:
    """One circle per pair, two in a row: the hand at the position and after the step."""
    rows = -(-len(turns) // 2)
    figure = make_subplots(
        rows=rows,
        cols=2,
        subplot_titles=[say("positions.circle", pair=turn.pair) for turn in turns],
        horizontal_spacing=0.02,
        vertical_spacing=0.12,
    )
    around = np.linspace(0, 2 * np.pi, 100)
    for index, turn in enumerate(turns):
        place = {"row": index // 2 + 1, "col": index % 2 + 1}
        figure.add_trace(
            go.Scatter(
                x=np.cos(around),
                y=np.sin(around),
                mode="lines",
                line={"color": QUIET, "width": 2},
                hoverinfo="skip",
                showlegend=False,
            ),
            **place,
        )
        for name, point, colour in (
            ("start", turn.start, BAR),
            ("end", turn.end, BAR_SELECTED),
        ):
            figure.add_trace(
                go.Scatter(
                    # the cosine is drawn to the right, the sine up, as angles are read
                    x=[0, point[1]],
                    y=[0, point[0]],
                    mode="lines+markers",
                    line={"color": colour, "width": 3},
                    marker={"size": [1, 11]},
                    name=say(f"positions.circle.{name}"),
                    showlegend=index == 0,
                    hovertemplate="sin %{y:.4f}<br>cos %{x:.4f}<extra></extra>",
                ),
                **place,
            )
    figure.update_layout(
        template=TEMPLATE,
        height=70 + 190 * rows,
        margin={"t": 60, "b": 4},
        legend={**LEGEND, "y": 1.05 + 0.1 / rows},
    )
    figure.update_xaxes(visible=False, range=[-1.15, 1.15], constrain="domain")
    figure.update_yaxes(visible=False, range=[-1.15, 1.15], constrain="domain")
    for index in range(2 * rows):
        name = "" if index == 0 else str(index + 1)
        figure.layout[f"yaxis{name}"].scaleanchor = f"x{name}"
    return figure


def cloud(view: PositionCloud, say: Say, *, height: int = 460) -> go.Figure:
    """Positions as points along the first two or three components, joined in their order."""
    positions = np.arange(len(view.coordinates))
    titles = [
        say("positions.axis.component", number=number + 1, share=share_text(share))
        for number, share in enumerate(view.share)
    ]
    marker = {
        "color": positions,
        "colorscale": IN_ORDER,
        "size": 7 if view.coordinates.shape[1] == 2 else 4,
        "colorbar": {"thickness": 10, "title": {"text": say("positions.axis.position")}},
    }
    shared = {
        "mode": "lines+markers",
        "line": {"color": QUIET, "width": 1},
        "marker": marker,
        "customdata": positions,
        "hovertemplate": f"{say('positions.axis.position')} %{{customdata}}<extra></extra>",
    }
    columns = view.coordinates.T
    if len(columns) == 2:
        figure = go.Figure(go.Scatter(x=columns[0], y=columns[1], **shared))
        figure.update_xaxes(title={"text": titles[0], "standoff": 6})
        figure.update_yaxes(title={"text": titles[1], "standoff": STANDOFF}, automargin=True)
    else:
        figure = go.Figure(go.Scatter3d(x=columns[0], y=columns[1], z=columns[2], **shared))
        figure.update_scenes(
            # far enough for the titles of the axes to be in the picture
            camera={"eye": {"x": 1.7, "y": 1.7, "z": 1.1}},
            **{
                f"{axis}axis": {
                    "title": {"text": title},
                    "backgroundcolor": CLEAR,
                    "gridcolor": QUIET,
                }
                for axis, title in zip("xyz", titles, strict=True)
            },
        )
    figure.update_layout(template=TEMPLATE, height=height, margin={"t": 12}, showlegend=False)
    return figure


def stacked(
    parts: Mapping[str, Floats], total: Floats, first: int, say: Say, *, height: int = HEIGHT
) -> go.Figure:
    """One column per dimension: the contributions on top of each other, their sum as a diamond.

    Args:
        parts: Part → its values from dimension `first` on; only parts that are on.
        total: Their sum.
    """
    dimensions = [first + index for index in range(len(total))]
    figure = go.Figure()
    for name, values in parts.items():
        label = say(f"positions.part.{name}")
        figure.add_trace(
            go.Bar(
                x=dimensions,
                y=values,
                name=label,
                marker={"color": PART_COLOURS[name]},
                hovertemplate=f"{label}<br>%{{x}}: <b>%{{y:.4f}}</b><extra></extra>",
            )
        )
    label = say("positions.stage.total")
    figure.add_trace(
        go.Scatter(
            x=dimensions,
            y=total,
            name=label,
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 9,
                "color": TOTAL,
                "line": {"width": 1, "color": FRAME[1][0]},
            },
            hovertemplate=f"{label}<br>%{{x}}: <b>%{{y:.4f}}</b><extra></extra>",
        )
    )
    figure.update_layout(
        template=TEMPLATE, barmode="relative", height=height, margin={"t": 12}, legend=LEGEND
    )
    figure.update_xaxes(
        title={"text": say("positions.axis.dimension"), "standoff": 6}, tickvals=dimensions
    )
    figure.update_yaxes(
        title={"text": say("positions.axis.value"), "standoff": STANDOFF}, automargin=True
    )
    return figure


def part_norm_bars(
    norms: Mapping[str, Floats], labels: Sequence[str], say: Say, *, height: int = HEIGHT
) -> go.Figure:
    """Per token, the lengths of its three contributions side by side."""
    figure = go.Figure()
    places_ = list(range(len(labels)))
    for name, values in norms.items():
        title = say(f"positions.part.{name}")
        figure.add_trace(
            go.Bar(
                x=places_,
                y=values,
                name=title,
                marker={"color": PART_COLOURS[name]},
                customdata=[plain_text(label) for label in labels],
                hovertemplate=f"{title}<br>%{{customdata}}: <b>%{{y:.4f}}</b><extra></extra>",
            )
        )
    figure.update_layout(
        template=TEMPLATE, barmode="group", height=height, margin={"t": 12}, legend=LEGEND
    )
    every = -(-len(labels) // MOST_LABELS)
    figure.update_xaxes(
        tickvals=places_[::every], ticktext=[plain_text(label) for label in labels[::every]]
    )
    figure.update_yaxes(
        title={"text": say("positions.axis.norm"), "standoff": STANDOFF}, automargin=True
    )
    return figure
