"""Lessons: choose one, open one, write one; and the cover of the one that the reader is in."""

import streamlit as st

from viz_app.app_pages.lessons import classroom, cover, edit, shelf
from viz_app.lessons import run as runs
from viz_app.session import frame
from viz_app.session.page_choices import PageChoices
from viz_app.widgets.prose import paragraph

SECTIONS = {
    "shelf": shelf.ready_lessons,
    "open": shelf.open_one,
    "edit": edit.editor,
    "class": classroom.class_results,
}

say = frame.visit().say
paragraph(say("lessons.intro"))
error = runs.faults()
if error is not None:
    for fault in error.faults:
        st.error(frame.escape(fault.told(say)))
running = runs.current()
if running is not None:
    cover.draw_cover(running, say)
choices = PageChoices("les")
st.segmented_control(
    say("lessons.sections"),
    list(SECTIONS),
    key=choices.one_of("section", list(SECTIONS), "shelf"),
    format_func=lambda name: say(f"lessons.section.{name}"),
    required=True,
    label_visibility="collapsed",
)
SECTIONS[choices["section"]](say)
choices.write()
