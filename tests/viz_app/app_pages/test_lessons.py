"""The pages of Lessons that need more than one run: a report, and a class of them."""

import html
import json
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from tests.viz_app.lessons.test_class_results import report
from tests.viz_app.test_app import ROOT, app, said, written
from viz_app.app_pages.lessons.moodle import frame_html
from viz_app.lessons.addresses import embedded
from viz_app.lessons.report import Report
from viz_app.lessons.report_file import report_html, reports_csv
from viz_app.lessons.report_reading import LARGEST, read_reports
from viz_app.lessons.shelf import ready_lesson
from viz_app.messages import say_in, text

SAY = say_in("en")


def test_a_class_is_read_from_pasted_reports() -> None:
    test = app("lessons", les_section="class")
    assert text("en", "class.waiting") in said(test)

    def paste(content: str, time: str = "first") -> None:
        test.radio(key="class_paste_time").set_value(time)
        test.text_area(key="class_paste").set_value(content)
        test.button(key="class_paste_add").click().run()
        assert not test.exception

    paste("no report")
    assert text("en", "class.fault.none") in said(test).replace("\\", "")
    assert test.text_area(key="class_paste").value == "no report"
    paste("x" * (LARGEST + 1))
    assert "too large" in said(test)
    answers = [report(1, 0, 0.5, (2, 0, 1), "![x](http://evil) <b>"), report(2, 1, 0.1)]
    paste(report_html(answers[0], SAY))
    assert test.text_area(key="class_paste").value == ""
    paste(reports_csv(answers, SAY).decode())
    assert "the same run as Paste 3" in said(test).replace("\\", "")
    words = "\n".join(written(test))
    assert "Reports: 2 · questions: 4 · right on average: 50" in words
    assert "![x](" not in words
    assert text("en", "class.too_few", count=2, least=10) in said(test)
    paste(reports_csv([report(3, 0, 0.5, (2, 0, 1))], SAY).decode(), "again")
    assert any("normalised gain" in one and "**1.00**" in one for one in written(test))
    # files count too; what was brought is there still after another section
    more = [("a.html", report_html(report(4, 1), SAY).encode(), "text/html")]
    more.append(("b.csv", b"a,b", "text/csv"))
    test.file_uploader[0].set_value(more).run()
    assert "b.csv: " in said(test).replace("\\", "")
    assert any("Reports: 3 · questions: 4" in one for one in written(test))
    test.segmented_control(key="les_section").set_value("shelf").run()
    test.segmented_control(key="les_section").set_value("class").run()
    assert any("Reports: 3 · questions: 4" in one for one in written(test))
    test.file_uploader[0].set_value([("c.html", report_html(report(5), SAY).encode(), "")]).run()
    assert any("Reports: 4 · questions: 4" in one for one in written(test))
    test.file_uploader[0].set_value([]).run()
    assert any("Reports: 3 · questions: 4" in one for one in written(test))
    test.button(key="class_clear").click().run()
    assert text("en", "class.waiting") in said(test)


def test_the_statistics_of_a_class_that_is_large_enough() -> None:
    test = app("lessons", les_section="class")
    many: list[Report] = [
        report(i, int(i % 3 == 0), 0.5 if i % 2 else 0.9, (2, 0, 1) if i < 6 else (0, 1, 2))
        for i in range(12)
    ]
    test.text_area(key="class_paste").set_value(reports_csv(many, SAY).decode())
    test.button(key="class_paste_add").click().run()
    assert any("Cronbach’s α: **" in one for one in written(test))
    assert not test.warning


def test_a_report_can_be_saved_once_something_is_answered() -> None:
    test = app("lessons", lesson="en/what-it-looks-at")
    assert not [box for box in test.text_input if box.key == "report_name"]
    test.query_params["told"] = json.dumps({"1.1": 0})
    test.run()
    assert not test.exception
    test.text_input(key="report_name").set_value("<b>Ada</b>").run()
    assert test.text_input(key="report_name").value == "<b>Ada</b>"
    assert len(test.get("download_button")) >= 3


def test_in_a_frame_a_stop_stands_without_bar_and_shows_what_its_address_says() -> None:
    lesson = ready_lesson("en/what-it-looks-at")
    where = lesson.stops[0].where
    page, _, asked = embedded(where, language="en", model="small-en", position=10).partition("?")
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    test.context["is_embedded"] = True
    for name, [value] in parse_qs(asked).items():
        test.query_params[name] = value
    test.run().switch_page(f"viz_app/app_pages/{page}/page.py").run()
    assert not test.exception
    assert {"text_a", "model"}.isdisjoint(box.key for box in (*test.text_input, *test.selectbox))
    shown = [test.session_state[name] for name in ("text_a", "layer", "head", "query")]
    assert shown == [where.text_a, 3, 1, 10]
    assert test.segmented_control(key="at_view").value == "head"


def test_what_is_pasted_into_moodle_is_one_frame_whatever_the_title() -> None:
    address = "http://localhost/attention?a=%22%3E&b=1"
    snippet = frame_html(address, '"><script>')
    assert snippet.count("<") == 2
    assert html.unescape(snippet.split('"')[1]) == address


def test_a_test_tells_nobody_what_is_right() -> None:
    name = "en/test-before-and-after"
    told = json.dumps({"1.1": 4.0, "1.2": 0.787})
    cover = app("lessons", lesson=name, told=told)
    captions = "\n".join(box.value for box in cover.caption)
    assert text("en", "class.test_so_far", answered=2, asked=10) in captions
    assert not any("✓ ✗" in one or "✗" in one for one in written(cover))
    assert "Right" not in "\n".join(written(cover))
    card = app("start", lesson=name, told=told, stop="1")
    words = "\n".join(written(card))
    assert "**Your answer:** 4" in words
    assert "Right" not in words and "Not quite" not in words
    page = report_html(report(1, 0, 0.7, (0, 1, 2)), SAY, test=True)
    shown = page[: page.index("<script")]
    for key in ("class.csv.right", "class.csv.is_right", "class.csv.tolerance", "class.csv.score"):
        assert f"<dt>{SAY(key)}</dt>" not in shown
    assert read_reports(page) == (report(1, 0, 0.7, (0, 1, 2)),)


def test_the_table_of_numbers_is_another_one_at_another_stop() -> None:
    """Else it would stay at the step of the stop before, which is on the same page."""
    stops = [
        app("walkthrough", lesson="en/3-attention-by-hand", stop=stop, told='{"1.1":0,"2.1":0}')
        for stop in ("1", "2")
    ]
    one, other = (test.session_state["walkthrough_sent"][0][0] for test in stops)
    assert one != other
