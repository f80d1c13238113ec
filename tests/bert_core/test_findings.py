"""Claims are measured right."""

import pytest

from bert_core.bert import Bert
from bert_core.claims import (
    GuessChanges,
    GuessRises,
    InTop,
    NextSentence,
    NoFavourite,
    Pieces,
    Prefers,
    WeightAtLeast,
    WeightRises,
)
from bert_core.findings import check, position_of

TEXT, OTHER = "my dog is [MASK]", "my [MASK] likes dog"


def test_guesses_are_measured(bert: Bert) -> None:
    best = bert.fill_mask(TEXT, top_k=3)[0]
    first, third = best[0], best[2]
    assert check(InTop(third.token, 3), bert, TEXT).holds
    assert not check(InTop(third.token, 2), bert, TEXT).holds
    assert check(NoFavourite(first.probability), bert, TEXT).holds
    assert not check(NoFavourite(first.probability - 1e-4), bert, TEXT).holds
    other = bert.fill_mask(OTHER, top_k=1)[0][0]
    assert check(GuessChanges(first.token, OTHER, other.token), bert, TEXT).holds
    assert not check(GuessChanges(third.token, OTHER, other.token), bert, TEXT).holds
    everything = bert.fill_mask(OTHER, top_k=bert.tokenizer.vocab_size)[0]
    [there] = [one.probability for one in everything if one.token == first.token]
    change = first.probability - there
    assert check(GuessRises(first.token, OTHER, change - 1e-4), bert, TEXT).holds
    assert not check(GuessRises(first.token, OTHER, change + 1e-4), bert, TEXT).holds


def test_weights_are_measured(bert: Bert) -> None:
    here, there = (bert.trace(text).layer(1).attention_probs[2] for text in (TEXT, OTHER))
    weight = float(here[2, 1] + here[2, 3])  # dog looks at my and is
    both = ("my", "is")
    assert check(WeightAtLeast(1, 2, "dog", both, weight - 1e-4), bert, TEXT).holds
    assert not check(WeightAtLeast(1, 2, "dog", both, weight + 1e-4), bert, TEXT).holds
    more, less = ("my",), ("is",)
    if here[2, 1] < here[2, 3]:
        more, less = less, more
    assert check(Prefers(1, 2, "dog", more, less), bert, TEXT).holds
    assert not check(Prefers(1, 2, "dog", less, more), bert, TEXT).holds
    change = float(here[2, 1] - there[4, 1])
    assert check(WeightRises(1, 2, "dog", ("my",), OTHER, change - 1e-4), bert, TEXT).holds
    assert not check(WeightRises(1, 2, "dog", ("my",), OTHER, change + 1e-4), bert, TEXT).holds


def test_the_answer_to_a_pair_is_measured(bert: Bert) -> None:
    found = bert.next_sentence("my dog", "is cute")
    for is_next, probability in ((True, found.is_next), (False, found.random)):
        for shift, holds in ((-1e-4, True), (1e-4, False)):
            claim = NextSentence(is_next, probability + shift)
            assert check(claim, bert, "my dog", "is cute").holds == holds


def test_pieces_are_those_of_a_word_in_the_text(bert: Bert) -> None:
    assert check(Pieces("playing", ("play", "##ing")), bert, "he likes playing").holds
    assert not check(Pieces("playing", ("playing",)), bert, "he likes playing").holds
    assert not check(Pieces("playing", ("play", "##ing")), bert, "he plays").holds


def test_a_token_that_stands_twice_is_named_with_its_position() -> None:
    tokens = ("[CLS]", "the", "bank", "the", "[SEP]")
    assert position_of("bank", tokens) == 2
    assert position_of("the (3)", tokens) == 3
    for label in ("the", "the (2)", "river"):
        with pytest.raises(ValueError, match="stands . times in"):
            position_of(label, tokens)


def test_what_cannot_be_looked_at_is_said(bert: Bert) -> None:
    with pytest.raises(ValueError, match="no \\[MASK\\] number 1"):
        check(InTop("dog", 1, mask=1), bert, TEXT)
    for layer, head in ((3, 0), (0, 4)):
        with pytest.raises(ValueError, match=f"no L{layer} H{head}"):
            check(WeightAtLeast(layer, head, "dog", ("my",), 0.1), bert, TEXT)
