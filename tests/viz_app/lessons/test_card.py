"""What a reader types as an answer, and what a lesson's words may do on a page."""

import pytest

from viz_app.lessons.card import answer_text, as_typed, number_typed
from viz_app.lessons.records import Choose, Free, Number, Option, Order, Quantity
from viz_app.lessons.text import shown

CHOOSE = Choose("", (), "", "", options=(Option("a"), Option("b")), answer="largest")
ORDER = Order("", (), "", "", items=(Option("a"), Option("b"), Option("c")))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.29", 0.29),
        (" 0,29 ", 0.29),
        ("29 %", 0.29),
        ("29％", 0.29),
        ("−1.5", -1.5),
        ("-.5", -0.5),
        ("7", 7.0),
        ("", None),
        ("about 3", None),
        ("1e999", None),
        ("1,000.5", None),
        ("nan", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, value: float | None) -> None:
    found = number_typed(typed)
    assert found == (value if value is None else pytest.approx(value))


def test_only_what_can_be_an_answer_is_taken() -> None:
    number = Number("", (), "", "", answer=Quantity("x", {}), tolerance=0.1)
    assert as_typed(CHOOSE, 1) == 1
    assert as_typed(CHOOSE, None) is None and as_typed(CHOOSE, 2) is None
    assert as_typed(ORDER, [2, 0, 1]) == (2, 0, 1)
    assert as_typed(ORDER, [2, 0]) is None and as_typed(ORDER, [0, 0, 1]) is None
    assert as_typed(number, "0,3") == 0.3 and as_typed(number, None) is None
    assert as_typed(Free("", (), "", ""), "  ") is None


def test_an_answer_is_written_in_words() -> None:
    assert answer_text(CHOOSE, 1) == "b"
    assert answer_text(ORDER, (2, 0, 1)) == "c > a > b"


@pytest.mark.parametrize(
    "text",
    ["![x](http://x.test/a.png)", "![x][y]\n\n[y]: http://x.test/a.png", "[x](javascript:alert)"],
)
def test_a_text_brings_no_picture_and_no_link(text: str) -> None:
    found = shown(text)
    assert not any(pair in found for pair in ("![", "](", "]:", "]["))


def test_a_figure_is_no_markup() -> None:
    assert shown("{{ x }} and {{y}}", {"x": "**b**"}) == r"\*\*b\*\* and …"
