"""Attention rollout and value-weighted attention."""

from __future__ import annotations

import streamlit as st

from viz_app.app_pages.attention.section import AttentionPage, show_matrix
from viz_app.view_models.attention.flow import FLOWS, flow_map
from viz_app.view_models.attention.matrix import attention_map

FORMULAS = {
    "rollout": r"\tilde A_\ell=\bigl(\tfrac12\,\overline{A}_\ell+\tfrac12 I\bigr)\,"
    r"\tilde A_{\ell-1},\qquad \tilde A_{-1}=I",
    "norm_head": r"\bigl\lVert \alpha_{ij}\,f(x_j)\bigr\rVert,\qquad f(x)=(xW_V+b_V)\,W_O",
    "norm_layer": r"\Bigl\lVert \sum_{h}\alpha^{h}_{ij}\,f^{h}(x_j)\Bigr\rVert",
}


def how_weights_flow(page: AttentionPage) -> None:
    """One of three matrices, with what it means; weights beside the value-weighted ones."""
    say, choices, chosen = page.say, page.choices, page.chosen
    flow = (
        st.segmented_control(
            say("attention.flow.label"),
            FLOWS,
            key=choices.one_of("flow", FLOWS, "rollout"),
            format_func=lambda name: say(f"attention.flow.{name}"),
            required=True,
        )
        or "rollout"
    )
    st.markdown(say(f"attention.flow.{flow}.means", layer=chosen.layer, head=chosen.head))
    st.latex(FORMULAS[flow])
    show_matrix(
        page, flow_map(page.trace, flow, chosen.layer, chosen.head), key=f"attention_{flow}"
    )
    if flow == "norm_head":
        st.markdown(f"#### {say('attention.flow.beside', layer=chosen.layer, head=chosen.head)}")
        show_matrix(
            page, attention_map(page.trace, chosen.layer, chosen.head), key="attention_flow_plain"
        )
