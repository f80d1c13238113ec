"""A class: the reports that belong together, those that do not, and how each question was answered.

No server keeps a report: what is here lives in the session of whoever brought it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from viz_app.lessons.item_statistics import ItemStatistics, item_statistics
from viz_app.lessons.report import Report, Row
from viz_app.messages import Say
from viz_app.number_text import significant_text
from viz_app.view_models.tally import TallyView

Subject = tuple[str, str, str]
"""Lesson, model and revision of a report: `Head.subject`."""
MOST_BARS = 12
"""Different numbers or orders with a bar each; more numbers are put into ranges."""
_RANGES = 10
_SAME_NUMBER = 1e-3
"""Two machines round differently; a right answer this far off is the same one."""


@dataclass(frozen=True)
class Brought:
    """A report, and what it was brought in as: the name of a file, or which paste."""

    source: str
    report: Report


@dataclass(frozen=True)
class Skipped:
    """A report that is not counted. The words are the messages `class.skipped.<kind>`."""

    source: str
    kind: str
    detail: str = ""

    def told(self, say: Say) -> str:
        """Which one, and why."""
        return say(f"class.skipped.{self.kind}", source=self.source, detail=self.detail)


@dataclass(frozen=True)
class Collected:
    """The reports that are counted together, and the others."""

    reports: tuple[Report, ...]
    skipped: tuple[Skipped, ...]


def subjects(brought: Iterable[Brought]) -> tuple[Subject, ...]:
    """What the reports are about, the one with the most reports first."""
    return tuple(
        one for one, _ in Counter(each.report.head.subject for each in brought).most_common()
    )


def collect(brought: Sequence[Brought], subject: Subject) -> Collected:
    """The reports about one lesson by one model, each run once.

    Of two files of the same run the one with more answers counts.
    """
    skipped: list[Skipped] = []
    mine: dict[str, Brought] = {}
    for one in brought:
        head = one.report.head
        if head.subject != subject:
            skipped.append(_other(one, subject))
            continue
        before = mine.get(head.report)
        if before is None:
            mine[head.report] = one
            continue
        fuller = one.report.answered > before.report.answered
        kept, left = (one, before) if fuller else (before, one)
        mine[head.report] = kept
        skipped.append(Skipped(left.source, "duplicate", kept.source))
    usual = _usual_questions(one.report for one in mine.values())
    reports = []
    for one in mine.values():
        if _same_questions(one.report.rows, usual):
            reports.append(one.report)
        else:
            skipped.append(Skipped(one.source, "other_questions"))
    return Collected(tuple(reports), tuple(skipped))


def _other(one: Brought, subject: Subject) -> Skipped:
    head, (lesson, model, _) = one.report.head, subject
    if head.lesson != lesson:
        return Skipped(one.source, "other_lesson", head.title)
    if head.model != model:
        return Skipped(one.source, "other_model", head.model)
    return Skipped(one.source, "other_revision", head.revision)


def _asked(row: Row) -> tuple[object, ...]:
    """What must be the same for answers to be counted together; numbers are held apart."""
    right = None if isinstance(row.right, float) else row.right
    return row.id, row.kind, row.options, row.tolerance, right, row.right is None


def _usual_questions(reports: Iterable[Report]) -> tuple[Row, ...]:
    """The questions that most of the reports have."""
    found = [report.rows for report in reports]
    counts = Counter(tuple(map(_asked, rows)) for rows in found)
    usual = counts.most_common(1)[0][0] if counts else ()
    return next((rows for rows in found if tuple(map(_asked, rows)) == usual), ())


def _same_questions(rows: Sequence[Row], usual: Sequence[Row]) -> bool:
    return tuple(map(_asked, rows)) == tuple(map(_asked, usual)) and all(
        abs(row.right - its.right) <= max(row.tolerance, _SAME_NUMBER)
        for row, its in zip(rows, usual, strict=True)
        if isinstance(row.right, float) and isinstance(its.right, float)
    )


@dataclass(frozen=True)
class QuestionResult:
    """How a class answered one question."""

    rows: tuple[Row, ...]
    """One per report."""

    @property
    def question(self) -> Row:
        """The question as the first report has it."""
        return self.rows[0]

    @property
    def answered(self) -> int:
        """How many answered it."""
        return sum(row.given is not None for row in self.rows)

    @property
    def right(self) -> int:
        """How many are right."""
        return sum(row.is_right is True for row in self.rows)

    @property
    def hinted(self) -> int:
        """How many took a hint."""
        return sum(row.hints > 0 for row in self.rows)

    @property
    def texts(self) -> tuple[str, ...]:
        """What was written in words."""
        return tuple(row.given for row in self.rows if isinstance(row.given, str))

    @property
    def numbers(self) -> tuple[float, ...]:
        """What was given as a number, from small to large."""
        return tuple(sorted(row.given for row in self.rows if isinstance(row.given, float)))

    def tally(self) -> TallyView:
        """How often each answer was given, the right one marked; free texts have none."""
        if self.question.kind == "choose":
            counts = Counter(row.given for row in self.rows)
            options = range(len(self.question.options))
            return TallyView(
                self.question.options,
                tuple(counts[option] for option in options),
                tuple(option == self.question.right for option in options),
            )
        if self.question.kind == "number":
            return _number_tally(self.numbers, self.question)
        return _order_tally(self.rows)


def question_results(reports: Sequence[Report]) -> tuple[QuestionResult, ...]:
    """Question by question, of reports that were collected together."""
    return tuple(
        QuestionResult(rows) for rows in zip(*(report.rows for report in reports), strict=True)
    )


def statistics_of(results: Sequence[QuestionResult]) -> ItemStatistics | None:
    """Item statistics over the questions with a right answer; None where there are none."""
    decided = [result for result in results if result.question.right is not None]
    if not decided:
        return None
    return item_statistics(
        np.array([[row.is_right is True for row in result.rows] for result in decided]).T
    )


def _order_tally(rows: Sequence[Row]) -> TallyView:
    """The orders that were given, the most frequent first; the right one also where nobody has."""
    question = rows[0]
    counts = Counter(row.given for row in rows if isinstance(row.given, tuple))
    orders = [order for order, _ in counts.most_common(MOST_BARS)]
    if isinstance(question.right, tuple) and question.right not in orders:
        orders.append(question.right)
    return TallyView(
        tuple(question.written(order) for order in orders),
        tuple(counts[order] for order in orders),
        tuple(order == question.right for order in orders),
    )


def _number_tally(numbers: Sequence[float], question: Row) -> TallyView:
    """Each number, or ranges of them where there are many; the last range has all beyond."""
    right, tolerance = question.right, question.tolerance + 1e-9

    def near(low: float, high: float) -> bool:
        return isinstance(right, float) and low - tolerance <= right <= high + tolerance

    counts = Counter(numbers)
    if len(counts) <= MOST_BARS:
        return TallyView(
            tuple(significant_text(number, 6) for number in counts),
            tuple(counts.values()),
            tuple(near(number, number) for number in counts),
        )
    # one answer far off must not push all others into one range
    low, high = np.quantile(numbers, [0.05, 0.95])
    if low == high:  # nearly all gave the same
        low, high = numbers[0], numbers[-1]
    edges = np.linspace(low, high, _RANGES + 1)
    held, _ = np.histogram(np.clip(numbers, low, high), bins=edges)
    spans = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    labels = [f"{significant_text(a, 3)} – {significant_text(b, 3)}" for a, b in spans]
    labels[0] = f"≤ {significant_text(spans[0][1], 3)}"
    labels[-1] = f"≥ {significant_text(spans[-1][0], 3)}"
    inside = [isinstance(right, float) and a <= right < b for a, b in spans]
    return TallyView(tuple(labels), tuple(map(int, held)), tuple(inside))
