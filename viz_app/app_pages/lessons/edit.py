"""Writing a lesson: its text on the left, what it becomes on the right."""

import streamlit as st

from viz_app.app_pages.lessons.cover import draw_link
from viz_app.lessons import run as runs
from viz_app.lessons.answers import review
from viz_app.lessons.card import answer_text
from viz_app.lessons.faults import LessonError
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Choose, Lesson, Order, question_id
from viz_app.lessons.shelf import model_of, name_for, ready_lesson, ready_names
from viz_app.lessons.template import template
from viz_app.lessons.text import label, shown
from viz_app.messages import Say
from viz_app.session import frame, jobs, state

SOURCE = "_lesson_source"
BOX = "lesson_source_box"
START = "lesson_start_from"
HEIGHT = 640


def editor(say: Say) -> None:
    """The two halves, and what can be done with the lesson."""
    now = state.current()
    st.session_state.setdefault(SOURCE, template(now.language))
    st.selectbox(
        say("lessons.start_from"),
        ["", *ready_names(now.language)],
        index=None,
        key=START,
        format_func=lambda name: ready_lesson(name).title if name else say("lessons.template"),
        placeholder=say("lessons.start_from_hint"),
        on_change=_start_from,
        width=420,
    )
    left, right = st.columns(2, gap="medium")
    st.html(
        f"<style>.st-key-{BOX} textarea"
        "{font-family:var(--st-code-font,monospace);font-size:0.85rem;line-height:1.5}</style>"
    )
    with left:
        if st.session_state.get(BOX) != st.session_state[SOURCE]:
            st.session_state[BOX] = st.session_state[SOURCE]
        st.text_area(
            say("lessons.source"),
            st.session_state[BOX],  # a box that the browser builds anew begins with its default
            key=BOX,
            height=HEIGHT,
            on_change=_keep,
            help=say("lessons.keys"),
        )
    source = st.session_state[SOURCE]
    with right:
        lesson = _preview(source, say)
    with left, st.container(horizontal=True):
        st.button(
            say("lessons.try"),
            key="lesson_try",
            type="primary",
            disabled=lesson is None,
            on_click=lambda: runs.begin(name_for(source)),
        )
        st.download_button(
            say("lessons.download"),
            source,
            file_name="lesson.yaml",
            mime="application/yaml",
            key="lesson_source_download",
            on_click="ignore",
        )
        if lesson is not None:
            with st.popover(say("lessons.link")):
                draw_link(source, say)


def _keep() -> None:
    st.session_state[SOURCE] = st.session_state[BOX]


def _start_from() -> None:
    name = st.session_state[START]
    if name is None:
        return
    language = st.session_state["language"]
    st.session_state[SOURCE] = ready_lesson(name).source if name else template(language)
    st.session_state[START] = None


def _preview(source: str, say: Say) -> Lesson | None:
    """The lesson as the model answers it; None where the text is none, with what is wrong."""
    st.markdown(f"**{say('lessons.preview')}**")
    try:
        lesson = read_lesson(source)
    except LessonError as error:
        for fault in error.faults:
            st.error(label(fault.told(say)))
        return None
    model = model_of(lesson)
    if not frame.may_load(model):
        st.warning(label(say("lessons.model_missing", model=model)))
        return lesson
    bert = frame.visit().model(model)
    reviews = jobs.result(
        "lesson_draft", bert, source, lambda report: review(lesson, bert, report), say
    )
    if reviews is None:
        return lesson
    st.markdown(f"#### {label(lesson.title)}")
    for number, (stop, found) in enumerate(zip(lesson.stops, reviews, strict=True)):
        with st.container(border=True, gap="small"):
            page = say(f"app.page.{stop.where.page}")
            st.markdown(f"**{number + 1} · {label(stop.title)}** :gray[:small[{page}]]")
            for fault in found.faults:
                st.error(label(fault.told(say)))
            for premise, finding in found.untrue:
                values = {"line": premise.line, "measured": label(finding.measured)}
                st.warning(say("lessons.untrue_here", **values))
            st.markdown(shown(stop.look, found.figures))
            for index, question in enumerate(stop.questions):
                right = found.rights[index]
                lines = [f"**{question_id(number, index)}** {shown(question.ask, found.figures)}"]
                if isinstance(question, Choose | Order):
                    offered = question.options if isinstance(question, Choose) else question.items
                    lines.append(" · ".join(label(option.text) for option in offered))
                if right is not None:
                    answer = label(answer_text(question, right.answer))
                    lines.append(
                        f":green[{say('lessons.right_is', right=answer)}] "
                        f":gray[:small[{label(right.measured)}]]"
                    )
                st.markdown("  \n".join(lines))
    return lesson
