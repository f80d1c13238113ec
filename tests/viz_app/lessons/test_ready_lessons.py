"""Every ready lesson is true of its model, can be answered, and has what a teacher needs."""

from pathlib import Path

import pytest

from bert_core import load
from bert_core.bert import Bert
from viz_app.lessons.answers import explained, review
from viz_app.lessons.reading import FIGURE, read_lesson
from viz_app.lessons.records import Free, Number
from viz_app.lessons.schema import FILE
from viz_app.lessons.shelf import model_of
from viz_app.messages import LANGUAGES

READY = sorted(FILE.parent.glob("*/*.yaml"))
COURSE = [file for file in READY if file.stem[0].isdigit()]
_models: dict[str, Bert] = {}


@pytest.mark.parametrize("file", READY, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_ready_lesson_is_true_of_its_model_and_can_be_answered(file: Path) -> None:
    lesson = read_lesson(file.read_text(encoding="utf-8"))
    assert lesson.language == file.parent.name
    name = model_of(lesson)
    bert = _models.setdefault(name, load(name, device="cpu"))
    for stop, found in zip(lesson.stops, review(lesson, bert), strict=True):
        assert found.faults == () and found.untrue == (), stop.title
        for question, right in zip(stop.questions, found.rights, strict=True):
            assert (right is None) == isinstance(question, Free), question.ask
            if isinstance(question, Number):
                # an empty box, or the zero that one types to go on, must not be right
                assert right is not None and not isinstance(right.answer, tuple)
                assert abs(right.answer) > question.tolerance, question.ask
            known = explained(question, found, right)
            assert set(FIGURE.findall(question.explain)) <= set(known)


@pytest.mark.parametrize("file", COURSE, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_lesson_of_the_course_fits_an_hour_and_helps_its_teacher(file: Path) -> None:
    lesson = read_lesson(file.read_text(encoding="utf-8"))
    assert lesson.title.startswith(f"{file.stem[0]} · ")
    questions = [question for stop in lesson.stops for question in stop.questions]
    assert 6 <= len(questions) <= 12 and len({type(one) for one in questions}) >= 3
    assert any(one.hints for one in questions)
    assert 20 <= sum(stop.minutes for stop in lesson.stops) <= lesson.minutes <= 45
    assert lesson.goals and lesson.about and lesson.teacher
    assert all(stop.minutes and stop.questions for stop in lesson.stops)
    assert any(stop.misconceptions for stop in lesson.stops)
    asked = [one for one in questions if isinstance(one, Free)]
    assert asked and all(one.teacher for one in asked)


def test_each_language_has_the_whole_course() -> None:
    for language in LANGUAGES:
        mine = [file.stem[0] for file in COURSE if file.parent.name == language]
        assert mine == [str(number) for number in range(1, len(mine) + 1)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_has_ten_items_with_a_right_answer_each(language: str) -> None:
    lesson = read_lesson(
        (FILE.parent / language / "test-before-and-after.yaml").read_text(encoding="utf-8")
    )
    assert lesson.test
    questions = [question for stop in lesson.stops for question in stop.questions]
    assert len(questions) == 10
    # nothing helps, and the page does not show what is asked before it is answered
    assert all(one.guess and not one.hints and not isinstance(one, Free) for one in questions)
