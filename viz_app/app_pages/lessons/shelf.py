"""The ready lessons, and opening one that is brought along."""

from collections.abc import Callable

import streamlit as st

from viz_app.lessons import run as runs
from viz_app.lessons.faults import LessonError
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.shelf import model_of, name_for, ready_lesson, ready_names
from viz_app.lessons.text import label, shown
from viz_app.lessons.yaml_text import LONGEST, decoded
from viz_app.messages import Say
from viz_app.session import state

PASTED = "lessons_pasted"
UPLOADED = "lessons_uploaded"
PROBLEM = "_lessons_problem"
MEGABYTES = 20
"""More than a lesson can have: what is too long is refused with a word on what to do."""


def ready_lessons(say: Say) -> None:
    """A card per lesson of the page's language."""
    for name in ready_names(state.current().language):
        _draw_ready(name, say)


def _draw_ready(name: str, say: Say) -> None:
    lesson = ready_lesson(name)
    with st.container(border=True, gap="small", key=f"ready_{name.replace('/', '_')}"):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.markdown(f"#### {label(lesson.title)}", width="content")
            with st.container(horizontal=True, gap="xsmall", width="content"):
                st.button(
                    say("lessons.edit"), key=f"edit_{name}", on_click=_edit, args=[lesson.source]
                )
                st.button(
                    say("lessons.open"),
                    key=f"open_{name}",
                    type="primary",
                    on_click=runs.begin,
                    args=[name],
                )
        st.caption(
            say(
                "lessons.facts",
                minutes=lesson.minutes,
                stops=len(lesson.stops),
                questions=sum(len(stop.questions) for stop in lesson.stops),
                model=label(model_of(lesson)),
            )
        )
        if lesson.goals:
            st.markdown("\n".join(f"- {shown(goal)}" for goal in lesson.goals))


def _edit(source: str) -> None:
    st.session_state["_lesson_source"] = source
    st.session_state["les_section"] = "edit"


def open_one(say: Say) -> None:
    """By upload or by paste; what was brought stays in its box where it is no lesson."""
    st.markdown(say("lessons.open_intro"))
    file = st.file_uploader(
        say("lessons.upload"), type=["yaml", "yml", "txt"], key=UPLOADED, max_upload_size=MEGABYTES
    )
    if file is not None and file.file_id != st.session_state.get("_lessons_taken"):
        st.session_state["_lessons_taken"] = file.file_id
        _take(lambda: decoded(file.getvalue()))
        st.rerun()
    st.text_area(
        say("lessons.paste"),
        key=PASTED,
        height=220,
        placeholder="lesson: 1\ntitle: …",
        persist_state="session",  # also while another section is looked at
    )
    st.button(
        say("lessons.open"),
        key="open_pasted",
        type="primary",
        on_click=lambda: _take(lambda: st.session_state[PASTED]),
    )
    error = st.session_state.get(PROBLEM)
    if error is not None:
        for fault in error.faults:
            st.error(label(fault.told(say)))
    st.caption(say("lessons.limits", longest=f"{LONGEST:,}"))


def _take(text: Callable[[], str]) -> None:
    """Open a lesson from its text, or remember what is wrong with it."""
    st.session_state.pop(PROBLEM, None)
    try:
        source = text()
        read_lesson(source)
    except LessonError as error:
        st.session_state[PROBLEM] = error
        return
    runs.begin(name_for(source))
