"""Predictions as text, chips and bars."""

import pytest

from bert_core.predict import TokenPrediction
from bert_core.studies.masked_words import HiddenInTurn
from bert_core.words import Word
from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.labs.hidden_words import HiddenWord
from viz_app.view_models.labs.predictions import (
    guess_groups,
    hidden_tokens,
    hidden_truths,
    mask_chips,
    mask_guesses,
    turn_groups,
)

SAY = say_in("en")


def test_the_hidden_words_are_known_mask_by_mask() -> None:
    toy = toy_bert()
    ids = {word: toy.tokenizer.id(word) for word in ("cat", "dog", "##s")}
    words = (HiddenWord("cat"), HiddenWord(), HiddenWord("dogs", 2), HiddenWord("dogs", 3))
    assert hidden_tokens(toy, words) == (
        *(ids["cat"], None, ids["dog"], ids["##s"]),
        *(None, None, None),  # pieces of another tokenizer: not this model's
    )


def test_guesses_are_the_models_best_and_the_truth_is_always_shown() -> None:
    toy = toy_bert()
    trace = toy.trace("the [MASK] saw a [MASK] .")
    shares = trace.mlm_logits.softmax(-1)
    worst = int(shares[2].argmin())
    guesses = mask_guesses(toy, trace, [2, 5], [worst, None], top_k=3, only_words=False)
    for guess, place in zip(guesses, (2, 5), strict=True):
        best = shares[place].topk(3)
        assert [one.prediction.id for one in guess.best] == best.indices.tolist()
        assert guess.shown == pytest.approx(best.values.sum().item(), rel=1e-5)
    first, second = guess_groups(guesses, SAY)
    assert [row.marked for row in first.rows] == [False, False, False, True]
    assert first.rows[3].label == toy.tokenizer.token(worst)
    assert first.rows[3].value == pytest.approx(shares[2, worst].item(), rel=1e-5)
    assert str(len(shares[2])) in first.rows[3].tag  # the last of all
    assert [row.marked for row in second.rows] == [False] * 3
    words = mask_guesses(toy, trace, [2], [None], top_k=20, only_words=True)[0]
    shown = {one.prediction.token for one in words.best}
    assert not any(token.startswith(("##", "[")) for token in shown)


def test_a_truth_among_the_best_is_marked_where_it_stands() -> None:
    toy = toy_bert()
    trace = toy.trace("the [MASK] saw")
    second = int(trace.mlm_logits[2].topk(2).indices[1])
    [guess] = mask_guesses(toy, trace, [2], [second], top_k=3, only_words=False)
    [group] = guess_groups([guess], SAY)
    assert [row.marked for row in group.rows] == [False, True, False]


def test_chips_of_one_word_share_their_group_and_masks_show_their_word() -> None:
    toy = toy_bert()
    trace = toy.trace("the [MASK] [MASK] dogs", "[MASK]")
    words = (HiddenWord("dogs", 2), HiddenWord())
    chips = mask_chips(toy, trace, words, SAY)
    texts = ["[CLS]", "the", "[MASK]", "[MASK]", "dog", "##s", "[SEP]", "[MASK]", "[SEP]"]
    assert [chip.text for chip in chips] == texts
    groups = [chip.group for chip in chips]
    assert groups[2] == groups[3] and groups[4] == groups[5]
    assert len(set(groups)) == len(chips) - 2
    assert [chip.note for chip in chips if chip.state == "masked"] == ["dog", "##s", "?"]
    assert [chip.segment for chip in chips] == [0] * 7 + [1] * 2
    assert [chip.state for chip in chips if not chip.action] == ["special"] * 3


def test_a_word_that_the_vocabulary_lacks_is_no_truth_but_is_named() -> None:
    toy = toy_bert()
    words = (HiddenWord("zebra"), HiddenWord("cat"))
    unknown, cat = toy.tokenizer.unk_id, toy.tokenizer.id("cat")
    assert hidden_tokens(toy, words) == (unknown, cat)
    assert hidden_truths(toy, words) == (None, cat)
    chip = mask_chips(toy, toy.trace("the [MASK] saw a [MASK]"), words, SAY)[2]
    assert chip.note == "zebra" and "zebra" in chip.action


def test_a_word_hidden_in_turn_says_what_was_guessed_instead_piece_by_piece() -> None:
    pieces = ("is", "is", "##script")
    guesses = tuple(TokenPrediction(piece, 0, 0.5) for piece in pieces)
    turns = [
        HiddenInTurn(Word((1,), False, 0, 3, "cat"), 0.75, guesses[:1], right=True),
        HiddenInTurn(Word((2, 3, 4), False, 4, 9, "tired"), 0.25, guesses, right=False),
        HiddenInTurn(Word((5,), False, 10, 15, "zebra"), None, guesses[:1], right=False),
    ]
    [group] = turn_groups(turns, SAY)
    assert [row.value for row in group.rows] == [0.75, 0.25, 0.0]
    assert ["✓" in row.tag for row in group.rows] == [True, False, False]
    assert "is is ##script" in group.rows[1].tag
    assert "[UNK]" in group.rows[2].tag and not group.rows[2].digits
