"""`headlight lesson check FILE`: what a lesson takes for granted and asks, held to its model."""

from __future__ import annotations

from pathlib import Path

from bert_core import CheckpointError, load
from viz_app.lessons.answers import StopReview, review
from viz_app.lessons.faults import Fault, LessonError
from viz_app.lessons.models import revision_of
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Lesson, question_id
from viz_app.lessons.shelf import model_of
from viz_app.lessons.yaml_text import decoded
from viz_app.messages import say_in


def check_lesson(path: Path, language: str, model: str | None = None) -> int:
    """Print every premise and every right answer with its figures; 1 if anything is wrong.

    Args:
        model: Instead of the lesson's own.
    """
    say = say_in(language)
    try:
        lesson = read_lesson(decoded(path.read_bytes()))
        faults = _told(lesson, model)
    except OSError as error:
        faults = (Fault("file", 0, {"file": path, "reason": error.strerror}),)
    except LessonError as error:
        faults = error.faults
    for fault in faults:
        print(f"{path}: {fault.told(say)}")
    return int(bool(faults))


def _told(lesson: Lesson, model: str | None) -> tuple[Fault, ...]:
    """What is wrong with a lesson by its model, after all else is printed."""
    name = model or model_of(lesson)
    try:
        bert = load(name, device="cpu")
    except CheckpointError as error:
        return (Fault("model", 0, {"model": name, "reason": error}),)
    revision = revision_of(name)
    print(f"{lesson.title}: {name}, revision {revision[:12]}")
    faults = []
    if lesson.revision and not revision.startswith(lesson.revision):
        values = {"model": name, "wanted": lesson.revision, "found": revision[:12]}
        faults.append(Fault("revision", 0, values))
    for number, found in enumerate(review(lesson, bert)):
        _print_stop(lesson, number, found)
        faults += found.faults
        faults += [
            Fault("untrue", premise.line, {"measured": finding.measured})
            for premise, finding in found.untrue
        ]
    return LessonError(faults).faults


def _print_stop(lesson: Lesson, number: int, found: StopReview) -> None:
    stop = lesson.stops[number]
    print(f"{number + 1} {stop.title}")
    for premise, finding in found.premises:
        print(f"  {'' if finding.holds else 'NOT SO '}{premise.claim}: {finding.measured}")
    for name, figure in found.figures.items():
        print(f"  {name} = {figure}")
    for index, right in enumerate(found.rights):
        if right is not None:
            print(f"  {question_id(number, index)}: {right.written} ({right.measured})")
