"""A class's reports: those that belong together are counted, the others named."""

from dataclasses import replace

import pytest

from viz_app.figures.tally import tally_bars
from viz_app.lessons.class_results import (
    MOST_BARS,
    Brought,
    collect,
    question_results,
    statistics_of,
    subjects,
)
from viz_app.lessons.records import Given
from viz_app.lessons.report import Head, Report, Row
from viz_app.messages import LANGUAGES, say_in
from viz_app.view_models.tally import TallyView

HEAD = Head("00000000", "a" * 16, "Rows", "en", "small-en", "b" * 12, "")
ROWS = (
    Row("1.1", "choose", "Which?", ("cat", "<b>dog</b>"), 0.0, 0, None, 0, "attention?a=x"),
    Row("1.2", "number", "How much?", (), 0.05, 0.5, None, 0, "attention?a=x"),
    Row("1.3", "order", "In order?", ("a", "b", "c"), 0.0, (2, 0, 1), None, 0, "attention?a=x"),
    Row("2.1", "free", "Why?", (), 0.0, None, None, 0, "attention?a=x"),
)


def report(number: int, *given: Given | None) -> Report:
    rows = [
        replace(row, given=one)
        for row, one in zip(ROWS, [*given, *[None] * len(ROWS)][: len(ROWS)], strict=True)
    ]
    return Report(replace(HEAD, report=f"{number:08x}"), tuple(rows))


def brought(*reports: Report) -> list[Brought]:
    return [Brought(f"{index}.html", one) for index, one in enumerate(reports)]


def about(one: Report, **changes: str) -> Report:
    return replace(one, head=replace(one.head, **changes))  # type: ignore[arg-type]


def test_a_report_of_another_lesson_model_or_revision_is_named_and_left_out() -> None:
    files = brought(
        report(1, 0),
        about(report(2, 0), lesson="c" * 16, title="Heads"),
        about(report(3, 0), model="mini-en"),
        about(report(4, 0), revision="d" * 12),
        report(5, 1),
    )
    first, *_ = subjects(files)
    found = collect(files, first)
    assert [one.head.report for one in found.reports] == ["00000001", "00000005"]
    assert [(one.source, one.kind, one.detail) for one in found.skipped] == [
        ("1.html", "other_lesson", "Heads"),
        ("2.html", "other_model", "mini-en"),
        ("3.html", "other_revision", "d" * 12),
    ]
    for language in LANGUAGES:
        for one in found.skipped:
            assert one.source in one.told(say_in(language))


@pytest.mark.parametrize("fuller_first", [True, False])
def test_of_two_files_of_one_run_the_fuller_counts(fuller_first: bool) -> None:
    full, part = report(1, 0, 0.5), report(1, 0)
    files = brought(*((full, part) if fuller_first else (part, full)))
    found = collect(files, full.head.subject)
    assert found.reports == (full,)
    [skipped] = found.skipped
    assert (skipped.kind, skipped.source) == ("duplicate", "1.html" if fuller_first else "0.html")


def test_two_students_with_the_same_answers_are_two() -> None:
    found = collect(brought(report(1, 0), report(2, 0)), HEAD.subject)
    assert len(found.reports) == 2


def test_a_report_with_other_right_answers_is_named() -> None:
    forged = report(3, 1)
    forged = replace(forged, rows=(replace(forged.rows[0], right=1), *forged.rows[1:]))
    moved = report(4, 1)
    moved = replace(moved, rows=(moved.rows[0], replace(moved.rows[1], right=0.9), *moved.rows[2:]))
    rounded = report(5, 1)
    rounded = replace(
        rounded,
        rows=(rounded.rows[0], replace(rounded.rows[1], right=0.5 + 1e-6), *rounded.rows[2:]),
    )
    found = collect(brought(report(1, 0), report(2, 0), forged, moved, rounded), HEAD.subject)
    assert [one.head.report[-1] for one in found.reports] == ["1", "2", "5"]
    assert [one.kind for one in found.skipped] == ["other_questions", "other_questions"]


def test_answers_are_counted_with_the_right_one_marked() -> None:
    choose, number, order, free = question_results(
        [
            report(1, 0, 0.5, (2, 0, 1), "because"),
            report(2, 0, 0.46, (2, 0, 1), ""),
            report(3, 1, 3.0, (0, 1, 2)),
            report(4),
        ]
    )
    assert choose.tally() == TallyView(("cat", "<b>dog</b>"), (2, 1), (True, False))
    assert (choose.answered, choose.right) == (3, 2)
    assert number.tally() == TallyView(("0.46", "0.5", "3"), (1, 1, 1), (True, True, False))
    assert order.tally() == TallyView(("c > a > b", "a > b > c"), (2, 1), (True, False))
    assert free.texts == ("because", "")


def test_the_right_order_is_shown_also_where_nobody_has_it() -> None:
    _, _, order, _ = question_results([report(1, 0, 0.5, (0, 1, 2))])
    assert order.tally() == TallyView(("a > b > c", "c > a > b"), (1, 0), (False, True))


def test_many_numbers_stand_in_ranges_and_one_far_off_does_not_hide_them() -> None:
    given = [0.4 + number / 200 for number in range(40)] + [1e14]
    _, number, _, _ = question_results([report(i, 0, one) for i, one in enumerate(given)])
    view = number.tally()
    assert sum(view.counts) == 41
    assert max(view.counts) < 12
    assert len(view.labels) <= MOST_BARS
    assert sum(view.right) == 1
    same = [0.5] * 300 + [float(number) for number in range(13)]
    _, number, _, _ = question_results([report(i, 0, one) for i, one in enumerate(same)])
    assert sum(number.tally().counts) == 313


def test_statistics_are_of_the_questions_with_a_right_answer() -> None:
    found = statistics_of(question_results([report(1, 0, 0.5, (2, 0, 1), "x"), report(2, 0)]))
    assert found is not None
    assert found.difficulty == (1.0, 0.5, 0.5)
    free = [replace(report(1), rows=(ROWS[3],))]
    assert statistics_of(question_results(free)) is None


def test_bars_keep_equal_labels_apart_and_show_no_markup() -> None:
    figure = tally_bars(
        TallyView(("<b>x</b>", "<b>x</b>", "y" * 90), (3, 0, 1), (False, True, False))
    )
    assert list(figure.data[0].x) == [3, 0, 1]
    assert len(set(figure.data[0].y)) == 3
    assert figure.layout.yaxis.ticktext[1] == "✓ &lt;b&gt;x&lt;/b&gt;"
    assert len(figure.layout.yaxis.ticktext[2]) < 60
