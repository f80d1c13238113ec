"""The pages of Lessons that need more than one run: a report, and a class of them."""

import json

from tests.viz_app.lessons.test_class_results import report
from tests.viz_app.test_app import app, said, written
from viz_app.lessons.report import Report
from viz_app.lessons.report_file import report_html, reports_csv
from viz_app.lessons.report_reading import LARGEST
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
    test.button(key="class_paste_clear").click().run()
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
