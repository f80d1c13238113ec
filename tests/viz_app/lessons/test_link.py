"""A lesson in a link: there and back, and nothing worse than a message where it is broken."""

import base64
import random
import zlib

import pytest

from viz_app.lessons.faults import LessonError
from viz_app.lessons.link import LONGEST_LINK, is_packed, packed, unpacked
from viz_app.lessons.yaml_text import LONGEST


def kind(content: str) -> str:
    with pytest.raises(LessonError) as caught:
        unpacked(content)
    return caught.value.faults[0].kind


@pytest.mark.parametrize("source", ["title: 注意力 “it” 😀\n", "a: b\n" * 5000, ""])
def test_a_lesson_comes_back_as_it_was(source: str) -> None:
    content = packed(source)
    assert content.isascii() and not set(content) & set("+/=&? ")
    assert unpacked(content) == source


def test_a_link_is_told_from_the_name_of_a_ready_lesson() -> None:
    assert is_packed(packed("title: a lesson that is long enough\nlanguage: en\n"))
    assert not is_packed("zero-to-one")


def test_a_lesson_too_long_for_a_link_is_refused() -> None:
    noise = random.Random(1).randbytes(LONGEST_LINK).hex()
    with pytest.raises(LessonError) as caught:
        packed(noise)
    assert [one.kind for one in caught.value.faults] == ["link_size"]


@pytest.mark.parametrize("change", [lambda link: link[:-8], lambda link: "z!!" + link, str.upper])
def test_a_broken_link_says_so(change) -> None:  # type: ignore[no-untyped-def]
    assert kind(change(packed("title: a lesson\n" * 50))) == "link"


def test_a_link_of_other_letters_or_of_no_text_says_so() -> None:
    assert kind("z") == "link"
    assert kind("z注意") == "link"
    assert kind("z" + base64.urlsafe_b64encode(zlib.compress(b"\xff\xfe")).decode()) == "link"


def test_a_link_that_would_grow_without_end_is_stopped() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"a" * (4 * LONGEST + 1), 9)).decode()
    assert len(bomb) < LONGEST_LINK
    assert kind("z" + bomb) == "size"
    assert kind("z" + "A" * LONGEST_LINK) == "link_size"
