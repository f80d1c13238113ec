"""The card of a lesson above the page of its stop: what to look at, and what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from viz_app.lessons import run as runs
from viz_app.lessons.records import (
    Choose,
    Free,
    Given,
    Number,
    Order,
    Question,
    question_id,
)
from viz_app.lessons.run import Run
from viz_app.lessons.text import label, shown
from viz_app.messages import Say
from viz_app.session import frame, resources

if TYPE_CHECKING:  # torch
    from viz_app.lessons.answers import Right, StopReview

_NUMBER = re.compile(r"([-+−]?)\s*([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:\s*(%|％))?")
LONGEST_NUMBER = 40
SIGNS = {None: "●", True: "✓", False: "✗"}
OPEN = "○"


def lesson_card(page: str) -> bool:
    """Draw the card if the reader is at a stop of a lesson.

    Args:
        page: Name of the page's folder.

    Returns:
        Whether the page has to wait: it would give an answer away.
    """
    run = runs.current()
    if run is None or run.here is None or page == runs.PAGE:
        return False
    say = frame.visit().say
    with st.container(key="lesson_card", border=True, gap="small"):
        _draw_head(run, say)
        if not resources.torch_is_here():
            with st.spinner(say("app.model.loading", model=label(run.model))):
                resources.wait_for_torch()
        reviews = runs.reviewed(run, say)
        if reviews is None:
            return False
        found = reviews[run.stop]
        there = runs.is_there(run, page)
        if not there:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(say("lessons.elsewhere"), width="content")
                st.button(
                    say("lessons.return"), key="lesson_return", on_click=runs.go_to, args=[run.stop]
                )
        _draw_warnings(found, say)
        st.markdown(shown(run.here.look, found.figures))
        covered = there and is_covered(run)
        _questions(run, found, say)
        if covered:
            st.caption(say("lessons.covered", page=say(f"app.page.{page}")))
    return covered


def is_covered(run: Run) -> bool:
    """Whether something at this stop is to be guessed before its page is shown."""
    return run.here is not None and any(
        question.guess and question_id(run.stop, index) not in run.answers
        for index, question in enumerate(run.here.questions)
    )


def _draw_head(run: Run, say: Say) -> None:
    """Which stop of which lesson, and the ways on, back and out."""
    assert run.here is not None
    count = len(run.lesson.stops)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        place = say("lessons.place", number=run.stop + 1, count=count)
        st.markdown(
            f":gray[:small[{label(run.lesson.title)} · {place}]]  \n**{label(run.here.title)}**",
            width="content",
        )
        with st.container(horizontal=True, gap="xsmall", width="content"):
            back = "lessons.back" if run.stop else "lessons.cover"
            st.button(say(back), key="lesson_back", on_click=runs.go_to, args=[run.stop - 1])
            on = "lessons.next" if run.stop + 1 < count else "lessons.finish"
            st.button(
                say(on), key="lesson_next", type="primary", on_click=runs.go_to, args=[run.stop + 1]
            )
            st.button(
                "✕",
                key="lesson_leave",
                type="tertiary",
                help=say("lessons.leave"),
                on_click=runs.leave,
            )


def _draw_warnings(found: StopReview, say: Say) -> None:
    for premise, finding in found.untrue:
        values = {"line": premise.line, "measured": label(finding.measured)}
        st.warning(say("lessons.untrue_here", **values))
    for fault in found.faults:
        st.warning(label(fault.told(say)))


def _questions(run: Run, found: StopReview, say: Say) -> None:
    """What is asked at this stop; a click in it runs it alone, unless it uncovers the page."""
    covered = is_covered(run)

    def lesson_questions() -> None:
        assert run.here is not None
        for index, question in enumerate(run.here.questions):
            name = question_id(run.stop, index)
            if covered and not question.guess and name not in run.answers:
                continue  # it is about what the page shows
            with st.container(key=f"lesson_question_{index}", gap="small"):
                st.markdown(f"**{name}** {shown(question.ask, found.figures)}")
                if name in run.answers and run.lesson.test:
                    given = label(answer_text(question, run.answers[name]))
                    st.markdown(say("lessons.verdict.noted", given=given))
                elif name in run.answers:
                    draw_verdict(question, run.answers[name], found, found.rights[index], say)
                else:
                    _ask(run, name, question, found, say)
        runs.ADDRESS.write(run.parameters)
        if is_covered(run) != covered:
            st.rerun()

    frame.fragment(lesson_questions)()


def _ask(run: Run, name: str, question: Question, found: StopReview, say: Say) -> None:
    """The box of a question, its hints, and the button that answers it."""
    key = f"lesson_draft_{name}"
    if key not in st.session_state and name in run.drafts:
        st.session_state[key] = run.drafts[name]

    def keep() -> None:
        run.drafts[name] = st.session_state[key]

    _draw_box(key, question, say, keep)
    hints = run.hints.get(name, 0)
    for hint in question.hints[:hints]:
        st.markdown(f"💡 {shown(hint, found.figures)}")
    problem = f"_lesson_problem_{name}"

    def answer() -> None:
        value = as_typed(question, st.session_state[key])
        if value is None:
            st.session_state[problem] = True
        else:
            run.answers[name] = value

    def show_hint() -> None:
        run.hints[name] = hints + 1

    if st.session_state.pop(problem, False):
        st.caption(say(f"lessons.answer_first.{_kind(question)}"))
    with st.container(horizontal=True):
        st.button(say("lessons.answer"), key=f"lesson_answer_{name}", on_click=answer)
        if hints < len(question.hints):
            words = say("lessons.hint", number=hints + 1, count=len(question.hints))
            st.button(words, key=f"lesson_hint_{name}", type="tertiary", on_click=show_hint)


def _draw_box(key: str, question: Question, say: Say, keep: Callable[[], None]) -> None:
    words = say(f"lessons.box.{_kind(question)}")
    if isinstance(question, Choose):
        st.radio(
            words,
            range(len(question.options)),
            index=None,
            key=key,
            format_func=lambda at: label(question.options[at].text),
            horizontal=all(len(one.text) <= 24 for one in question.options),
            on_change=keep,
            label_visibility="collapsed",
        )
    elif isinstance(question, Order):
        st.multiselect(
            words,
            range(len(question.items)),
            key=key,
            format_func=lambda at: question.items[at].text,
            placeholder=say("lessons.order_hint"),
            on_change=keep,
        )
    elif isinstance(question, Number):
        st.text_input(words, key=key, max_chars=LONGEST_NUMBER, on_change=keep, width=240)
    else:
        st.text_area(words, key=key, max_chars=runs.LONGEST_ANSWER, on_change=keep, height=100)


def _kind(question: Question) -> str:
    return type(question).__name__.lower()


def as_typed(question: Question, value: Any) -> Given | None:
    """What stands in the box as an answer; None where it is none."""
    if isinstance(question, Number):
        value = number_typed(str(value or ""))
    return runs.as_given(question, value)


def number_typed(text: str) -> float | None:
    """A number as people type it: with a point or a comma, also in percent."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    sign, digits, percent = found.groups()
    value = float(digits.replace(",", ".")) * (-1 if sign in ("-", "−") else 1)
    return value / 100 if percent else value


def answer_text(question: Question, given: Any) -> str:
    """A reader's answer in words, not Markdown."""
    if isinstance(question, Choose):
        return question.options[given].text
    if isinstance(question, Order):
        sign = " > " if question.direction == "descending" else " < "
        return sign.join(question.items[at].text for at in given)
    return f"{given:g}" if isinstance(question, Number) else str(given)


def draw_verdict(
    question: Question, given: Given, found: StopReview, right: Right | None, say: Say
) -> None:
    """What was answered, what is right, and why."""
    from viz_app.lessons.answers import explained, is_right

    verdict = is_right(question, right, given)
    values = {"given": label(answer_text(question, given))}
    if right is not None:
        values["right"] = label(right.written)
    kind = {True: "right", False: "wrong", None: "noted"}[verdict]
    st.markdown(say(f"lessons.verdict.{kind}", **values))
    if question.explain and (right is not None or isinstance(question, Free)):
        st.markdown(shown(question.explain, explained(question, found, right)))


def marks(run: Run, reviews: tuple[StopReview, ...]) -> Mapping[str, str]:
    """Question → a sign: open, right, not right, or answered where nothing is right or said."""
    from viz_app.lessons.answers import is_right

    if run.lesson.test:
        return {
            name: SIGNS[None] if name in run.answers else OPEN for name, _, _ in run.questions()
        }
    rights = {
        question_id(stop, index): right
        for stop, found in enumerate(reviews)
        for index, right in enumerate(found.rights)
    }
    return {
        name: SIGNS[is_right(question, rights[name], run.answers[name])]
        if name in run.answers
        else OPEN
        for name, _, question in run.questions()
    }
