"""Right answers come from the model; where it has none, the lesson says why."""

import pytest

from bert_core.bert import Bert
from bert_core.quantities import answer
from tests.viz_app.toy import toy_bert
from viz_app.lessons.answers import Right, StopReview, explained, is_right, review
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Free, Number, Quantity

TEXT = "the cat saw a dog. it was tired"
HEAD = f"""lesson: 1
title: Rows
language: en
stops:
  - title: One
    look: Here.
    page: attention
    text_a: {TEXT}
    layer: 2
    head: 3
    token: it
"""


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


def reviewed(bert: Bert, more: str) -> StopReview:
    [found] = review(read_lesson(HEAD + more), bert)
    return found


def right(bert: Bert, question: str) -> Right:
    found = reviewed(bert, f"    questions:\n      - {question}\n")
    assert found.faults == ()
    assert found.rights[0] is not None
    return found.rights[0]


def row(bert: Bert) -> dict[str, float]:
    found = answer("attention_row", bert, bert.trace(TEXT), layer=2, head=3, query="it")
    return {entry.label: entry.value for entry in found.entries}  # type: ignore[union-attr]


def test_layer_head_and_token_are_those_of_the_stop(bert: Bert) -> None:
    found = right(
        bert,
        "{kind: number, ask: a, answer: {quantity: attention_weight, key: cat}, tolerance: 0.01}",
    )
    assert found.answer == row(bert)["cat"]


def test_the_largest_of_all_must_be_offered_and_of_the_options_need_not_be(bert: Bert) -> None:
    weights = row(bert)
    first, second, third = sorted(weights, key=lambda name: -weights[name])[:3]
    ask = "{{kind: choose, ask: a, options: ['{}', '{}'], answer: {{quantity: attention_row{}}}}}"
    assert right(bert, ask.format(second, first, "")).answer == 1
    assert right(bert, ask.format(third, second, ", of: largest option")).answer == 1
    question = ask.format(third, second, "")
    found = reviewed(bert, f"    questions:\n      - {question}\n")
    assert found.rights == (None,)
    assert [fault.kind for fault in found.faults] == ["no_right"]


def test_options_are_compared_by_ranges_and_by_values_of_their_own(bert: Bert) -> None:
    assert (
        right(
            bert,
            "{kind: choose, ask: a, options: [{text: few, to: 5}, {text: many, from: 5}], "
            "answer: {quantity: token_count}}",
        ).answer
        == 1
    )
    own = (
        "{kind: choose, ask: a, answer: smallest, options: "
        "[{text: long, value: {quantity: token_count}}, "
        "{text: short, value: {quantity: token_count, text_a: a dog}}]}"
    )
    assert right(bert, own).answer == 1


def test_an_order_is_that_of_the_values(bert: Bert) -> None:
    weights = row(bert)
    names = ["cat", "dog", "tired"]
    for direction, sign in (("ascending", 1), ("descending", -1)):
        found = right(
            bert,
            f"{{kind: order, ask: a, items: {names}, direction: {direction}, "
            "answer: {quantity: attention_row}}".replace("'", ""),
        )
        expected = sorted(range(3), key=lambda place: sign * weights[names[place]])
        assert found.answer == tuple(expected)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ("    premises:\n      - {kind: pieces, word: nowhere, pieces: [a]}\n", ""),
        ("    premises:\n      - {kind: in_top, token: cat, k: 2}\n", "premise"),
        ("    values: {x: {quantity: attention_weight, key: unicorn}}\n", "not_there.token"),
        ("    values: {x: {quantity: guesses}}\n", "not_there.mask"),
        ("    values: {x: {quantity: is_next}}\n", "not_there.pair"),
        ("    values: {x: {quantity: size, field: colour}}\n", "not_there.name"),
        ("    values: {x: {quantity: attention_weight, key: cat, layer: 9}}\n", "not_there.layer"),
        ("    values: {x: {quantity: attention_row, of: unicorn}}\n", "not_compared"),
        (
            "    questions:\n      - {kind: choose, ask: a, answer: largest, options: "
            "[{text: b, value: {quantity: token_count}}, "
            "{text: c, value: {quantity: token_count}}]}",
            "tie",
        ),
        (
            "    questions:\n      - {kind: choose, ask: a, answer: {quantity: token_count}, "
            "options: [{text: b, from: 1}, {text: c, from: 2}]}",
            "several_right",
        ),
    ],
)
def test_what_the_model_does_not_answer_is_told(bert: Bert, more: str, kind: str) -> None:
    found = reviewed(bert, more)
    if kind:
        assert [fault.kind for fault in found.faults] == [kind]
        assert found.faults[0].line >= 12
    else:
        assert len(found.untrue) == 1


def test_a_place_that_the_model_or_the_text_does_not_have_is_told(bert: Bert) -> None:
    source = HEAD.replace("layer: 2", "layer: 5").replace("token: it", "token: 99")
    [found] = review(read_lesson(source), bert)
    assert [fault.kind for fault in found.faults] == ["no_head", "no_token"]
    assert found.position == 0


def test_a_text_that_does_not_fit_is_told(bert: Bert) -> None:
    [found] = review(read_lesson(HEAD.replace(TEXT, "it " + "cat " * 60)), bert)
    assert [fault.kind for fault in found.faults] == ["cut"]


def test_figures_are_written_for_the_texts(bert: Bert) -> None:
    found = reviewed(
        bert,
        "    values:\n      tokens: {quantity: token_count}\n"
        "      key: {quantity: attention_row, show: label}\n"
        "      weight: {quantity: attention_row, of: cat}\n",
    )
    weights = row(bert)
    assert found.figures == {
        "tokens": "11",
        "key": max(weights, key=weights.__getitem__),
        "weight": f"{weights['cat']:.3f}",
    }
    shown = Right(0, "cat", "")
    assert explained(Free("", (), "", ""), found, shown)["answer"] == "cat"


def test_a_number_is_right_within_its_tolerance() -> None:
    question = Number("", (), "", "", answer=Quantity("x", {}), tolerance=0.01)
    correct = Right(0.286, "0.286", "")
    assert is_right(question, correct, 0.296) and is_right(question, correct, 0.276)
    assert not is_right(question, correct, 0.30)
    assert is_right(question, None, 0.3) is None
