"""A minimal pair as shown: its sums are those of its digits, its guesses the model's own."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bert_core.pseudo_likelihood import PseudoLikelihood
from bert_core.shelves import PreparedPair
from bert_core.studies.minimal_pairs import PairScore, score_pairs
from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.labs.minimal_pairs import (
    aligned,
    differing_part,
    guesses_at,
    hidden_groups,
    mostly_different,
    pair_problem,
    pair_table,
    read_guesses,
    shelf_counts,
    write_guesses,
)


def scored(text: str, *scores: float) -> PseudoLikelihood:
    encoding = toy_bert().encode(text)
    return PseudoLikelihood(encoding, encoding.own, scores)


def test_sums_and_differences_are_those_of_the_digits_shown() -> None:
    """By hand: −0.2504 → −0.250, −1.0006 → −1.001; −0.2496 → −0.250, −3.0004 → −3.000."""
    score = PairScore(
        scored("the cat saw", -0.2504, -1.0006, -0.5), scored("the dog saw", -0.2496, -3.0004, -2.0)
    )
    table = pair_table(score)
    assert [(row.first, row.second, row.shared) for row in table.rows] == [
        (("the", -0.25), ("the", -0.25), True),
        (("cat", -1.001), ("dog", -3.0), False),
        (("saw", -0.5), ("saw", -2.0), True),
    ]
    assert [row.difference for row in table.rows] == pytest.approx([0, 1.999, 1.5])
    assert table.totals == pytest.approx((-1.751, -5.25))
    assert table.difference == pytest.approx(3.499)
    assert table.at_the_place == pytest.approx(1.999)
    assert table.place == 1


def test_a_token_without_a_partner_counts_whole() -> None:
    score = PairScore(scored("a cat", -1.0, -2.0), scored("a cats", -1.5, -2.5, -0.25))
    table = pair_table(score)
    assert [row.difference for row in table.rows] == [0.5, 0.5, 0.25]
    assert table.rows[2].first is None and table.rows[2].second == ("##s", -0.25)
    assert table.difference == -3 + 4.25
    assert table.place == 2


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("The cat is here.", "The cats is here.", ("The ", ("cat", "cats"), " is here.")),
        ("He is in.", "He was in.", ("He ", ("is", "was"), " in.")),
        ("三只猫。", "三张猫。", ("三", ("只", "张"), "猫。")),
        ("a a", "a a a", ("a a", ("", " a"), "")),
        ("same", "same", ("same", ("", ""), "")),
        ("", "x", ("", ("", "x"), "")),
    ],
)
def test_the_part_that_differs(
    first: str, second: str, expected: tuple[str, tuple[str, str], str]
) -> None:
    assert differing_part(first, second) == expected


@given(st.text(), st.text())
def test_the_parts_make_up_both_texts(first: str, second: str) -> None:
    before, middles, after = differing_part(first, second)
    assert (before + middles[0] + after, before + middles[1] + after) == (first, second)


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("", "a cat", "empty"),
        ("a cat", "  \u200b ", "empty"),
        ("cat " * 60, "a cat", "too_long"),
        ("a cat", "a [MASK]", "mask"),
        ("a cat", "a cat", "same_text"),
        ("a cat", "A  CAT", "same_tokens"),
        ("😀", "🎉", "same_tokens"),
        ("a cat", "a dog", None),
        ("我", "a cat saw it", None),
    ],
)
def test_what_cannot_be_compared_is_told_apart(
    first: str, second: str, problem: str | None
) -> None:
    bert = toy_bert()
    encodings = [bert.encode(first), bert.encode(second)]
    assert pair_problem(encodings, bert.tokenizer.mask_id) == problem


def test_two_sentences_with_little_in_common_are_no_minimal_pair() -> None:
    bert = toy_bert()

    def differ(first: str, second: str) -> bool:
        return mostly_different(aligned([bert.encode(first), bert.encode(second)]))

    assert not differ("the cat saw it", "the dog saw it")
    assert not differ("the cat", "the dog")
    assert differ("the cat", "it was tired .")


def test_where_both_ask_the_same_there_is_one_answer_with_both_words() -> None:
    bert = toy_bert()
    [score] = score_pairs(bert, [("the cat saw it", "the dog saw it")])
    rows = aligned([score.first.encoding, score.second.encoding])
    [found] = guesses_at(bert, score, rows[1])
    asked = bert.encode("the [MASK] saw it")
    expected = bert.model(torch.tensor([asked.input_ids])).mlm_logits[0, 2].softmax(-1)
    assert {letter: one.prediction.token for letter, one in found.own.items()} == {
        "A": "cat",
        "B": "dog",
    }
    assert len(found.best) == 5
    for one in (*found.best, *found.own.values()):
        assert one.prediction.probability == pytest.approx(
            expected[one.prediction.id].item(), rel=1e-4
        )
    [group] = hidden_groups([found], say_in("en"))
    assert group.title == "In A and B: one question, one answer"
    marked = {row.label: row.tag for row in group.rows if row.marked}
    assert set(marked) == {"cat", "dog"}
    assert marked["cat"].startswith("stands in A, rank ")
    assert [row.value for row in group.rows] == sorted(
        (row.value for row in group.rows), reverse=True
    )


def test_a_shared_token_is_asked_for_in_each_sentence() -> None:
    bert = toy_bert()
    [score] = score_pairs(bert, [("the cat saw it", "the dog saw it")])
    rows = aligned([score.first.encoding, score.second.encoding])
    found = guesses_at(bert, score, rows[2])
    assert [list(one.own) for one in found] == [["A"], ["B"]]
    for one, side in zip(found, (score.first, score.second), strict=True):
        [own] = one.own.values()
        assert torch.tensor(own.prediction.probability).log().item() == pytest.approx(
            side.log_probabilities[2], rel=1e-4
        )


def test_a_token_without_a_partner_is_asked_for_once() -> None:
    bert = toy_bert()
    [score] = score_pairs(bert, [("a cat", "a cats")])
    rows = aligned([score.first.encoding, score.second.encoding])
    [found] = guesses_at(bert, score, rows[2])
    assert {letter: one.prediction.token for letter, one in found.own.items()} == {"B": "##s"}


@given(st.lists(st.sampled_from([None, 0, 1]), max_size=20))
def test_guesses_come_back_from_the_address(guesses: list[int | None]) -> None:
    assert read_guesses(write_guesses(guesses), len(guesses)) == tuple(guesses)


@given(st.text(), st.integers(0, 20))
def test_any_text_gives_one_guess_or_none_per_pair(text: str, count: int) -> None:
    guesses = read_guesses(text, count)
    assert len(guesses) == count and set(guesses) <= {None, 0, 1}


def test_the_shelf_is_counted_by_phenomenon() -> None:
    pairs = [
        PreparedPair("1", "order", ("a", "b"), 0),
        PreparedPair("2", "order", ("a", "b"), 1),
        PreparedPair("3", "aspect", ("a", "b"), 1),
    ]
    scores = [SimpleNamespace(difference=difference) for difference in (2.0, 0.5, 0.0)]
    counts = shelf_counts(pairs, scores, [0, 0, None])  # type: ignore[arg-type]
    assert [(one.phenomenon, one.pairs, one.model, one.guessed, one.reader) for one in counts] == [
        ("order", 2, 1, 2, 1),
        ("aspect", 1, 0, 0, 0),  # as likely is not likelier
        ("", 3, 1, 2, 1),
    ]
