"""Find a head: the best one for each relation between words, and what it links in the text."""

from __future__ import annotations

import streamlit as st

from bert_core import shelves
from bert_core.relations import Looks, RelationScores
from bert_core.studies.head_finder import first_subject_share, shelf_relations, word_links
from bert_core.studies.heads import ROLES, RoleScores
from bert_core.words import words_of
from viz_app.app_pages.attention.roles import shelf_means
from viz_app.app_pages.attention.section import AttentionPage
from viz_app.number_text import decimal_text, share_text, signed_text
from viz_app.session import jobs, state
from viz_app.view_models.attention.find import (
    MOST_LINKS,
    TABLE,
    figures_table,
    head_name,
    link_group,
    link_name,
    place_group,
    place_heads,
    relation_group,
    written,
)
from viz_app.views.ranked_bars import ranked_bars
from viz_app.widgets.chart import download, table
from viz_app.widgets.prose import paragraph

MOST_UNKNOWN = 0.1
"""From this share of unknown words on the scores come with a warning; our own choice."""


def which_head_links(page: AttentionPage) -> None:
    """Best heads and fixed offsets, the chosen head on the text, and all figures as a table."""
    say, bert = page.say, page.bert
    scores = jobs.result(
        "shelf_relations", bert, (), lambda report: shelf_relations(bert, report), say
    )
    roles = shelf_means(page)
    if scores is None or roles is None:
        return
    if scores.unknown > MOST_UNKNOWN:
        st.warning(say("attention.find.unknown", share=share_text(scores.unknown, 0)))
    best = {name: score.best()[0] for name, score in scores.relations.items()}
    heads = {name: (one.layer, one.head) for name, one in best.items()}
    heads |= {place: found[:2] for place, found in place_heads(roles).items()}
    if not heads:
        st.info(say("attention.find.nothing"))
        return
    names = list(heads)
    key = page.choices.one_of("relation", names, names[0])
    chosen: str = st.session_state[key]

    def take_head() -> None:
        place = st.session_state.attention_find.select
        row = place["row"] + (len(scores.relations) if place["group"] else 0)
        st.session_state[key] = names[row]
        layer, head = heads[names[row]]
        state.choose(layer=layer, head=head)

    sentences = len(shelves.annotated(bert.language))
    language = say(f"attention.find.language.{bert.language}")
    paragraph(say("attention.find.intro", language=language, sentences=sentences))
    ranked_bars(
        [relation_group(scores.relations, chosen, say), place_group(roles, chosen, say)],
        key="attention_find",
        label=say("attention.find.label"),
        high=1.0,
        scale=say("attention.find.scale"),
        layout="wide",
        on_select=take_head,
    )
    st.caption(say("attention.find.meaning"))
    _links(page, chosen, scores, roles, heads[chosen])
    _figures(page, scores)


def _links(
    page: AttentionPage,
    chosen: str,
    scores: RelationScores,
    roles: RoleScores,
    best: tuple[int, int],
) -> None:
    """What the chosen head links in the text."""
    say, layer, head = page.say, page.chosen.layer, page.chosen.head
    paragraph(f"#### {say('attention.find.here', name=page.head_name())}")
    looks: Looks = "dependent"
    if chosen in scores.relations:
        score = scores.relations[chosen]
        here = score.of_head(layer, head)
        looks = here.looks
        reading = say(
            "attention.find.here_relation",
            name=page.head_name(),
            relation=link_name(chosen, looks, say),
            share=share_text(here.share),
            count=score.count,
            offset=signed_text(score.offset, 0),
            offset_share=share_text(score.offset_share),
            best=head_name(*best),
        )
        if chosen == "antecedent":
            first = share_text(first_subject_share(page.bert.language))
            reading += " " + say("attention.find.first_subject", share=first)
    else:
        reading = say(
            "attention.find.here_place",
            name=page.head_name(),
            place=say(f"attention.role.{chosen}"),
            weight=decimal_text(roles.scores[ROLES.index(chosen), layer, head].item(), 3),
            best=head_name(*best),
        )
    st.markdown(reading)
    links = word_links(page.trace, layer, head, looks)
    if not links:
        st.info(say("attention.find.too_short"))
        return
    means = "here_means" if looks == "dependent" else "here_means_back"
    ranked_bars(
        [link_group(links, words_of(page.trace.encoding))],
        key="attention_links",
        label=say("attention.find.here", name=page.head_name()),
        high=1.0,
        scale=say("attention.find.here_scale"),
        layout="wide",
    )
    notes = [say(f"attention.find.{means}")]
    if len(links) > MOST_LINKS:
        hidden = len(links) - MOST_LINKS
        notes.append(say("attention.find.left_out", shown=MOST_LINKS, hidden=hidden))
    if page.bert.language == "zh":
        notes.append(say("attention.find.characters"))
    st.caption(" ".join(notes))


def _figures(page: AttentionPage, scores: RelationScores) -> None:
    """All figures of the relations as a table, with what was published for BERT-base."""
    say = page.say
    if not scores.relations:
        return
    rows = figures_table(scores.relations, page.bert.language, say)
    columns = [say(f"attention.find.column.{name}") for name in TABLE[: len(rows[0])]]
    with page.below:
        paragraph(f"#### {say('attention.find.table')}")
        table(columns, [written(row) for row in rows], key="attention_find")
        download("head_finder", lambda: (columns, rows), say)
        st.caption(say("attention.find.method"))
        if page.bert.language == "en":
            st.caption(say("attention.find.published"))
