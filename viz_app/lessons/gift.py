"""The questions of a lesson as GIFT, which Moodle and others import.

Source: Moodle's documentation, “GIFT format”: control characters ~ = # { } : and the backslash are
escaped by a backslash, a line break inside a question is written \\n, an empty line ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz_app.lessons.addresses import stop_address
from viz_app.lessons.reading import ANSWER
from viz_app.lessons.records import Choose, Lesson, Number, Order, Question, Stop, question_id
from viz_app.lessons.report import filled
from viz_app.messages import Say

if TYPE_CHECKING:  # torch
    from viz_app.lessons.answers import Right, StopReview

_CONTROL = re.compile(r"([\\~=#{}:])")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!])")
DECIMALS = 12
"""Of a number; GIFT knows no powers of ten."""


@dataclass(frozen=True)
class GiftFile:
    """The file, and what could not go into it."""

    text: str
    left_out: tuple[str, ...]
    """Questions to which the model gives no right answer."""


def gift_file(
    lesson: Lesson,
    found: Sequence[StopReview],
    say: Say,
    *,
    model: str,
    language: str,
    base: str = "",
) -> GiftFile:
    """All questions of a lesson in a category of their own, with right answers by a model.

    Args:
        found: What the model makes of each stop, from `answers.review`.
        language: Of the pages that the questions link to.
        base: The app's own address; empty: no links.
    """
    parts, left_out = [f"$CATEGORY: Headlight/{_category(lesson.title)}"], []
    for number, (stop, review) in enumerate(zip(lesson.stops, found, strict=True)):
        link = ""
        if base:
            address = stop_address(
                stop.where, language=language, model=model, position=review.position
            )
            link = f"[{say('class.gift.open')}]({base}{address})"
        context = _context(stop, review, model, say)
        for index, (question, right) in enumerate(zip(stop.questions, review.rights, strict=True)):
            name = question_id(number, index)
            if right is None and isinstance(question, Choose | Order | Number):
                left_out.append(name)
                continue
            words = [context, link, filled(question.ask, review.figures)]
            if isinstance(question, Order):
                words.append(say("class.gift.order"))
            answers = "\n".join(
                [*_answers(question, right), *_feedback(question, right, review.figures)]
            )
            title = escaped(_one_line(f"{name} {stop.title}"))
            asked = escaped("\n\n".join(one for one in words if one))
            parts.append(f"::{title}::[markdown]{asked} {{\n{answers}\n}}")
    return GiftFile("\n\n".join(parts) + "\n", tuple(left_out))


def escaped(text: str) -> str:
    """A text as it stands inside a question."""
    plain = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub(r"\\\1", plain.strip()).replace("\n", "\\n")


def number_text(value: float) -> str:
    """A number in digits, without a power of ten."""
    digits = f"{value:z.{DECIMALS}f}"
    return digits.rstrip("0").rstrip(".")


def _answers(question: Question, right: Right | None) -> Iterator[str]:
    if isinstance(question, Choose):
        assert right is not None
        for index, option in enumerate(question.options):
            sign = "=" if index == right.answer else "~"
            yield f"{sign}[plain]{escaped(_one_line(option.text))}"
    elif isinstance(question, Order):
        # a matching question: what is put in order on the left, its place on the right
        assert right is not None and isinstance(right.answer, tuple)
        for index, item in enumerate(question.items):
            # an arrow of its own would end the left side
            text = escaped(_one_line(item.text).replace("->", "→"))
            yield f"=[plain]{text} -> {right.answer.index(index) + 1}"
    elif isinstance(question, Number):
        assert right is not None and not isinstance(right.answer, tuple)
        yield f"#={number_text(right.answer)}:{number_text(question.tolerance)}"


def _feedback(question: Question, right: Right | None, figures: Mapping[str, str]) -> Iterator[str]:
    if question.explain:
        known = {**figures, **({ANSWER: right.written} if right else {})}
        yield f"####[markdown]{escaped(filled(question.explain, known))}"


def _context(stop: Stop, review: StopReview, model: str, say: Say) -> str:
    """Which text, and where in the model."""
    where = stop.where
    texts = " / ".join(_quoted(text) for text in (where.text_a, where.text_b) if text)
    place = say("class.gift.place", model=_quoted(model), layer=where.layer, head=where.head)
    return f"> {texts}\n>\n> {place}"


def _quoted(text: str) -> str:
    """A reader's text inside Markdown, on one line."""
    return _MARKDOWN.sub(r"\\\1", _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _category(title: str) -> str:
    """A title as the last part of a category's path, where two slashes stand for one."""
    return _INVISIBLE.sub("", _one_line(title)).replace("/", "//")
