"""What a student hands in: questions, answers, right values, and where each was asked.

A report is made on the student's machine and read on the teacher's; no server keeps it. It has a
random number, so that the same run handed in twice can be told, and no name unless one was typed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from viz_app.lessons.addresses import stop_address
from viz_app.lessons.reading import FIGURE
from viz_app.lessons.records import Choose, Given, Lesson, Number, Order, Question, question_id

if TYPE_CHECKING:  # torch
    from viz_app.lessons.answers import Right, StopReview

FORMAT = 1
"""The version of the data in a report."""
KINDS = ("choose", "order", "number", "free")


@dataclass(frozen=True)
class Head:
    """What a report is about."""

    report: str
    """A random number in hexadecimal, the same for every file of one run."""
    lesson: str
    """SHA-256 of the lesson's file, its first 16 digits."""
    title: str
    language: str
    model: str
    revision: str
    """Of the model's weights, its first 12 digits."""
    name: str
    """As the student typed it; empty: none."""
    format: int = FORMAT

    @property
    def subject(self) -> tuple[str, str, str]:
        """What reports must have in common to be counted together."""
        return self.lesson, self.model, self.revision


@dataclass(frozen=True)
class Row:
    """One question and what was answered."""

    id: str
    kind: str
    """One of KINDS."""
    ask: str
    options: tuple[str, ...]
    """To choose from, or to put in order; empty for other kinds."""
    tolerance: float
    right: Given | None
    """None: nothing is right or wrong here."""
    given: Given | None
    """None: not answered."""
    hints: int
    """How many were asked for."""
    address: str
    """Behind the app's own address: where the question was asked."""

    @property
    def is_right(self) -> bool | None:
        """None where it was not answered, or nothing is right."""
        if self.right is None or self.given is None:
            return None
        if isinstance(self.right, float) and isinstance(self.given, float):
            # as in `answers.is_right`
            return abs(self.given - self.right) <= self.tolerance + 1e-9
        return self.given == self.right

    def written(self, answer: Given | None) -> str:
        """An answer to this question in words; empty for none."""
        if answer is None:
            return ""
        if self.kind == "choose" and isinstance(answer, int):
            return self.options[answer]
        if isinstance(answer, tuple):
            return " > ".join(self.options[index] for index in answer)
        return answer if isinstance(answer, str) else f"{answer:.6g}"


@dataclass(frozen=True)
class Report:
    """One student's run through one lesson."""

    head: Head
    rows: tuple[Row, ...]

    @property
    def answered(self) -> int:
        """How many questions were answered."""
        return sum(row.given is not None for row in self.rows)

    @property
    def right(self) -> int:
        """How many were answered right."""
        return sum(row.is_right is True for row in self.rows)

    @property
    def decided(self) -> int:
        """How many questions have a right answer."""
        return sum(row.right is not None for row in self.rows)


def lesson_id(source: str) -> str:
    """What tells one lesson, in one version, from all others."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def make_report(
    lesson: Lesson,
    found: Sequence[StopReview],
    answers: Mapping[str, Given],
    *,
    report: str,
    model: str,
    revision: str,
    language: str,
    name: str = "",
    hints: Mapping[str, int] | None = None,
) -> Report:
    """The report of one run.

    Args:
        found: What the model makes of each stop, from `answers.review`.
        answers: Question's id → what was answered.
        report: A random number in hexadecimal, the same whenever this run is saved.
        model, revision: Which weights the right answers are from.
        language: Of the pages.
        name: Only if the student typed one.
        hints: Question's id → how many were asked for.
    """
    rows = []
    for number, (stop, review) in enumerate(zip(lesson.stops, found, strict=True)):
        address = stop_address(stop.where, language=language, model=model, position=review.position)
        for index, (question, right) in enumerate(zip(stop.questions, review.rights, strict=True)):
            one = question_id(number, index)
            rows.append(
                Row(
                    id=one,
                    kind=kind_of(question),
                    ask=filled(question.ask, review.figures),
                    options=options_of(question),
                    tolerance=question.tolerance if isinstance(question, Number) else 0.0,
                    right=_answer(question, right),
                    given=answers.get(one),
                    hints=(hints or {}).get(one, 0),
                    address=address,
                )
            )
    return Report(
        Head(report, lesson_id(lesson.source), lesson.title, language, model, revision[:12], name),
        tuple(rows),
    )


def kind_of(question: Question) -> str:
    """One of KINDS."""
    return type(question).__name__.lower()


def options_of(question: Question) -> tuple[str, ...]:
    """What is chosen from, or put in order."""
    if isinstance(question, Choose):
        return tuple(option.text for option in question.options)
    return tuple(item.text for item in question.items) if isinstance(question, Order) else ()


def filled(text: str, figures: Mapping[str, str]) -> str:
    """A text of a lesson with its figures, as plain text."""
    return FIGURE.sub(lambda name: figures.get(name[1], "…"), text).strip()


def report_data(report: Report) -> dict[str, Any]:
    """A report as plain values, for JSON."""
    return asdict(report)


def _answer(question: Question, right: Right | None) -> Given | None:
    if right is None:
        return None
    return float(right.answer) if isinstance(question, Number) else right.answer  # type: ignore[arg-type]
