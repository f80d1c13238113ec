"""The √d laboratory below the attention steps: two sliders, three curves, one row of weights."""

from __future__ import annotations

from math import sqrt

import numpy as np
import streamlit as st

from bert_core.trace import Trace
from viz_app.figures.bars import bars
from viz_app.figures.curves import lines
from viz_app.messages import Say
from viz_app.number_text import decimal_text
from viz_app.view_models.positions.views import Curve
from viz_app.view_models.views import BarView, Reading
from viz_app.view_models.walkthrough.divisor import divisor_view
from viz_app.widgets.chart import chart

KEY = "divisor_lab"


def divisor_lab(trace: Trace, layer: int, head: int, query: int, *, say: Say) -> None:
    """A switch, and below it the laboratory; nothing is worked out while it is off."""
    if not st.toggle(say("walkthrough.lab"), key=KEY, help=say("walkthrough.lab_help")):
        return
    size = trace.config.head_size
    left, right = st.columns(2)
    dims = left.slider(say("walkthrough.lab_dims"), 1, size, size, key=f"{KEY}_dims")
    divisor = right.slider(
        say("walkthrough.lab_divisor", root=decimal_text(sqrt(size), 2)),
        1.0,
        float(max(size, 2)),
        sqrt(size),
        step=0.1,
        key=f"{KEY}_divisor",
    )
    view = divisor_view(trace, layer, head, query, divisor=divisor, dims=dims)
    curves = (
        ("largest", view.largest, None),
        ("entropy", view.entropy, float(np.log2(len(view.labels)))),
        ("gradient", view.gradient, None),
    )
    for place, (name, values, level) in zip(st.columns(3), curves, strict=True):
        with place:
            title = say(f"walkthrough.lab_{name}")
            curve = Curve(view.divisors, values, Reading(f"walkthrough.lab_{name}"))
            levels = {} if level is None else {say("walkthrough.lab_uniform"): level}
            figure = lines(
                [curve],
                say,
                x="walkthrough.lab_divisor_axis",
                y=f"walkthrough.lab_{name}",
                height=240,
                levels=levels,
                mark=divisor,
            )
            chart(figure, f"{KEY}_{name}", alt=title)
    largest = int(view.weights.argmax())
    weights = BarView(
        values=view.weights,
        labels=view.labels,
        low=0.0,
        high=1.0,
        reading=Reading("walkthrough.lab_weights"),
        selected=largest,
    )
    st.caption(
        say(
            "walkthrough.lab_reading",
            divisor=decimal_text(divisor, 1),
            root=decimal_text(sqrt(dims), 2),
            dims=dims,
            largest=decimal_text(float(view.weights[largest]), 3),
            first=view.fewest,
            growth=decimal_text(view.growth, 1),
            even=decimal_text(sqrt(dims / view.fewest), 1),
        )
    )
    title = say("walkthrough.lab_weights", divisor=decimal_text(divisor, 1))
    chart(
        bars(weights, title=title, axis=say("walkthrough.stage_attention_probs"), most=16),
        f"{KEY}_weights",
        alt=title,
    )
