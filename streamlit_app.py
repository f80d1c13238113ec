"""The app: page set-up, the bar on top, and the pages."""

import streamlit as st

from viz_app.lessons import run as lesson
from viz_app.lessons.card import lesson_card
from viz_app.session import frame, resources, state
from viz_app.widgets.sentence_bar import sentence_bar

PAGES = (
    "start",
    "attention",
    "walkthrough",
    "positions",
    "masked_words",
    "next_sentence",
    "words_in_context",
    "concepts",
    "lessons",
    "models",
)

state.synchronise(lesson.synchronise())
say = frame.visit().say
if frame.may_load(st.session_state["model"]):
    resources.warm_up(st.session_state["model"])
pages = [
    st.Page(
        f"viz_app/app_pages/{name}/page.py",
        title=say(f"app.page.{name}"),
        url_path=name.replace("_", "-"),
        default=name == "start",
    )
    for name in PAGES
]
page = st.navigation(pages, position="top")
lesson.move()
# the browser's history and its tabs tell pages apart by this
title = say("app.title") if page is pages[0] else f"{page.title} · Headlight"
st.set_page_config(page_title=title, layout="wide")
# Streamlit leaves room for a header that this app does not have, and writes "Press Enter to apply"
# in English over the text of a box; leaving the box applies it too. A term that leads to its card
# keeps the colour of the text, or every paragraph would be speckled.
st.html(
    "<style>[data-testid=stMainBlockContainer]{padding-top:4.25rem;padding-bottom:3rem}"
    "[data-testid=InputInstructions]{display:none}"
    "a:has(>abbr){color:inherit!important;text-decoration:none!important}</style>"
)
sentence_bar(say)
if not lesson_card(PAGES[pages.index(page)]):
    frame.run(page, waits=page is not pages[0])  # Start shows a stored picture meanwhile
