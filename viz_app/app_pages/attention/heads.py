"""One head as a heatmap with bars, and a layer's heads as lines."""

from __future__ import annotations

import streamlit as st

from viz_app.app_pages.attention.section import POOLS, SCALES, AttentionPage, show_grid, show_matrix
from viz_app.number_text import decimal_text
from viz_app.session import state
from viz_app.view_models.attention.grid import head_grid
from viz_app.view_models.attention.matrix import (
    NO_HEADS,
    BarOrder,
    all_heads,
    attention_map,
    layer_lines,
    row_bars,
)
from viz_app.view_models.attention.neurons import neuron_view
from viz_app.view_models.attention.slices import Block, block_weights, slice_lines
from viz_app.view_models.tokens import token_labels
from viz_app.views.heatmap import Heads
from viz_app.views.lines import (
    LONGEST_SETTINGS,
    LineSettings,
    lines,
    read_settings,
)
from viz_app.views.neurons import neurons
from viz_app.views.ranked_bars import ranked_bars
from viz_app.widgets.prose import paragraph

MOST_BARS = 24  # the heaviest; more would be longer than a screen
ORDERS: tuple[BarOrder, ...] = ("position", "value")


def one_head(page: AttentionPage) -> None:
    """The heatmap of the chosen head, or of several pooled, and the bars of the query token."""
    say, choices, chosen = page.say, page.choices, page.chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pool = st.selectbox(
            say("attention.pool.label"),
            POOLS,
            key=choices.one_of("pool", POOLS, "head", wording=(chosen.layer, chosen.head)),
            format_func=lambda name: say(
                f"attention.pool.{name}", layer=chosen.layer, head=chosen.head
            ),
            width=300,
        )
        scale = st.segmented_control(
            say("attention.scale.label"),
            SCALES,
            key=choices.one_of("scale", SCALES, "linear"),
            format_func=lambda name: say(f"attention.scale.{name}"),
            required=True,
        )
    view = attention_map(page.trace, chosen.layer, chosen.head, pool)
    whole = pool == "head" and not page.part.takes_away
    weights = all_heads(page.trace) if whole else NO_HEADS
    heads = Heads(weights, chosen.layer, chosen.head)
    shown = show_matrix(page, view, key="attention_head", scale=scale or "linear", heads=heads)
    positions = [] if shown is None else [token.position for token in shown.rows]
    if shown is None or chosen.query not in positions:
        return
    row = positions.index(chosen.query)
    with page.beside:
        order = st.segmented_control(
            say("attention.bars.order"),
            ORDERS,
            key=choices.one_of("order", ORDERS, "position"),
            format_func=lambda name: say(f"attention.bars.{name}"),
            required=True,
        )
        title = say(
            "attention.bars.title",
            query=shown.rows[row].label,
            what=say(f"attention.pool.{pool}", layer=chosen.layer, head=chosen.head),
        )
        # Our own bars: plotly's take half of the time from one head to the next.
        ranked_bars(
            [row_bars(shown, row, title=title, order=order or "position", most=MOST_BARS)],
            key="attention_bars",
            label=title,
            high=1.0,
            scale=say("attention.bars.axis"),
        )
        left_out = len(shown.columns) - MOST_BARS
        if left_out > 0:
            st.caption(say("attention.bars.left_out", shown=MOST_BARS, hidden=left_out))


def layer_as_lines(page: AttentionPage) -> None:
    """The line view of the chosen layer."""
    say, choices, chosen = page.say, page.choices, page.chosen
    stored = choices.text("lines", LONGEST_SETTINGS)

    def take_query() -> None:
        state.choose(query=st.session_state.attention_lines.select["query"])

    def take_settings() -> None:
        settings = read_settings(st.session_state.attention_lines.settings)
        st.session_state[stored] = settings.to_text()

    layers = range(page.trace.config.num_hidden_layers)
    if len(layers) > 1:
        st.segmented_control(
            say("attention.lines.layer"),
            layers,
            key="layer",
            format_func=lambda layer: f"L{layer}",
            required=True,
        )
    lines(
        slice_lines(layer_lines(page.trace, chosen.layer), page.part),
        selected=chosen.query,
        settings=LineSettings.from_text(st.session_state[stored]),
        key="attention_lines",
        say=say,
        on_select=take_query,
        on_settings=take_settings,
    )


def sentence_to_sentence(page: AttentionPage) -> None:
    """One number per head: how much one sentence looks at the other."""
    say, choices = page.say, page.choices
    if not page.is_pair:
        st.info(say("attention.pair.single"))
        return
    blocks: tuple[Block, ...] = ("ab", "ba", "aa", "bb")
    block = st.segmented_control(
        say("attention.pair.label"),
        blocks,
        key=choices.one_of("block", blocks, "ba"),
        format_func=lambda name: say(f"attention.part.{name}"),
        required=True,
    )
    values = block_weights(page.trace, block or "ba", special=page.part.special)
    st.markdown(say(f"attention.pair.{block}"))
    view = head_grid(
        values,
        "probability",
        legend="attention.legend.block",
        reading="attention.reading.largest_head",
    )
    show_grid(page, view, key="attention_blocks")


def query_and_keys(page: AttentionPage) -> None:
    """The query vector against each key vector."""
    say, chosen = page.say, page.chosen
    tokens = token_labels(page.trace.encoding)
    paragraph(say("attention.neurons.intro"))

    def take_query() -> None:
        state.choose(query=st.session_state.attention_query)

    st.session_state.attention_query = chosen.query
    st.selectbox(
        say("attention.neurons.query_label"),
        range(len(tokens)),
        key="attention_query",
        format_func=lambda position: tokens[position].label,
        on_change=take_query,
        width=220,
    )
    view = neuron_view(page.trace, chosen.layer, chosen.head, chosen.query)
    with page.below:
        neurons(view, key="attention_neurons", say=say)
        if view.left_out:
            st.caption(
                say(
                    "attention.neurons.left_out",
                    shown=len(view.tokens),
                    hidden=view.left_out,
                    weight=decimal_text(view.left_out_weight, 3),
                )
            )
        st.page_link(
            "viz_app/app_pages/walkthrough/page.py", label=say("attention.neurons.more"), icon="➡️"
        )
