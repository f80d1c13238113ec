"""Concepts: one card each, with what it comes to in the reader's own text."""

from collections.abc import Sequence

import streamlit as st

from viz_app.messages import LANGUAGES, text
from viz_app.messages.formulas import in_words
from viz_app.session import frame, state
from viz_app.session.concepts import GROUPS, Concept, concepts, matching, text_of_card
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.concepts import concept_figures, written
from viz_app.widgets.prose import heading, paragraph

LONGEST_SEARCH = 80
COLUMNS = 2


def in_this_text(concept: Concept) -> str:
    """What the concept comes to in the reader's text, or why that cannot be said."""
    try:
        return say(f"concepts.{concept.id}.here", **values)
    except KeyError as error:
        return say(f"concepts.needs.{figures.missing[error.args[0]]}")


def draw_card(concept: Concept) -> None:
    """Names, two sentences, formula, the reader's number, source, and where it is seen."""
    name, *others = (
        text(language, f"concepts.{concept.id}.name")
        for language in sorted(LANGUAGES, key=lambda each: each != now.language)
    )
    also = " · ".join(frame.escape(other) for other in others if other != name)
    with st.container(border=True, height="stretch", gap="small", key=f"concept_{concept.id}"):
        st.markdown(f"#### {frame.escape(name)} " + (f":gray[:small[{also}]]" if also else ""))
        paragraph(text_of_card(concept, now.language))
        if concept.formula:
            st.markdown(f"${in_words(concept.formula, say)}$")
        st.markdown(f"**{say('concepts.yours')}** {in_this_text(concept)}")
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.page_link(
                concept.seen.file,
                label=say("concepts.open", page=say(f"app.page.{concept.seen.page}")),
                query_params=state.to_address(now) | concept.seen.choices,
                width="content",
            )
            st.caption(say("concepts.source", source=concept.source), width="content")


def draw_cards(shown: Sequence[Concept]) -> None:
    """Cards in rows, so that a phone shows them in the same order."""
    for start in range(0, len(shown), COLUMNS):
        for column, concept in zip(
            st.columns(COLUMNS), shown[start : start + COLUMNS], strict=False
        ):
            with column:
                draw_card(concept)


visit = frame.visit()
say, trace = visit.say, visit.trace
now = visit.chosen()
figures = concept_figures(visit.bert, trace, layer=now.layer, head=now.head, query=now.query)
values = {name: frame.escape(value) for name, value in written(figures).items()}
paragraph(say("concepts.intro"))
choices = PageChoices("con")
search = st.text_input(
    say("concepts.search"),
    key=choices.text("search", LONGEST_SEARCH),
    placeholder=say("concepts.search_hint"),
    max_chars=LONGEST_SEARCH,
    width=360,
)
found = matching(search, now.language)
if not found:
    st.info(say("concepts.nothing", search=frame.escape(search)))
elif search.strip():
    st.caption(say("concepts.found", count=len(found), total=len(concepts())))
    draw_cards(found)
else:
    for group in GROUPS:
        heading(say(f"concepts.group.{group}"))
        draw_cards([concept for concept in found if concept.group == group])
choices.write()
