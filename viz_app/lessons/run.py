"""The lesson that a reader is in: which, at which stop, and what was answered.

It is kept in the session and, so that a reload and a copied link come back to the same place, in
the address; a long text that was typed as an answer stays in the session alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from viz_app.lessons.faults import LessonError
from viz_app.lessons.places import page_file
from viz_app.lessons.records import (
    Choose,
    Free,
    Given,
    Lesson,
    Number,
    Order,
    Question,
    Stop,
    question_id,
)
from viz_app.lessons.shelf import lesson_named, model_of
from viz_app.messages import Say
from viz_app.session import address, frame, jobs, resources, state
from viz_app.widgets import tour

if TYPE_CHECKING:  # torch
    from viz_app.lessons.answers import StopReview

PAGE = "lessons"
ADDRESS = address.Part("lesson", {"lesson", "stop", "told"}.__contains__, lag=3.0)
LONGEST_TOLD = 1_500
"""Characters of answers in the address."""
LONGEST_ANSWER = 5_000
"""Characters of one answer in words."""
_RUN = "_lesson_run"
_GO = "_lesson_go"
_FAULTS = "_lesson_faults"


@dataclass
class Run:
    """One reader in one lesson."""

    name: str
    """As in the address."""
    lesson: Lesson
    model: str
    """The lesson's, or the one that the reader took in its place."""
    stop: int = -1
    """-1: not begun; the number of stops: done."""
    answers: dict[str, Given] = field(default_factory=dict)
    """Question → what was answered first."""
    hints: dict[str, int] = field(default_factory=dict)
    """Question → hints that were asked for."""
    drafts: dict[str, Any] = field(default_factory=dict)
    """Question → what stands in its box."""
    before: dict[str, str] | None = None
    """Model and texts from before the first stop, the reader's own; None after a reload."""

    @property
    def here(self) -> Stop | None:
        """The stop that the reader is at."""
        return self.lesson.stops[self.stop] if 0 <= self.stop < len(self.lesson.stops) else None

    def questions(self) -> Iterator[tuple[str, Stop, Question]]:
        """All questions of the lesson with their ids."""
        for number, stop in enumerate(self.lesson.stops):
            for index, question in enumerate(stop.questions):
                yield question_id(number, index), stop, question

    @property
    def parameters(self) -> dict[str, str]:
        """What brings this reader back here."""
        found = {"lesson": self.name}
        if self.stop >= 0:
            found["stop"] = str(self.stop + 1)
        if self.answers:
            found["told"] = _told(self.answers)
        return found


def current() -> Run | None:
    """The lesson of this session."""
    found: Run | None = st.session_state.get(_RUN)
    return found


def faults() -> LessonError | None:
    """What was wrong with the lesson that was asked for last."""
    found: LessonError | None = st.session_state.get(_FAULTS)
    return found


def begin(name: str) -> None:
    """Open a lesson by its name in the address; where it cannot be opened, `faults` says why."""
    st.session_state.pop(_FAULTS, None)
    try:
        lesson = lesson_named(name)
    except LessonError as error:
        st.session_state[_FAULTS] = error
        return
    st.session_state[_RUN] = Run(name, lesson, model_of(lesson))


def leave() -> None:
    """Put the lesson away and bring the reader's own texts back; for callbacks."""
    run = current()
    if run is not None and run.before is not None:
        state.choose(**run.before)
    _forget()


def _forget() -> None:
    st.session_state.pop(_RUN, None)
    st.session_state.pop(_FAULTS, None)


def synchronise() -> tuple[address.Part, Mapping[str, str]]:
    """Take over what the address asks for; returns what it should say."""
    run = current()
    before = run.parameters if run else {}
    news = ADDRESS.news(touched=before != ADDRESS.written)
    if news is not None:
        _take(news)
    run = current()
    return ADDRESS, run.parameters if run else {}


def _take(asked: Mapping[str, str]) -> None:
    name = asked.get("lesson", "")
    run = current()
    if not name:
        _forget()
        return
    if run is None or run.name != name:
        begin(name)
        run = current()
    if run is None or run.name != name:
        return
    stop = asked.get("stop", "0")
    if stop.isascii() and stop.isdecimal() and len(stop) <= 3:
        run.stop = min(int(stop) - 1, len(run.lesson.stops))
    run.answers |= {
        question: given
        for question, given in _read_told(asked.get("told", ""), run).items()
        if question not in run.answers
    }


def _told(answers: Mapping[str, Any]) -> str:
    """Answers for the address; words are left out where they would make it too long."""
    text = _compact(answers)
    if len(text) <= LONGEST_TOLD:
        return text
    return _compact({name: one for name, one in answers.items() if not isinstance(one, str)})


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read_told(text: str, run: Run) -> dict[str, Given]:
    try:
        told = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    known = {name: question for name, _, question in run.questions()}
    return {
        name: given
        for name, value in told.items()
        if name in known and (given := as_given(known[name], value)) is not None
    }


def as_given(question: Question, value: Any) -> Given | None:
    """A value as an answer to a question; None if it cannot be one."""
    if isinstance(question, Choose):
        fits = type(value) is int and 0 <= value < len(question.options)
        return value if fits else None
    if isinstance(question, Order):
        numbers = list(range(len(question.items)))
        whole = isinstance(value, (list, tuple)) and all(type(one) is int for one in value)
        return tuple(value) if whole and sorted(value) == numbers else None
    if isinstance(question, Number):
        number = type(value) in (int, float) and abs(value) < 1e15
        return float(value) if number else None
    assert isinstance(question, Free)
    return value[:LONGEST_ANSWER] if isinstance(value, str) and value.strip() else None


# From stop to stop


def go_to(stop: int) -> None:
    """Go to a stop; for callbacks. The page changes in the run that follows.

    Before the first stop and after the last one it leads to the page of lessons.
    """
    run = current()
    if run is None:
        return
    own = run.here is None  # what is chosen now is the reader's
    run.stop = max(-1, min(stop, len(run.lesson.stops)))
    here = run.here
    if here is not None:
        if own:
            tour.go(0)  # one card above a page is enough
        if own and run.before is None:
            run.before = {name: st.session_state[name] for name in state.READ}
        state.choose(**_selection(run, here))
    st.session_state[_GO] = True


def _selection(run: Run, stop: Stop) -> dict[str, str | int]:
    """What all pages share of a stop."""
    where = stop.where
    chosen: dict[str, str | int] = {"model": run.model}
    chosen |= {"text_a": where.text_a, "text_b": where.text_b}
    chosen |= {"layer": where.layer, "head": where.head, "step": where.step}
    return chosen | {"query": _position(run.model, stop)}


def _position(model: str, stop: Stop) -> int:
    """Where the token that looks stands; the first token where it does not."""
    from bert_core.findings import position_of

    where = stop.where
    if isinstance(where.token, int):
        return where.token
    bert = resources.model(model)
    try:
        return position_of(where.token, bert.encode(where.text_a, where.text_b or None).tokens)
    except ValueError:
        return 0


def is_there(run: Run, page: str) -> bool:
    """Whether the reader sees what the stop shows: its page, model, texts, layer and head."""
    here, now = run.here, state.current()
    if here is None or here.where.page != page:
        return False
    wanted = _selection(run, here)
    return all(getattr(now, name) == value for name, value in wanted.items() if name != "step")


def move() -> None:
    """Open the page of the stop that was asked for, if one was; does not return then."""
    if not st.session_state.pop(_GO, False):
        return
    run = current()
    here = run.here if run else None
    address.open_page(
        page_file(here.where.page if here else PAGE),
        (state.ADDRESS, state.to_address(state.current())),
        (ADDRESS, run.parameters if run else {}),
        others=here.where.parameters if here else {},
    )


def reviewed(run: Run, say: Say) -> tuple[StopReview, ...] | None:
    """What the run's model makes of the lesson; None if the reader stopped the work."""
    from viz_app.lessons.answers import review

    bert = frame.visit().model(run.model)
    return jobs.result(
        "lesson",
        bert,
        run.lesson.source,
        lambda report: review(run.lesson, bert, report),
        say,
    )
