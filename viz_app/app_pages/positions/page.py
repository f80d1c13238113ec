"""Positions: how a model can be told where a word stands, and what this one learned about it."""

import streamlit as st

from viz_app.app_pages.positions import effects, schemes, sinusoid
from viz_app.session import frame
from viz_app.session.page_choices import PageChoices
from viz_app.widgets.chart import IMAGE_FORMATS

SECTIONS = {
    "schemes": schemes.side_by_side,
    "lengths": schemes.two_lengths,
    "sinusoid": sinusoid.up_close,
    "learned": schemes.learned,
    "sum": effects.composition,
    "order": effects.shuffle,
    "heads": effects.heads,
}

visit = frame.visit()
say = visit.say
choices = PageChoices("pos")
image_key = choices.one_of("image", IMAGE_FORMATS, IMAGE_FORMATS[0])
st.segmented_control(
    say("positions.section.label"),
    list(SECTIONS),
    format_func=lambda name: say(f"positions.section.{name}"),
    key=choices.one_of("section", list(SECTIONS), "schemes"),
    required=True,
    label_visibility="collapsed",
)
SECTIONS[choices["section"]](visit, choices)
st.segmented_control(
    say("positions.export.image"),
    IMAGE_FORMATS,
    format_func=str.upper,
    key=image_key,
    required=True,
    help=say("positions.export.image_help"),
)
choices.write()
