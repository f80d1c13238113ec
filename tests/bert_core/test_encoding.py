"""What can be asked of an input, and the inputs made from it."""

import pytest

from bert_core.encoding import Encoding


@pytest.fixture
def pair() -> Encoding:
    """[CLS] un ##do it [SEP] ask me [SEP], ids by place."""
    return Encoding(
        text_a="undo it",
        text_b="ask me",
        tokens=("[CLS]", "un", "##do", "it", "[SEP]", "ask", "me", "[SEP]"),
        input_ids=(2, 11, 12, 13, 3, 15, 16, 3),
        token_type_ids=(0, 0, 0, 0, 0, 1, 1, 1),
        attention_mask=(1,) * 8,
        special_tokens_mask=(1, 0, 0, 0, 1, 0, 0, 1),
        offsets=(None, (0, 2), (2, 4), (5, 7), None, (0, 3), (4, 6), None),
    )


def test_where_a_ends_and_which_tokens_are_the_texts_own(pair: Encoding) -> None:
    assert pair.end_of_a == 4
    assert pair.own == (1, 2, 3, 5, 6)
    assert [pair.in_b(position) for position in range(8)] == [False] * 5 + [True] * 3


def test_segment_ids_do_not_move_a_token_into_the_other_sentence(pair: Encoding) -> None:
    flipped = pair.with_segments(tuple(1 - segment for segment in pair.token_type_ids))
    assert flipped.token_type_ids == (1, 1, 1, 1, 1, 0, 0, 0)
    assert flipped.in_b(5) and not flipped.in_b(3)
    with pytest.raises(ValueError, match="8 tokens need 8 segment ids, not 2"):
        pair.with_segments((0, 1))


def test_without_a_token_the_others_move_up(pair: Encoding) -> None:
    fewer = pair.without(pair.end_of_a)
    assert fewer.tokens == ("[CLS]", "un", "##do", "it", "ask", "me", "[SEP]")
    assert fewer.input_ids == (2, 11, 12, 13, 15, 16, 3)
    assert fewer.token_type_ids == (0, 0, 0, 0, 1, 1, 1)
    assert fewer.attention_mask == (1,) * 7
    assert fewer.special_tokens_mask == (1, 0, 0, 0, 0, 0, 1)
    assert fewer.offsets == (None, (0, 2), (2, 4), (5, 7), (0, 3), (4, 6), None)
    for position in (-1, 8):
        with pytest.raises(ValueError, match=f"token {position} is not one of 0 to 7"):
            pair.without(position)


def test_reordered_moves_every_field_alike(pair: Encoding) -> None:
    order = (0, 3, 1, 2, 4, 6, 5, 7)
    moved = pair.reordered(order)
    assert moved.tokens == ("[CLS]", "it", "un", "##do", "[SEP]", "me", "ask", "[SEP]")
    assert moved.input_ids == (2, 13, 11, 12, 3, 16, 15, 3)
    assert moved.offsets[1] == (5, 7)
    assert (moved.text_a, moved.text_b) == ("undo it", "ask me")
    back = tuple(order.index(index) for index in range(len(order)))
    assert moved.reordered(back) == pair
    with pytest.raises(ValueError, match="each of the 8 tokens exactly once"):
        pair.reordered((0,) * 8)
