"""Headings and paragraphs in which pointing at a term shows its name in the other language."""

from __future__ import annotations

import streamlit as st

from viz_app.messages.terms import marked


def heading(text: str) -> None:
    """The heading of a section; a text of our own, without a reader's words."""
    paragraph(f"### {text}")


def paragraph(text: str) -> None:
    """A text of our own in Markdown, without a reader's words."""
    st.markdown(marked(text), unsafe_allow_html=True)
