"""Attention: every layer and head, one head as a heatmap, one token's weights as bars."""

import streamlit as st

from viz_app import frame, state
from viz_app.components.heatmap import heatmap
from viz_app.components.overview import overview
from viz_app.figures.bars import bars
from viz_app.view_models.matrix import attention_bars, attention_map, overview_map


def take_head() -> None:
    """Make the tile that was clicked the head of every page."""
    chosen = st.session_state.attention_overview.select
    state.choose(layer=chosen["layer"], head=chosen["head"])


def take_query() -> None:
    """Make the row that was clicked the query token of every page."""
    state.choose(query=st.session_state.attention_head.select["query"])


say = frame.words()
trace = frame.trace()
chosen = frame.selection(trace)

left, right = st.columns([2, 3], gap="medium")
with left:
    st.subheader(say("attention.overview.heading"))
    overview(
        overview_map(trace),
        selected=(chosen.layer, chosen.head),
        key="attention_overview",
        words=say,
        on_select=take_head,
    )
with right:
    st.subheader(say("attention.head.heading", layer=chosen.layer, head=chosen.head))
    view = attention_map(trace, chosen.layer, chosen.head)
    heatmap(view, selected=chosen.query, key="attention_head", words=say, on_select=take_query)
    st.caption(frame.escape(say(view.reading.key, **view.reading.values)))

st.plotly_chart(
    bars(
        attention_bars(trace, chosen.layer, chosen.head, chosen.query),
        title=say(
            "attention.bars.title",
            query=view.rows[chosen.query].label,
            layer=chosen.layer,
            head=chosen.head,
        ),
        axis=say("attention.bars.axis"),
    ),
    key="attention_bars",
)
