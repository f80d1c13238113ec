"""What role each head plays, on this sentence and on the shelf."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bert_core import shelves
from bert_core.studies.heads import ROLES, RoleScores, head_roles, main_roles, shelf_roles
from bert_core.trace import Trace
from viz_app.app_pages.attention.section import AttentionPage, show_grid
from viz_app.number_text import decimal_text
from viz_app.session import frame, jobs
from viz_app.view_models.attention.grid import head_grid
from viz_app.view_models.attention.tile_order import TileOrder, order_tiles
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

SIGNS = {
    "previous": "←",
    "next": "→",
    "self": "●",
    "cls": "C",
    "sep": "S",
    "same_word": "=",
    "punctuation": ".,",
    "broad": "░",
}
"""Signs of the roles in the tiles of the overview."""
SOURCES = ("sentence", "shelf")
BY_PLACE = "place"
TILE_ORDERS = (BY_PLACE, *SIGNS)
"""Tiles of the overview by layer and head, or by the score for a role."""

ROLE_WIDTH = 240  # pixels, for “between roles, nearest ← previous token”
COLUMNS = ("head", "role", "shelf", "sentence", "uniform")


def role_marks(roles: RoleScores) -> list[list[str]]:
    """A sign per layer and head for the overview; empty for a head between roles."""
    return [[SIGNS.get(role or "", "") for role in layer] for layer in main_roles(roles)]


def tile_order(page: AttentionPage, trace: Trace) -> TileOrder | None:
    """The order chosen for the tiles; None by layer and head, and where no head has a score."""
    role = page.choices["tiles"]
    if role == BY_PLACE:
        return None
    return order_tiles(head_roles(trace).scores[ROLES.index(role)].numpy(), role)


def legend(page: AttentionPage) -> str:
    """The signs in words, one line."""
    return " · ".join(
        f"**{frame.escape(sign)}** {page.say(f'attention.role.{role}')}"
        for role, sign in SIGNS.items()
    )


def what_heads_do(page: AttentionPage) -> None:
    """One role over all heads, and a table of what each head does."""
    say, choices = page.say, page.choices
    with st.container(horizontal=True, vertical_alignment="bottom"):
        role = st.selectbox(
            say("attention.roles.label"),
            ROLES,
            key=choices.one_of("role", ROLES, "previous"),
            format_func=lambda name: say(f"attention.role.{name}"),
            width=260,
        )
        source = st.segmented_control(
            say("attention.roles.source"),
            SOURCES,
            key=choices.one_of("source", SOURCES, "sentence"),
            format_func=lambda name: say(f"attention.roles.{name}"),
            required=True,
        )
    here = head_roles(page.trace)
    shelf = shelf_means(page) if source == "shelf" else None
    if source == "shelf" and shelf is None:
        return
    roles = here if shelf is None else shelf
    index = ROLES.index(role)
    uniform = roles.uniform[index].item()
    st.markdown(say(f"attention.role.{role}.means"))
    if roles.scores[index].isnan().all():
        st.info(say("attention.roles.none"))
    else:
        view = head_grid(
            roles.scores[index].numpy(),
            "probability",
            legend="attention.legend.evenness" if role == "broad" else "attention.legend.role",
            reading="attention.reading.largest_head",
        )
        show_grid(page, view, key="attention_roles")
        st.caption(say(f"attention.roles.uniform.{source}", value=decimal_text(uniform, 3)))
    paragraph(f"#### {say('attention.roles.table')}")
    shelf = shelf or shelf_means(page)  # after the picture: the first time it takes seconds
    if shelf is None:
        return
    rows = role_table(page, here, shelf, main_roles(shelf))
    columns = [say(f"attention.roles.column.{name}") for name in COLUMNS]
    st.dataframe(
        [dict(zip(columns, row, strict=True)) for row in rows],
        hide_index=True,
        height=min(38 + 35 * len(rows), 420),
        column_config={
            columns[1]: st.column_config.TextColumn(width=ROLE_WIDTH),
            **{column: st.column_config.NumberColumn(format="%.3f") for column in columns[2:5]},
        },
    )
    download("head_roles", lambda: (columns, rows), say)
    st.caption(say("attention.roles.method"))


def shelf_means(page: AttentionPage) -> RoleScores | None:
    """The mean over the shelf in the model's language; None if the reader stopped the work."""
    bert = page.bert
    texts = shelves.sentences(bert.language)
    return jobs.result(
        "shelf_roles", bert, (), lambda report: shelf_roles(bert, texts, report), page.say
    )


def role_table(
    page: AttentionPage,
    here: RoleScores,
    shelf: RoleScores,
    main: Sequence[Sequence[str | None]],
) -> list[list[str | float | None]]:
    """Each head with the role it plays on the shelf and the three scores of that role."""
    # A head between roles is given the one that it comes closest to.
    nearest = shelf.lift()[: ROLES.index("broad")].nan_to_num(nan=-1.0).argmax(dim=0)
    rows: list[list[str | float | None]] = []
    for layer, heads in enumerate(main):
        for head, role in enumerate(heads):
            known = role or ROLES[int(nearest[layer, head])]
            index = ROLES.index(known)
            name = f"{SIGNS[known]} {page.say(f'attention.role.{known}')}"
            if role is None:
                name = page.say("attention.role.none", nearest=name)
            numbers = (
                shelf.scores[index, layer, head],
                here.scores[index, layer, head],
                shelf.uniform[index],
            )
            scores = [None if number.isnan() else number.item() for number in numbers]
            rows.append([f"L{layer} H{head}", name, *scores])
    return rows
