"""Headings and paragraphs whose terms show their name in the other language, and their card."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from viz_app.messages import text as message
from viz_app.messages.terms import marked
from viz_app.session import state
from viz_app.session.concepts import concept_of_term, text_of_card

CARDS = "concepts"
"""Address of the page of cards."""
SEARCH = "con_search"
"""Its parameter for what is searched."""


def heading(text: str) -> None:
    """The heading of a section; a text of our own, without a reader's words."""
    paragraph(f"### {text}")


def paragraph(text: str) -> None:
    """A text of our own in Markdown, without a reader's words."""
    st.markdown(marked(text, _card), unsafe_allow_html=True)


def _card(term: str) -> tuple[str, str] | None:
    concept = concept_of_term().get(term)
    if concept is None:
        return None
    now = state.current()
    name = message(now.language, f"concepts.{concept.id}.name")
    link = urlencode(state.to_address(now) | {SEARCH: name})
    return f"{CARDS}?{link}", text_of_card(concept, now.language)
