"""A lesson's file: what it leaves out, and every fault with its line and its remedy."""

import pytest

from viz_app.lessons.faults import LessonError
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Choose, Free, Misconception, Number, Order, Quantity
from viz_app.messages import LANGUAGES, say_in

HEAD = "lesson: 1\ntitle: Rows\nlanguage: en\nstops:\n"
STOP = HEAD + "  - title: One\n    look: Here.\n    text_a: the cat\n"


def faults(source: str) -> list[tuple[str, int]]:
    """Kinds and lines of all faults, each of which can be told in every language."""
    with pytest.raises(LessonError) as caught:
        read_lesson(source)
    for fault in caught.value.faults:
        for language in LANGUAGES:
            assert fault.told(say_in(language))
    return [(fault.kind, fault.line) for fault in caught.value.faults]


def test_a_stop_carries_on_what_it_leaves_out() -> None:
    one, two, three, four = (
        stop.where
        for stop in read_lesson(
            STOP + "    page: attention\n    section: lines\n    layer: 2\n    head: 1\n"
            "    token: cat\n"
            "  - {title: Two, look: x, section: flow, text_b: it was tired}\n"
            "  - {title: Three, look: x, text_a: a dog}\n"
            "  - {title: Four, look: x, page: masked_words, token: 2}\n"
        ).stops
    )
    assert (one.page, one.section, one.layer, one.token) == ("attention", "lines", 2, "cat")
    assert (two.text_a, two.text_b, two.section, two.token) == (
        *("the cat", "it was tired"),
        *("flow", 0),
    )
    assert (three.text_a, three.text_b, three.head) == ("a dog", "", 1)
    assert (four.section, four.token, four.text_a) == ("", 2, "a dog")
    assert two.parameters == {"at_view": "flow"}
    assert four.parameters == {"mw_section": "guess"}


def test_every_kind_of_question_is_read() -> None:
    source = (
        STOP
        + """    values: {x: {quantity: token_count}}
    questions:
      - kind: choose
        ask: Which?
        options: [cat, {text: a dog, is: dog}]
        answer: {quantity: attention_row, of: largest option, text_a: a dog}
        explain: "{{answer}} and {{ x }}"
      - {kind: choose, ask: a, options: [{text: low, to: 3}, {text: high, from: 3}],
         answer: {quantity: token_count}}
      - {kind: order, ask: b, items: [cat, the], answer: {quantity: pieces}, direction: ascending}
      - {kind: number, ask: c, answer: {quantity: token_count}, tolerance: 1}
      - {kind: free, ask: d, hints: [e]}
"""
    )
    choose, ranges, order, number, free = read_lesson(source).stops[0].questions
    assert isinstance(choose, Choose) and isinstance(choose.answer, Quantity)
    assert (choose.answer.of, choose.answer.text_a) == ("largest option", "a dog")
    assert [option.equals for option in choose.options] == ["", "dog"]
    assert isinstance(ranges, Choose)
    assert [(one.at_least, one.below) for one in ranges.options] == [(None, 3), (3, None)]
    assert isinstance(order, Order) and order.direction == "ascending"
    assert isinstance(number, Number) and number.tolerance == 1.0
    assert isinstance(free, Free) and free.hints == ("e",)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("just a text", [("type.mapping", 1)]),
        ("- a\n- b", [("type.mapping", 1)]),
        ("title: x", [("missing", 1)] * 3),
        (HEAD.replace("1", "2", 1) + "  - {title: a, look: b, text_a: c}", [("one_of", 1)]),
        (STOP + "    lok: x\n", [("unknown_near", 8)]),
        (STOP + "    zzz: x\n", [("unknown", 8)]),
        (STOP + "    page: atention\n", [("one_of_near", 8)]),
        (STOP + "    page: nowhere\n", [("one_of", 8)]),
        (STOP + "    page: attention\n    section: pairs\n", [("one_of_near", 9)]),
        (STOP + "    page: walkthrough\n    section: head\n", [("no_section", 9)]),
        (STOP + "    page: attention\n    settings: {mw_top_k: 3}\n", [("name", 9)]),
        (STOP + "    layer: '3'\n    head: 1.5\n", [("type.whole", 8), ("type.whole", 9)]),
        (STOP + "    layer: -1\n", [("range", 8)]),
        (STOP + "    token: ##s\n", [("type.text", 8)]),
        (STOP.replace("the cat", "[MASK]"), [("type.text", 7)]),
        (STOP.replace("the cat", "''"), [("short", 7)]),
        (STOP.replace("Here.", "x" * 4001), [("long", 6)]),
        (
            STOP + "    premises:\n      - {kind: in_top, tokn: a, k: 1}\n",
            [("missing", 9), ("unknown_near", 9)],
        ),
        (STOP + "    premises:\n      - {kind: nothing}\n", [("one_of", 9)]),
        (STOP + "    values:\n      x: {quantity: atention_row}\n", [("one_of_near", 9)]),
        (STOP + "    questions:\n      - {kind: free}\n", [("missing", 9)]),
        (
            STOP + "    questions:\n      - {kind: number, ask: a, answer: 3, tolerance: 0}\n",
            [("type.mapping", 9)],
        ),
        (
            STOP + "    questions:\n      - {kind: choose, ask: a, options: [b, c], answer: b}\n",
            [("one_of", 9)],
        ),
        (
            STOP
            + "    questions:\n      - {kind: choose, ask: a, options: [b, c], answer: largest}\n",
            [("own_values", 9)],
        ),
        (
            STOP + "    questions:\n      - {kind: order, ask: a, items: [b, c]}\n",
            [("own_values", 9)],
        ),
        (
            STOP + "    questions:\n      - kind: choose\n        ask: a\n        options: [b, b]\n"
            "        answer: {quantity: pieces}\n",
            [("same_options", 9)],
        ),
        (STOP.replace("Here.", "Now {{weight}}."), [("figure", 6)]),
        (STOP.replace("    text_a: the cat\n", ""), [("no_text", 5)]),
    ],
)
def test_every_fault_is_named_with_its_line(source: str, expected: list[tuple[str, int]]) -> None:
    assert faults(source) == expected


def test_a_formula_is_no_figure() -> None:
    formula = r"$\frac{q \cdot k}{\sqrt{d}}$"
    assert read_lesson(STOP.replace("Here.", f"'{formula}'")).stops[0].look == formula


def test_a_long_list_of_faults_is_in_the_order_of_the_file() -> None:
    lines = [line for _, line in faults(STOP + "    layer: x\n    head: y\n    page: z\n")]
    assert lines == sorted(lines) and len(lines) == 3


def test_a_stop_says_for_the_teacher_how_long_it_takes_and_what_is_misunderstood() -> None:
    [stop] = read_lesson(
        STOP + "    minutes: 5\n    misconceptions: [{says: 'Rows are words.', reply: 'Tokens.'}]\n"
    ).stops
    assert (stop.minutes, stop.misconceptions) == (
        5,
        (Misconception("Rows are words.", "Tokens."),),
    )
    assert faults(STOP + "    misconceptions: [{says: x}]\n") == [("missing", 8)]
