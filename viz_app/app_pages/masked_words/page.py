"""Masked words: hide words by a click, see what the model puts there and how it came to it."""

import streamlit as st

from viz_app.app_pages.masked_words import guesses, layers, pairs, reasons, training
from viz_app.session import frame
from viz_app.session.page_choices import PageChoices

SECTIONS = {
    "guess": guesses.guess,
    "layers": layers.layer_by_layer,
    "training": training.training_task,
    "reasons": reasons.which_words_mattered,
    "pairs": pairs.which_sentence,
}

visit = frame.visit()
visit.require("mlm", "mlm")
say = visit.say
choices = PageChoices("mw")
st.segmented_control(
    say("labs.section"),
    list(SECTIONS),
    format_func=lambda name: say(f"masked_words.section.{name}"),
    key=choices.one_of("section", list(SECTIONS), "guess"),
    required=True,
    label_visibility="collapsed",
)
SECTIONS[choices["section"]](visit, choices)
choices.write()
