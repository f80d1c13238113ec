"""The words behind the masks, as an address carries them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz_app.view_models.labs.hidden_words import (
    HiddenWord,
    from_parameter,
    to_parameter,
    word_of_mask,
)


@pytest.mark.parametrize(
    "words",
    [
        (HiddenWord("street"),),
        (HiddenWord("street"), HiddenWord("unbelievably", 4), HiddenWord()),
        (HiddenWord("a,b*2%"), HiddenWord("洋葱", 2)),
        (HiddenWord(), HiddenWord()),
    ],
)
def test_words_survive_the_address(words: tuple[HiddenWord, ...]) -> None:
    assert from_parameter(to_parameter(words)) == words


@given(st.lists(st.builds(HiddenWord, st.text(), st.integers(1, 99)), min_size=1))
def test_any_words_survive_the_address(words: list[HiddenWord]) -> None:
    assert from_parameter(to_parameter(words)) == tuple(words)


@given(st.text())
def test_any_address_gives_words(text: str) -> None:
    words = from_parameter(text)
    assert all(1 <= word.pieces <= 99 for word in words)
    assert from_parameter(to_parameter(words)) == words


def test_an_address_by_hand() -> None:
    assert to_parameter([HiddenWord("street"), HiddenWord("un", 2), HiddenWord()]) == "street,un*2,"
    assert from_parameter("x*0,y*abc,z*999") == (
        HiddenWord("x"),
        HiddenWord("y"),
        HiddenWord("z"),
    )


def test_masks_of_one_word_belong_together() -> None:
    words = (HiddenWord("a"), HiddenWord("bcd", 3), HiddenWord())
    assert [word_of_mask(words, mask) for mask in range(5)] == [
        *((0, 0), (1, 0), (1, 1), (1, 2), (2, 0)),
    ]
    with pytest.raises(ValueError, match="mask 5 is not one of 5"):
        word_of_mask(words, 5)
