"""A lesson in Moodle: its questions as a file, and each stop as a frame inside a page."""

import html

import streamlit as st

from viz_app.app_pages.lessons.report import app_address
from viz_app.lessons.addresses import embedded
from viz_app.lessons.answers import StopReview
from viz_app.lessons.gift import gift_file
from viz_app.lessons.run import Run
from viz_app.lessons.text import label
from viz_app.messages import Say
from viz_app.session import state

FRAME_HEIGHT = 720  # pixels


def draw_moodle(run: Run, found: tuple[StopReview, ...], say: Say) -> None:
    """The file with the questions, and what to paste where a stop is to be seen."""
    language, base = state.current().language, app_address()
    file = gift_file(run.lesson, found, say, model=run.model, language=language, base=base)
    st.markdown(say("class.gift.note"))
    if file.left_out:
        st.warning(say("class.gift.left_out", questions=", ".join(file.left_out)))
    st.download_button(
        say("class.gift.save"),
        file.text,
        file_name="lesson.gift.txt",
        mime="text/plain",
        key="lesson_gift",
        on_click="ignore",
    )
    st.markdown(say("class.embed.note"))
    stops = run.lesson.stops
    number = st.selectbox(
        say("class.embed.stop"),
        range(len(stops)),
        key="lesson_embed_stop",
        format_func=lambda at: f"{at + 1} · {stops[at].title}",
    )
    address = base + embedded(
        stops[number].where, language=language, model=run.model, position=found[number].position
    )
    st.code(frame_html(address, stops[number].title), language=None, wrap_lines=True, height=150)
    st.markdown(f"[{label(say('class.embed.try'))}]({address})")


def frame_html(address: str, title: str) -> str:
    """What is pasted into a page of Moodle, in its editor's source view."""
    source, name = (html.escape(text, quote=True) for text in (address, title))
    return (
        f'<iframe src="{source}" title="{name}" width="100%" height="{FRAME_HEIGHT}" '
        'loading="lazy" style="border:0"></iframe>'
    )
