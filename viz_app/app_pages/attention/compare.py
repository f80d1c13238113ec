"""Two heads, layers, sentences or models side by side."""

from __future__ import annotations

import streamlit as st

from bert_core.assets import shipped_checkpoints
from bert_core.trace import Trace
from viz_app.app_pages.attention.section import AttentionPage
from viz_app.session import frame, resources
from viz_app.session.defaults import default_at
from viz_app.view_models.attention.compare import difference_map
from viz_app.view_models.attention.matrix import attention_map
from viz_app.view_models.attention.slices import slice_matrix
from viz_app.views.heatmap import heatmap
from viz_app.widgets.prose import paragraph

LONGEST_TEXT = 2_000  # characters


def two_side_by_side(page: AttentionPage) -> None:
    """What is chosen above beside something else, on one scale, and the difference."""
    say, choices, chosen = page.say, page.choices, page.chosen
    default = default_at(chosen.model, chosen.text_a, chosen.text_b)
    compared = default.compared if default is not None else ""
    text_key = choices.text("text", LONGEST_TEXT, compared)
    paragraph(say("attention.compare.intro"))
    models = list(dict.fromkeys([chosen.model, *shipped_checkpoints()]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            say("attention.compare.model"),
            models,
            key=choices.one_of("model", models, chosen.model),
            width=180,
        )
    other = page.visit.model(model)
    config = other.config
    # the same head elsewhere, or else the one beside it: two of the same would show nothing
    elsewhere = bool(st.session_state[text_key]) or model != chosen.model
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layers, heads = range(config.num_hidden_layers), range(config.num_attention_heads)
        layer = st.selectbox(
            say("attention.compare.layer"),
            layers,
            key=choices.one_of("layer", layers, min(chosen.layer, len(layers) - 1)),
            format_func=lambda index: f"L{index}",
            width=110,
        )
        head = st.selectbox(
            say("attention.compare.head"),
            heads,
            key=choices.one_of("head", heads, (chosen.head + (not elsewhere)) % len(heads)),
            format_func=lambda index: f"H{index}",
            width=110,
        )
        text = st.text_input(
            say("attention.compare.text"),
            key=text_key,
            placeholder=say("attention.compare.same_text"),
            max_chars=LONGEST_TEXT,
            on_change=choices.keep,
            args=["text"],
        )
    trace = resources.trace(model, *((text, None) if text else chosen.pair))
    with page.below:
        _draw(page, trace, model, layer, head)


def _draw(page: AttentionPage, trace: Trace, model: str, layer: int, head: int) -> None:
    say, chosen = page.say, page.chosen
    first = slice_matrix(attention_map(page.trace, chosen.layer, chosen.head), page.part)
    second = slice_matrix(attention_map(trace, layer, head), page.part)
    if first is None or second is None:
        st.info(say("attention.part.nothing"))
        return
    names = (
        f"① {frame.escape(chosen.model)} · L{chosen.layer} H{chosen.head}",
        f"② {frame.escape(model)} · L{layer} H{head}",
    )
    for column, view, name, key in zip(
        st.columns(2), (first, second), names, ("compare_a", "compare_b"), strict=True
    ):
        with column:
            st.markdown(f"**{name}**")
            heatmap(view, selected=None, key=f"attention_{key}", say=say)
            st.caption(page.read(view.reading))
    difference = difference_map(first, second)
    paragraph(f"#### {say('attention.compare.difference')}")
    if difference is None:
        st.info(say("attention.compare.lengths", first=len(first.rows), second=len(second.rows)))
        return
    if not difference.values.any():
        st.info(say("attention.compare.equal"))
        return
    heatmap(difference, selected=None, key="attention_difference", say=say)
    st.caption(page.read(difference.reading))
