"""The cover of the lesson that the reader is in: what it is about, whether the model bears it."""

import streamlit as st

from bert_core.assets import shipped_checkpoints
from bert_core.language import shipped_language
from viz_app.app_pages.lessons.moodle import draw_moodle
from viz_app.app_pages.lessons.report import draw_report
from viz_app.lessons import run as runs
from viz_app.lessons.answers import StopReview
from viz_app.lessons.card import OPEN, SIGNS, marks
from viz_app.lessons.faults import LessonError
from viz_app.lessons.link import packed
from viz_app.lessons.models import revision_of
from viz_app.lessons.records import question_id
from viz_app.lessons.run import Run
from viz_app.lessons.shelf import model_of
from viz_app.lessons.teacher import teacher_sheet
from viz_app.lessons.text import label, shown
from viz_app.messages import Say
from viz_app.session import frame, service, state


def draw_cover(run: Run, say: Say) -> None:
    """Title, goals, the model, what the lesson takes for granted, and the stops."""
    lesson = run.lesson
    with st.container(border=True, key="lesson_cover", gap="small"):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.markdown(f"### {label(lesson.title)}", width="content")
            st.button(
                "✕",
                key="cover_leave",
                type="tertiary",
                help=say("lessons.leave"),
                on_click=runs.leave,
            )
        if lesson.about:
            st.markdown(shown(lesson.about))
        if lesson.goals:
            st.markdown(
                f"**{say('lessons.goals')}**\n\n" + "\n".join(f"- {shown(x)}" for x in lesson.goals)
            )
        reviews = _model_and_review(run, say)
        if reviews is not None:
            _draw_premises(run, reviews, say)
            _draw_stops(run, reviews, say)
        with st.container(horizontal=True, vertical_alignment="center"):
            done = run.stop >= len(lesson.stops)
            begun = run.stop >= 0 or bool(run.answers)
            first = next((i for i, stop in enumerate(lesson.stops) if _open(run, i)), 0)
            st.button(
                say("lessons.continue" if begun and not done else "lessons.begin"),
                key="lesson_begin",
                type="primary",
                disabled=reviews is None,
                on_click=runs.go_to,
                args=[first if begun and not done else 0],
            )
            st.download_button(
                say("lessons.download"),
                lesson.source,
                file_name="lesson.yaml",
                mime="application/yaml",
                key="lesson_download",
                on_click="ignore",
            )
            with st.popover(say("lessons.link")):
                draw_link(lesson.source, say)
            if reviews is not None:
                with st.popover(say("class.moodle")):
                    draw_moodle(run, reviews, say)
        if reviews is not None and not lesson.test:  # of a test the class page says what is right
            with st.expander(say("lessons.teacher"), key="lesson_teacher"):
                st.markdown(teacher_sheet(lesson, reviews, say))
        if reviews is not None and run.answers:
            with st.expander(say("class.report.heading"), expanded=done):
                draw_report(run, reviews, say)


def _open(run: Run, stop: int) -> bool:
    """Whether something is still to be answered at a stop."""
    questions = run.lesson.stops[stop].questions
    return any(question_id(stop, index) not in run.answers for index in range(len(questions)))


def draw_link(source: str, say: Say) -> None:
    """A link that carries the whole lesson, or why there is none."""
    try:
        content = packed(source)
    except LessonError as error:
        for fault in error.faults:
            st.info(fault.told(say))
        return
    place = (st.context.url or "").rpartition("/")[0]
    st.markdown(say("lessons.link_note"))
    st.code(f"{place}/lessons?lesson={content}", language=None, height=120, wrap_lines=True)


def _model_and_review(run: Run, say: Say) -> tuple[StopReview, ...] | None:
    """What the lesson's model makes of it; where that model is not there, others are offered."""
    wanted = model_of(run.lesson)
    if not (frame.may_load(run.model)):
        st.warning(frame.escape(say("lessons.model_missing", model=wanted)))
        _offer_models(run, say)
        if service.current().offers(run.model):
            st.button(
                say("lessons.model_fetch", model=label(wanted)),
                key="lesson_fetch",
                on_click=state.ask_for_model,
                args=[run.model],
            )
        return None
    if run.model != wanted:
        st.info(say("lessons.other_model", wanted=label(wanted), model=label(run.model)))
    reviews = runs.reviewed(run, say)
    if run.lesson.revision:
        found = revision_of(run.model)
        if not found.startswith(run.lesson.revision):
            values = {"wanted": run.lesson.revision[:12], "found": found[:12]}
            st.warning(say("lessons.other_revision", model=label(run.model), **values))
    return reviews


def _offer_models(run: Run, say: Say) -> None:
    names = [
        name for name in shipped_checkpoints() if shipped_language(name) == run.lesson.language
    ]

    def take(name: str) -> None:
        run.model = name

    with st.container(horizontal=True):
        for name in names:
            st.button(
                say("lessons.model_take", model=label(name)),
                key=f"lesson_model_{name}",
                on_click=take,
                args=[name],
            )


def _draw_premises(run: Run, reviews: tuple[StopReview, ...], say: Say) -> None:
    """How much of what the lesson takes for granted is so; each exception by its stop."""
    count = sum(len(found.premises) for found in reviews)
    untrue = [
        (number, premise, finding)
        for number, found in enumerate(reviews)
        for premise, finding in found.untrue
    ]
    faults = [(number, fault) for number, found in enumerate(reviews) for fault in found.faults]
    model = label(run.model)
    if not untrue and not faults:
        st.caption("✓ " + say("lessons.all_true", model=model, count=count))
        return
    lines = [
        say("lessons.untrue", stop=number + 1, line=premise.line, measured=label(finding.measured))
        for number, premise, finding in untrue
    ]
    lines += [
        say("lessons.stop_fault", stop=number + 1, fault=label(fault.told(say)))
        for number, fault in faults
    ]
    st.warning(
        say("lessons.not_all_true", model=model) + "\n\n" + "\n".join(f"- {one}" for one in lines)
    )


def _draw_stops(run: Run, reviews: tuple[StopReview, ...], say: Say) -> None:
    """The stops in order, each with the signs of its questions; a click goes there."""
    signs = marks(run, reviews)
    with st.container(gap=None):
        for number, stop in enumerate(run.lesson.stops):
            names = [question_id(number, index) for index in range(len(stop.questions))]
            page = say(f"app.page.{stop.where.page}")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    f"{number + 1} · {label(stop.title)}",
                    key=f"lesson_stop_{number}",
                    type="tertiary",
                    on_click=runs.go_to,
                    args=[number],
                )
                mine = " ".join(signs[name] for name in names)
                st.markdown(f":gray[:small[{page}] {mine}]", width="content")
    asked = [name for name, _, _ in run.questions()]
    right = sum(sign == SIGNS[True] for sign in signs.values())
    answered = sum(sign != OPEN for sign in signs.values())
    if answered:
        words = "class.test_so_far" if run.lesson.test else "lessons.so_far"
        st.caption(say(words, answered=answered, asked=len(asked), right=right))
