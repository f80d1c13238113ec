"""What is written as GIFT is read by another parser: gift-pegjs, a grammar of the format (MIT)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bert_core.bert import Bert
from tests.viz_app.toy import toy_bert
from viz_app.lessons.answers import StopReview, review
from viz_app.lessons.gift import GiftFile, escaped, gift_file, number_text
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Lesson
from viz_app.messages import say_in

ROOT = Path(__file__).resolve().parents[3]
PARSER = ROOT / "node_modules" / "gift-pegjs"
NODE = Path(sys.executable).with_name("node")
READ = """
import gift from "gift-pegjs";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(gift.parse(readFileSync(0, "utf8"))));
"""
SOURCE = r"""lesson: 1
title: "A/B: what = {is} #1 ~ \\ :: here"
language: en
stops:
  - title: "One: {2} = ~3 # \\"
    look: Here.
    page: attention
    section: head
    text_a: the cat saw a dog. it was tired
    layer: 2
    head: 3
    token: it
    values:
      all: {quantity: token_count}
    questions:
      - kind: choose
        ask: |
          Which of {{all}} tokens?

          // 1: a = b ~ c # d { e } \n \\ -> f

          {T}
        options: [cat, "dog = {1} ~ #2 \\n :: ->", "%50% of // it", "<b>&amp;</b>"]
        answer: {quantity: attention_row, of: cat}
        explain: "It is {{answer}}: #1 = {2}"
      - kind: number
        ask: How much?
        answer: {quantity: attention_score, key: cat}
        tolerance: 0.02
        explain: It is {{answer}}.
      - kind: order
        ask: In order?
        items: ["cat", {text: "a -> b = c", is: dog}, saw]
        answer: {quantity: attention_row}
      - kind: free
        ask: Why?
        explain: Think.
      - kind: choose
        ask: No right one
        options: [wide, street]
        answer: {quantity: attention_row, of: cat}
"""
needs_parser = pytest.mark.skipif(
    not (PARSER.is_dir() and NODE.exists()),
    reason="gift-pegjs is not in node_modules: npm was out of reach of `make test`",
)


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return read_lesson(SOURCE)


@pytest.fixture(scope="module")
def stop(lesson: Lesson, bert: Bert) -> StopReview:
    return review(lesson, bert)[0]


@pytest.fixture(scope="module")
def file(lesson: Lesson, stop: StopReview) -> GiftFile:
    base = "http://localhost:8501/"
    return gift_file(lesson, [stop], say_in("en"), model="toy", language="en", base=base)


def parsed(text: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", READ],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@needs_parser
def test_another_parser_reads_what_the_lesson_says(
    lesson: Lesson, stop: StopReview, file: GiftFile
) -> None:
    category, choose, number, order, free = parsed(file.text)
    assert category["type"] == "Category"
    assert category["title"] == r"Headlight/A//B: what = {is} #1 ~ \ :: here"
    assert [one["type"] for one in (choose, number, order, free)] == [
        "MC",
        "Numerical",
        "Matching",
        "Essay",
    ]
    assert choose["title"] == "1.1 One: {2} = ~3 # \\"
    assert choose["stem"]["format"] == "markdown"
    ask = lesson.stops[0].questions[0].ask.replace("{{all}}", stop.figures["all"]).strip()
    assert choose["stem"]["text"].endswith("\n\n" + ask)
    assert "> the cat saw a dog. it was tired" in choose["stem"]["text"]
    assert "](http://localhost:8501/attention?lang=en&model=toy&a=the+cat" in choose["stem"]["text"]
    options = [(one["text"]["text"], one["isCorrect"]) for one in choose["choices"]]
    assert options == [
        ("cat", True),
        ("dog = {1} ~ #2 \\n :: ->", False),
        ("%50% of // it", False),
        ("<b>&amp;</b>", False),
    ]
    assert all(one["weight"] is None for one in choose["choices"])
    assert choose["globalFeedback"]["text"] == "It is cat: #1 = {2}"
    [answer] = number["choices"]
    assert stop.rights[1] is not None
    assert answer["text"]["number"] == pytest.approx(stop.rights[1].answer, abs=1e-9)
    assert answer["text"]["range"] == 0.02
    assert stop.rights[2] is not None
    places = {one["subquestion"]["text"]: int(one["subanswer"]) for one in order["matchPairs"]}
    items = ["cat", "a → b = c", "saw"]
    in_order = sorted(items, key=lambda item: places[item])
    assert [items.index(item) for item in in_order] == list(stop.rights[2].answer)  # type: ignore[arg-type]
    assert free["globalFeedback"]["text"] == "Think."


def test_a_question_without_a_right_answer_is_left_out_and_named(file: GiftFile) -> None:
    assert file.left_out == ("1.5",)
    assert "No right one" not in file.text


def test_no_line_of_a_question_is_empty_or_a_comment(file: GiftFile) -> None:
    questions = file.text.strip().split("\n\n")
    assert len(questions) == 5
    assert not any(line.lstrip().startswith("//") for line in file.text.splitlines())


def test_without_an_address_there_is_no_link(lesson: Lesson, stop: StopReview) -> None:
    plain = gift_file(lesson, [stop], say_in("zh"), model="toy", language="zh")
    assert "](" not in plain.text
    assert "http" not in plain.text


def test_control_characters_and_lines_are_written_as_moodle_says() -> None:
    assert escaped("~ = # { } : \\") == r"\~ \= \# \{ \} \: \\"
    assert escaped("a\r\nb\rc\n\nd") == r"a\nb\nc\n\nd"
    assert escaped("a\x00b\x1b") == "ab"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.5, "0.5"),
        (-3.0, "-3"),
        (1e-9, "0.000000001"),
        (7e-13, "0.000000000001"),
        (2e7, "20000000"),
    ],
)
def test_numbers_have_no_power_of_ten(value: float, written: str) -> None:
    assert number_text(value) == written


def test_zero_has_no_sign() -> None:
    assert number_text(-1e-15) == "0"
