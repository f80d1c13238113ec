"""A pair's score: the difference of its sentences' own, as `evaluate --pairs` counts it."""

import pytest

from bert_core.pretraining.paradigms import MinimalPair, judge_pairs
from bert_core.pseudo_likelihood import pseudo_likelihoods
from bert_core.studies.minimal_pairs import align, score_pairs
from tests.viz_app.toy import toy_bert

PAIRS = [
    ("the cat saw a dog", "the cats saw a dog"),
    ("it was tired", "it was wide"),
    ("a dog saw the cat.", "the dog saw a cat."),
    ("the street was wide.", "the street saw wide."),
]


def test_the_difference_arises_token_by_token() -> None:
    bert = toy_bert()
    [found] = score_pairs(bert, PAIRS[:1])
    assert found.first.encoding.tokens[2:3] == ("cat",)
    assert found.second.encoding.tokens[2:4] == ("cat", "##s")
    first, second = (pseudo_likelihoods(bert, [bert.encode(text)])[0].total for text in PAIRS[0])
    assert found.difference == pytest.approx(first - second, rel=1e-4)
    [turned] = score_pairs(bert, [PAIRS[0][::-1]])
    assert turned.difference == pytest.approx(-found.difference, rel=1e-4)


def test_the_sums_of_the_tokens_are_what_is_judged_by() -> None:
    bert = toy_bert()
    told = []
    found = score_pairs(bert, PAIRS, lambda done, total: told.append((done, total)))
    hits = [sum(one.first.log_probabilities) > sum(one.second.log_probabilities) for one in found]
    assert set(hits) == {True, False}
    for pair, hit in zip(PAIRS, hits, strict=True):
        assert judge_pairs(bert, [MinimalPair(*pair)]).accuracy == hit
    assert judge_pairs(bert, [MinimalPair(*pair) for pair in PAIRS]).accuracy == sum(hits) / 4
    assert told[-1][0] == told[-1][1]


def rows(first: str, second: str) -> str:
    """The alignment as text: `a` shared, `a|b` beside each other, `-` where there is none."""
    a, b = first.split(), second.split()
    cells = []
    for row in align(a, b):
        left = "-" if row.first is None else a[row.first]
        right = "-" if row.second is None else b[row.second]
        assert row.shared == (left == right)
        cells.append(left if row.shared else f"{left}|{right}")
    return " ".join(cells)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("the keys are here", "the keys is here", "the keys are|is here"),
        ("a b c", "a b c", "a b c"),
        # more are alike in their places than in one stretch
        ("the x put the y in", "the y put the x in", "the x|y put the y|x in"),
        # a word that was moved stands alone, and what it passed beside its like
        ("i know where is it now", "i know where it is now", "i know where -|it is it|- now"),
        ("now i go home", "i go home now", "now|- i go home -|now"),
        ("a cat", "a cat ##s", "a cat -|##s"),
        ("a b c d", "a x d", "a b|x c|- d"),
        ("a b", "c", "a|c b|-"),
        ("", "a", "-|a"),
    ],
)
def test_like_tokens_stand_side_by_side(first: str, second: str, expected: str) -> None:
    assert rows(first, second) == expected
