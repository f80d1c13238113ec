"""A lesson's page for the teacher: times, what is right, and what is often misunderstood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from viz_app.lessons.answers import StopReview, explained
from viz_app.lessons.card import answer_text
from viz_app.lessons.records import Lesson, Number, Stop, question_id
from viz_app.lessons.text import label, shown
from viz_app.messages import Say


def teacher_sheet(lesson: Lesson, reviews: Sequence[StopReview], say: Say) -> str:
    """The page as Markdown; what is right is the model's, as the lesson asks it."""
    parts = [shown(lesson.teacher)] if lesson.teacher else []
    for number, (stop, found) in enumerate(zip(lesson.stops, reviews, strict=True)):
        heading = f"{number + 1} · {label(stop.title)}"
        if stop.minutes:
            heading += f" · :gray[{say('lessons.teacher.minutes', minutes=stop.minutes)}]"
        parts += [f"##### {heading}", *_stop_parts(number, stop, found, say)]
    return "\n\n".join(parts)


def _stop_parts(number: int, stop: Stop, found: StopReview, say: Say) -> Iterator[str]:
    if stop.teacher:
        yield shown(stop.teacher, found.figures)
    for index, (question, right) in enumerate(zip(stop.questions, found.rights, strict=True)):
        ask = shown(question.ask, found.figures).strip()
        yield f"**{question_id(number, index)}** {ask}"
        if right is not None:
            # of a number, what decided is the answer itself
            is_number = isinstance(question, Number)
            answer = label(right.written if is_number else answer_text(question, right.answer))
            why = "" if is_number else f" :gray[{label(right.measured)}]"
            yield f":green[**{say('lessons.right_is', right=answer)}**]{why}"
        if question.explain:
            yield shown(question.explain, explained(question, found, right)).strip()
        if question.teacher:
            note = shown(question.teacher, found.figures).strip()
            yield f"**{say('lessons.teacher.expect')}** {note}"
    for one in stop.misconceptions:
        says, reply = label(one.says), shown(one.reply, found.figures).strip()
        yield f"**{say('lessons.teacher.says', says=says)}** {reply}"
