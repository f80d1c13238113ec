"""Hiding a word changes that word's tokens and nothing else."""

import pytest

from bert_core import load
from bert_core.bert import Bert
from bert_core.words import hide_word, replace_word, with_ids, word_at, words_of

TEXTS = {
    "mini-en": (
        "The animal didn't cross the street because it was too tired.",
        "Unbelievably, Zürich's tramways ran 2024's e-mail (too)!",
        "a  b\tc [MASK] sunflowers🙂",
    ),
    "small-zh": ("我喜欢吃洋葱。", "他在2024年学会了用Python画图，love你。"),
}
CASES = [(name, text) for name, texts in TEXTS.items() for text in texts]


@pytest.fixture(scope="module")
def berts() -> dict[str, Bert]:
    return {name: load(name, device="cpu") for name in TEXTS}


@pytest.mark.parametrize(("name", "text"), CASES)
def test_every_token_but_the_added_ones_is_in_one_word(
    berts: dict[str, Bert], name: str, text: str
) -> None:
    encoding = berts[name].encode(text)
    found = [position for word in words_of(encoding) for position in word.positions]
    assert found == list(range(1, len(encoding) - 1))


@pytest.mark.parametrize(("name", "text"), CASES)
@pytest.mark.parametrize("in_b", [False, True])
def test_hiding_any_word_changes_only_its_own_tokens(
    berts: dict[str, Bert], name: str, text: str, in_b: bool
) -> None:
    bert = berts[name]
    encoding = bert.encode("好 one", text) if in_b else bert.encode(text, "two 二")
    for word in words_of(encoding):
        hidden = bert.encode(*hide_word(encoding, word))
        expected = list(encoding.input_ids)
        for position in word.positions:
            expected[position] = bert.tokenizer.mask_id
        assert list(hidden.input_ids) == expected, word.text
        assert hidden.token_type_ids == encoding.token_type_ids


def test_a_word_of_several_pieces_is_one_word(berts: dict[str, Bert]) -> None:
    encoding = berts["mini-en"].encode("Not unbelievably hot.")
    word = word_at(encoding, 3)
    assert word is not None
    assert word.text == "unbelievably"
    assert len(word.positions) > 1
    assert word == word_at(encoding, word.positions[-1])
    assert word_at(encoding, 0) is None


def test_a_piece_joins_the_word_before(berts: dict[str, Bert]) -> None:
    encoding = berts["mini-en"].encode("walk [MASK] home")
    word = word_at(encoding, 2)
    assert word is not None
    assert replace_word(encoding, word, "##ing") == ("walking home", None)
    assert replace_word(encoding, word, "back") == ("walk back home", None)


def test_the_words_of_b_know_their_sentence(berts: dict[str, Bert]) -> None:
    words = words_of(berts["mini-en"].encode("It rains.", "It pours."))
    assert [(word.text, word.in_b) for word in words] == [
        *(("It", False), ("rains", False), (".", False)),
        *(("It", True), ("pours", True), (".", True)),
    ]
    assert (words[4].start, words[4].end) == (3, 8)


def test_other_ids_leave_the_rest_alone(berts: dict[str, Bert]) -> None:
    bert = berts["mini-en"]
    encoding = bert.encode("It rains.")
    changed = with_ids(encoding, {1: bert.tokenizer.mask_id}, bert.tokenizer)
    assert changed.tokens == ("[CLS]", "[MASK]", *encoding.tokens[2:])
    assert changed.input_ids[2:] == encoding.input_ids[2:]
    with pytest.raises(ValueError, match="not in the vocabulary"):
        with_ids(encoding, {1: 10**6}, bert.tokenizer)
