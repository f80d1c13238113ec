"""A report says what was asked, answered and right; its files come back as what they were."""

import csv
import io
import json
import random
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bert_core.bert import Bert
from tests.viz_app.toy import toy_bert
from viz_app.lessons.answers import is_right, review
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Given
from viz_app.lessons.report import Report, Row, make_report
from viz_app.lessons.report_file import DATA, report_html, reports_csv
from viz_app.lessons.report_reading import LARGEST, ReportError, read_reports
from viz_app.messages import LANGUAGES, say_in

SOURCE = """lesson: 1
title: "Rows <b> & =1+1"
language: en
stops:
  - title: One
    look: Here.
    page: attention
    section: lines
    text_a: the cat saw a dog. it was tired
    layer: 2
    head: 3
    token: it
    values:
      all: {quantity: token_count}
    questions:
      - kind: choose
        ask: Which, of {{all}} tokens?
        options: [cat, dog, "</script><b>"]
        answer: {quantity: attention_row, of: cat}
      - kind: number
        ask: How much?
        answer: {quantity: attention_weight, key: cat}
        tolerance: 0.02
      - kind: order
        ask: In order?
        items: [cat, dog, saw]
        answer: {quantity: attention_row}
      - kind: free
        ask: Why?
"""
HOSTILE = [
    '=HYPERLINK("http://evil")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\tTab",
    "＝1",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    'a,b;c\n"d"\r\ne',
    "{{all}} {0} %s",
    "\u2028 \u202e ‮ \U0001f600 中文",
    "'already",
]


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


@pytest.fixture(scope="module")
def blank(bert: Bert) -> Report:
    lesson = read_lesson(SOURCE)
    found = review(lesson, bert)
    return make_report(
        lesson, found, {}, report="0a" * 8, model="toy", revision="ab" * 32, language="en"
    )


def answered(blank: Report, *given: Given | None, name: str = "") -> Report:
    rows = [replace(row, given=one) for row, one in zip(blank.rows, given, strict=True)]
    return Report(replace(blank.head, name=name), tuple(rows))


def test_it_holds_the_model_s_own_answers_and_where_they_are_seen(
    bert: Bert, blank: Report
) -> None:
    lesson = read_lesson(SOURCE)
    [stop] = review(lesson, bert)
    choose, number, order, free = blank.rows
    assert [row.id for row in blank.rows] == ["1.1", "1.2", "1.3", "1.4"]
    assert choose.ask == f"Which, of {stop.figures['all']} tokens?"
    assert [row.right for row in blank.rows] == [
        None if right is None else right.answer for right in stop.rights
    ]
    assert free.right is None
    assert order.options == ("cat", "dog", "saw")
    assert choose.address.startswith("attention?lang=en&model=toy&a=the+cat+saw")
    for part in ("layer=2", "head=3", "token=7", "at_view=lines"):
        assert part in choose.address
    assert number.tolerance == 0.02
    assert blank.head.revision == "ab" * 6


def test_right_is_what_the_lesson_calls_right(bert: Bert, blank: Report) -> None:
    lesson = read_lesson(SOURCE)
    [stop] = review(lesson, bert)
    for index, given in ((1, 0.5), (1, float(str(blank.rows[1].right)) + 0.0199), (2, (2, 1, 0))):
        row = replace(blank.rows[index], given=given)
        question = lesson.stops[0].questions[index]
        assert row.is_right == is_right(question, stop.rights[index], given)
    assert blank.rows[1].is_right is None
    assert replace(blank.rows[3], given="words").is_right is None


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_files_come_back_as_they_were_whatever_was_typed(
    blank: Report, words: str, language: str
) -> None:
    report = answered(blank, 2, -0.25, (2, 0, 1), words, name=words)
    say = say_in(language)
    assert read_reports(report_html(report, say).encode()) == (report,)
    assert read_reports(reports_csv([report], say)) == (report,)


def test_a_page_runs_no_script_and_shows_what_was_typed_as_it_is(blank: Report) -> None:
    words = "<img src=x onerror=alert(1)></dd></script><script>alert(1)</script>"
    page = report_html(answered(blank, 2, 0.5, (0, 1, 2), words, name=words), say_in("en"))
    assert "default-src 'none'" in page
    assert "script-src" not in page
    seen = Seen()
    seen.feed(page)
    assert set(seen.tags) <= set(
        "html head meta title style body h1 h2 dl dt dd section script".split()
    )
    assert seen.tags.count("script") == 1
    assert "".join(seen.words).count(words) == 2
    assert not re.search(r"(src|href|url)\s*[=(]", re.sub(r"&lt;.*?&gt;", "", page).split(DATA)[0])


def test_a_question_links_to_where_it_was_asked_and_nothing_typed_is_a_link(blank: Report) -> None:
    report = answered(blank, 0, None, None, "https://example.com/", name="https://example.com/")
    page = report_html(report, say_in("en"), base="http://localhost:8501/")
    links = re.findall(r'href="(.*?)"', page)
    assert links == [
        "http://localhost:8501/" + row.address.replace("&", "&amp;") for row in report.rows
    ]


class Seen(HTMLParser):
    """What a browser makes of a page: its elements and its words, without the data."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["script"]:
            self.words.append(data)


@pytest.mark.parametrize("words", HOSTILE[:6])
def test_no_cell_of_a_table_is_a_formula(blank: Report, words: str) -> None:
    report = answered(blank, 0, -0.25, None, words, name=words)
    text = reports_csv([report], say_in("en")).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert f"'{words}" in cells
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "＝")) and not re.match("-[^0-9]", cell)


def test_a_table_that_a_spreadsheet_wrote_again_is_read(blank: Report) -> None:
    report = answered(blank, 1, 0.5, None, 'a;b\n"c"')
    lines = csv.reader(io.StringIO(reports_csv([report], say_in("zh")).decode("utf-8-sig")))
    again = io.StringIO()
    csv.writer(again, delimiter=";", quoting=csv.QUOTE_ALL).writerows([*lines, [""] * 3])
    assert read_reports(again.getvalue()) == (report,)


def test_a_table_may_hold_a_whole_class(blank: Report) -> None:
    class_of = [
        answered(
            replace(blank, head=replace(blank.head, report=f"{number:08x}")), 0, 1.0, None, "x"
        )
        for number in range(3)
    ]
    assert read_reports(reports_csv(class_of, say_in("en"))) == tuple(class_of)


def kind(content: bytes | str) -> str:
    with pytest.raises(ReportError) as error:
        read_reports(content)
    for language in LANGUAGES:
        assert error.value.told(say_in(language))
    return error.value.kind


def test_what_is_no_report_is_called_by_its_fault(blank: Report) -> None:
    say = say_in("en")
    page = report_html(blank, say)
    assert kind(b"") == kind("\ufeff \n") == "empty"
    assert kind(b"x" * 5_000_000) == "size"
    assert kind(b"\xff\xfe\x00") == "encoding"
    assert kind("<html><p>Hello</p></html>") == kind("a,b\n1,2\n") == kind("%PDF-1.7") == "none"
    assert kind(page[: len(page) // 2]) == "none"
    assert kind(reports_csv([], say)) == "empty"
    assert kind(page.replace('"format":1', '"format":2')) == "version"
    assert kind(reports_csv([blank], say).decode().replace('""kind""', '""kin""')) == "broken"
    assert kind(reports_csv([blank], say)[:-400]) == "broken"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["rows"][0].update(given=3),
        lambda data: data["rows"][0].update(given=-1),
        lambda data: data["rows"][0].update(given=True),
        lambda data: data["rows"][0].update(given="cat"),
        lambda data: data["rows"][1].update(given=[1]),
        lambda data: data["rows"][1].update(given=float("nan")),
        lambda data: data["rows"][2].update(given=[0, 1, 1]),
        lambda data: data["rows"][2].update(given=[0, True, 2]),
        lambda data: data["rows"][3].update(given="x" * 7000),
        lambda data: data["rows"][3].update(right="x"),
        lambda data: data["rows"][0].update(options=["x"] * 500),
        lambda data: data["rows"][0].update(more=1),
        lambda data: data["rows"][0].pop("id"),
        lambda data: data["head"].update(report="../../etc"),
        lambda data: data["head"].update(name={"$ne": 1}),
        lambda data: data.update(rows=[]),
        lambda data: data.update(rows=data["rows"] * 200),
        lambda data: data.pop("head"),
    ],
)
def test_data_that_no_lesson_can_have_given_is_refused(blank: Report, change: object) -> None:
    page = report_html(answered(blank, 0, 0.5, (0, 1, 2), "x"), say_in("en"))
    start = page.index(">", page.index(f'id="{DATA}"')) + 1
    end = page.index("</script>", start)
    data = json.loads(page[start:end])
    change(data)  # type: ignore[operator]
    assert kind(page[:start] + json.dumps(data) + page[end:]) == "broken"


@pytest.mark.parametrize("data", ["[" * 100_000, "1" * 10_000, "null", "[]", '{"head": 1}'])
def test_no_json_breaks_the_reading(data: str) -> None:
    assert kind(f'<script type="application/json" id="{DATA}">{data}</script>') == "broken"


def test_no_damage_to_a_file_is_more_than_a_fault(blank: Report) -> None:
    rng = random.Random(3)
    report = answered(blank, 0, 0.5, (0, 1, 2), "words")
    for content in (
        report_html(report, say_in("en")).encode(),
        reports_csv([report], say_in("en")),
    ):
        for _ in range(60):
            broken = bytearray(content)
            for _ in range(3):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            try:
                read_reports(bytes(broken))
            except ReportError:
                pass


def test_the_largest_report_of_a_lesson_can_be_handed_in(blank: Report) -> None:
    rows: list[Row] = [replace(blank.rows[3], given="字" * 500)] * 60
    assert len(report_html(Report(blank.head, tuple(rows)), say_in("zh")).encode()) < LARGEST
