"""The tour's stops, and the answers that the address keeps."""

import pytest

from viz_app.messages import LANGUAGES, catalogue
from viz_app.session.examples import PAGES
from viz_app.session.tour import STOPS, Told, answered, marks, with_answer

HERE, ELSEWHERE = ("small-en", "A cat.", "None"), ("small-en", "A dog.", "None")


def test_the_stops_lead_through_all_pages() -> None:
    pages = [stop.place.page for stop in STOPS]
    assert len(STOPS) == 16 and len({stop.id for stop in STOPS}) == 16
    with_text = {file.parent.name for file in PAGES.glob("*/page.py")} - {"lessons"}
    assert set(pages) == with_text
    assert sorted(pages, key=pages.index) == pages  # no page is visited twice
    assert all(stop.place.file.is_file() for stop in STOPS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stop_has_its_words(language: str) -> None:
    found = catalogue(language)
    assert all(f"tour.{stop.id}.{part}" in found for stop in STOPS for part in ("question", "why"))


def test_an_answer_is_kept_and_belongs_to_its_sentence() -> None:
    told = with_answer("", 2, HERE, Told(3, True))
    told = with_answer(told, 15, HERE, Told(None, False))
    assert answered(told, 2, HERE) == Told(3, True)
    assert answered(told, 15, HERE) == Told(None, False)
    assert answered(told, 0, HERE) is None
    assert answered(told, 2, ELSEWHERE) is None
    assert marks(told) == {2: Told(3, True), 15: Told(None, False)}
    again = with_answer(told, 2, ELSEWHERE, Told(0, False))
    assert (answered(again, 2, HERE), answered(again, 2, ELSEWHERE)) == (None, Told(0, False))


@pytest.mark.parametrize(
    "text", ["", "...", "x" * 80, "ab9q", "ab!y", ".".join(["abcd"] * 40), "☃☃☃☃"]
)
def test_an_address_that_makes_no_sense_answers_nothing(text: str) -> None:
    assert all(answered(text, stop, HERE) is None for stop in range(16))
    assert marks(text) == {}
    assert answered(with_answer(text, 4, HERE, Told(1, True)), 4, HERE) == Told(1, True)
