"""Attention: every layer and head, and ways of looking at them."""

import streamlit as st

from bert_core.studies.heads import head_roles
from viz_app.app_pages.attention import compare, find, flow, heads, off, roles, save
from viz_app.app_pages.attention.section import AttentionPage, choose_part
from viz_app.session import frame, state
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.attention.matrix import overview_map
from viz_app.views.overview import Marks, overview
from viz_app.widgets.prose import heading

SECTIONS = {
    "head": heads.one_head,
    "lines": heads.layer_as_lines,
    "neurons": heads.query_and_keys,
    "pair": heads.sentence_to_sentence,
    "roles": roles.what_heads_do,
    "find": find.which_head_links,
    "flow": flow.how_weights_flow,
    "off": off.without_heads,
    "compare": compare.two_side_by_side,
    "save": save.take_away,
}


FILTERED = ("head", "lines", "pair", "flow", "compare", "save")
"""Sections that show tokens by tokens, so that some of them can be left out."""


def take_head() -> None:
    """Make the tile that was clicked the head of every page."""
    tile = st.session_state.attention_overview.select
    state.choose(layer=tile["layer"], head=tile["head"])


def draw_overview(page: AttentionPage) -> None:
    """All heads, with the signs of their roles and in the order of a role where wanted."""
    say = page.say
    switched_off = off.chosen_heads(page) if section == "off" else frozenset()
    shown = page.visit.traced(heads_off=switched_off) if switched_off else page.trace
    heading(say("attention.overview.heading"))
    order_key = page.choices.one_of("tiles", roles.TILE_ORDERS, roles.BY_PLACE)
    order = roles.tile_order(page, shown)
    with_signs = st.session_state[signs_key]
    marks: Marks | None = roles.role_marks(head_roles(shown)) if with_signs else None
    if switched_off:
        config = shown.config
        marks = off.marked(
            marks, switched_off, config.num_hidden_layers, config.num_attention_heads
        )
        st.caption(say("attention.off.overview", sign=off.OFF))
    overview(
        overview_map(shown),
        selected=(page.chosen.layer, page.chosen.head),
        key="attention_overview",
        say=say,
        marks=marks,
        order=order,
        on_select=take_head,
    )
    if order is None and page.choices["tiles"] != roles.BY_PLACE:
        st.caption(say("attention.roles.none"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            say("attention.overview.order_by"),
            roles.TILE_ORDERS,
            key=order_key,
            format_func=lambda name: (
                say("attention.overview.by_place")
                if name == roles.BY_PLACE
                else say("attention.overview.by_role", role=say(f"attention.role.{name}"))
            ),
            width=260,
        )
        st.toggle(say("attention.roles.signs"), key=signs_key)
    if with_signs:
        st.caption(roles.legend(page))


visit = frame.visit()
say, trace = visit.say, visit.trace
choices = PageChoices("at")
signs_key = choices.switch("signs")

section = st.segmented_control(
    say("attention.section.label"),
    list(SECTIONS),
    key=choices.one_of("view", list(SECTIONS), "head"),
    format_func=lambda name: say(f"attention.section.{name}"),
    required=True,
    label_visibility="collapsed",
)
section = section or "head"
# One skeleton for all sections: a component that moves is built anew and loses what it showed.
left, right = st.columns([2, 3], gap="medium")
with left:
    over = st.container()
    beside = st.container(key="attention_beside")
page = AttentionPage(visit, visit.chosen(), choices, beside, below=st.container())
with over:
    draw_overview(page)
    if section in FILTERED:
        page = choose_part(page, blocks=section != "pair")
with right:
    heading(say(f"attention.heading.{section}", layer=page.chosen.layer, head=page.chosen.head))
    SECTIONS[section](page)
choices.write()
