"""The app: page set-up, the bar on top, and the pages."""

import streamlit as st

from viz_app.lessons import run as lesson
from viz_app.lessons.card import lesson_card
from viz_app.session import frame, resources, state
from viz_app.views.mount import page_css
from viz_app.widgets.sentence_bar import sentence_bar
from viz_app.widgets.tour import tour_card

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
page = st.navigation(pages, position="hidden" if st.context.is_embedded else "top")
lesson.move()
# the browser's history and its tabs tell pages apart by this
title = say("app.title") if page is pages[0] else f"{page.title} · Headlight"
st.set_page_config(page_title=title, layout="wide")
st.html(f"<style>{page_css()}</style>")
sentence_bar(say, pages)
name = PAGES[pages.index(page)]
if not (lesson_card(name) or tour_card(name)):  # a question is open whose answer the page shows
    frame.run(page, waits=page is not pages[0])  # Start shows a stored picture meanwhile
