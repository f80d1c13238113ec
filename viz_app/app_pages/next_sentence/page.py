"""Next sentence: does B follow A, what the answer hangs on, and how often the model is right."""

import streamlit as st

from viz_app.app_pages.next_sentence import blocks, pair, play, shelf
from viz_app.session import frame
from viz_app.session.page_choices import PageChoices

SECTIONS = {
    "pair": pair.one_pair,
    "blocks": blocks.where_it_looks,
    "shelf": shelf.shelf_of_pairs,
    "play": play.play_against_bert,
}

visit = frame.visit()
visit.require("nsp", "nsp")
say = visit.say
choices = PageChoices("ns")
st.segmented_control(
    say("labs.section"),
    list(SECTIONS),
    format_func=lambda name: say(f"next_sentence.section.{name}"),
    key=choices.one_of("section", list(SECTIONS), "pair"),
    required=True,
    label_visibility="collapsed",
)
SECTIONS[choices["section"]](visit, choices)
choices.write()
