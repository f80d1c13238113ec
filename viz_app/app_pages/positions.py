"""Positions: how a model can be told where a word stands, and what this one learned about it."""

import streamlit as st

from viz_app import frame
from viz_app.components.chart import IMAGE_FORMATS
from viz_app.components.positions import effects, schemes, sinusoid
from viz_app.page_choices import PageChoices

SECTIONS = {
    "schemes": schemes.side_by_side,
    "lengths": schemes.two_lengths,
    "sinusoid": sinusoid.up_close,
    "learned": schemes.learned,
    "sum": effects.composition,
    "order": effects.shuffle,
    "heads": effects.heads,
}

say = frame.words()
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
SECTIONS[choices["section"]](say, choices)
st.segmented_control(
    say("positions.export.image"),
    IMAGE_FORMATS,
    format_func=str.upper,
    key=image_key,
    required=True,
    help=say("positions.export.image_help"),
)
choices.write()
