import pytest

from bert_core.encoding import Encoding
from bert_core.words import Word
from viz_app.view_models.tokens import (
    display_text,
    reads_upright,
    token_labels,
    unique_labels,
    word_labels,
)


def encoding(*tokens: str) -> Encoding:
    count = len(tokens)
    return Encoding(
        text_a="",
        text_b=None,
        tokens=tokens,
        input_ids=tuple(range(count)),
        token_type_ids=tuple(int(place >= 3) for place in range(count)),
        attention_mask=(1,) * count,
        special_tokens_mask=tuple(int(token.startswith("[")) for token in tokens),
        offsets=(None,) * count,
    )


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("street", "street"),
        ("##s", "##s"),
        ("<b>", "<b>"),
        ("🙂", "🙂"),
        ("", "∅"),
        ("\t", "␉"),
        ("a\nb", "a␊b"),
        ("\x7f", "⟨U+007F⟩"),
        ("\u202eevil", "⟨U+202E⟩evil"),
        ("\u200b", "⟨U+200B⟩"),
        ("\u00a0", "⟨U+00A0⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("##ל", "\u2068##ל\u2069"),
        ("سلام", "\u2068سلام\u2069"),
        ("١٢", "\u2068١٢\u2069"),
    ],
)
def test_every_character_of_a_token_is_seen(token: str, shown: str) -> None:
    assert display_text(token) == shown


def test_repeated_tokens_get_their_position() -> None:
    assert unique_labels(["the", "cat", "saw", "the"]) == ("the (0)", "cat", "saw", "the (3)")


def test_the_position_of_a_right_to_left_token_stands_outside_it() -> None:
    labels = token_labels(encoding("ל", "cat", "ל"))
    assert [label.label for label in labels] == ["\u2068ל\u2069 (0)", "cat", "\u2068ל\u2069 (2)"]
    assert word_labels([Word((1,), False, 0, 1, "ל")]) == ("\u2068ל\u2069",)


def test_labels_stay_apart_when_a_token_looks_like_a_label() -> None:
    labels = unique_labels(["the (2)", "cat", "the", "the"])
    assert len(set(labels)) == 4


@pytest.mark.parametrize(
    ("text", "upright"),
    [("我", True), ("##の", True), ("。", True), ("🙂", True), ("the", False), ("[SEP]", False)],
)
def test_chinese_stays_upright(text: str, upright: bool) -> None:
    assert reads_upright(text) is upright


def test_token_labels_know_segment_and_special_tokens() -> None:
    labels = token_labels(encoding("[CLS]", "我", "[SEP]", "the", "[SEP]"))
    assert [label.text for label in labels] == ["[CLS]", "我", "[SEP]", "the", "[SEP]"]
    assert [label.label for label in labels] == ["[CLS]", "我", "[SEP] (2)", "the", "[SEP] (4)"]
    assert [label.segment for label in labels] == [0, 0, 0, 1, 1]
    assert [label.special for label in labels] == [True, False, True, False, True]
    assert [label.position for label in labels] == [0, 1, 2, 3, 4]


def test_words_that_occur_twice_carry_the_place_of_their_first_piece() -> None:
    words = [
        Word((1,), False, 0, 3, "The"),
        Word((2, 3), False, 4, 8, "dogs"),
        Word((5,), True, 0, 3, "The"),
        Word((6, 7), True, 4, 8, "dogs"),
        Word((8,), True, 9, 12, "a\nb"),
    ]
    assert word_labels(words) == ("The (1)", "dogs (2)", "The (5)", "dogs (6)", "a␊b")
