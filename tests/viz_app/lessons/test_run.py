"""A lesson as the app runs it: opened, answered, reloaded, and what goes wrong with it told."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz_app.test_app import ROOT, app, said, written
from viz_app.lessons.link import packed
from viz_app.lessons.schema import FILE
from viz_app.lessons.shelf import lesson_named, name_for
from viz_app.lessons.yaml_text import LONGEST
from viz_app.messages import text

NAME = "en/what-it-looks-at"
SOURCE = (FILE.parent / f"{NAME}.yaml").read_text(encoding="utf-8")


def at_stop(name: str, stop: int, **more: str) -> AppTest:
    """Attention with a lesson in the address, as a reload or a copied link brings it."""
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    address = {"lang": "en", "model": "small-en", "a": "x", "lesson": name, "stop": str(stop)}
    for key, value in {**address, **more}.items():
        test.query_params[key] = value
    return test.run().switch_page("viz_app/app_pages/attention/page.py").run()


def test_a_lesson_is_opened_answered_and_found_again() -> None:
    test = app("lessons", a="My own sentence.")
    test.button(key=f"open_{NAME}").click().run()
    assert "Premises checked: 2" in "\n".join(box.value for box in test.caption)
    test.button(key="lesson_begin").click().run()
    assert test.session_state["query"] == 10
    test.switch_page("viz_app/app_pages/attention/page.py").run()  # AppTest itself stays behind
    # the page waits for the guess
    assert not [box for box in test.segmented_control if box.key == "at_view"]
    test.radio(key="lesson_draft_1.1").set_value(0).run()
    test.button(key="lesson_answer_1.1").click().run()
    assert any("**Right:**" in one for one in written(test))
    assert test.segmented_control(key="at_view").value == "head"
    test.text_input(key="lesson_draft_1.2").set_value("a lot").run()
    test.button(key="lesson_answer_1.2").click().run()
    assert text("en", "lessons.answer_first.number") in [box.value for box in test.caption]
    assert test.text_input(key="lesson_draft_1.2").value == "a lot"
    test.text_input(key="lesson_draft_1.2").set_value("90 %").run()
    test.button(key="lesson_answer_1.2").click().run()
    assert any("Right is: **0\\.286**" in one for one in written(test))
    told = test.query_params["told"]
    test.button(key="lesson_next").click().run()
    assert test.session_state["text_a"].endswith("too wide.")
    test.button(key="lesson_leave").click().run()
    assert test.session_state["text_a"] == "My own sentence."

    again = at_stop(NAME, 1, told=told[0] if isinstance(told, list) else told)
    assert any("Right is: **0\\.286**" in one for one in written(again))
    # the address says another text than the stop's: the card offers the way back
    again.button(key="lesson_return").click().run()
    assert again.session_state["text_a"].endswith("too tired.")


def test_a_link_brings_the_whole_lesson() -> None:
    test = at_stop(packed(SOURCE.replace("One row of one head", "Brought along")), 1)
    assert any("Brought along" in one for one in written(test))


def test_what_a_lesson_says_falsely_is_told_at_its_stop() -> None:
    test = at_stop(packed(SOURCE.replace("weight: 0.25", "weight: 0.9")), 1)
    assert "not true of this model (line 32 of the file; measured: 0\\.286)" in said(test)


def test_only_what_can_be_an_answer_comes_out_of_an_address() -> None:
    test = at_stop(NAME, 1, told='{"1.1":7,"1.2":"x","2.1":[0,1],"9.9":1,"2.2":"words"}')
    assert not test.exception
    assert test.session_state["_lesson_run"].answers == {"2.2": "words"}
    for told in ("[1]", "no", "[" * 5_000, "{}"):
        test = at_stop(NAME, 99, told=told)
        assert not test.exception
        assert test.session_state["_lesson_run"].answers == {}


@pytest.mark.parametrize("name", ["en/no-such", "../../etc/passwd", "", "zzz" * 30, "kept-0"])
def test_a_lesson_that_is_not_there_is_told(name: str) -> None:
    test = app("lessons", lesson=name)
    assert not test.exception
    assert bool(test.error) is bool(name)


def test_a_model_that_is_not_there_is_told_with_what_there_is() -> None:
    name = packed(SOURCE.replace("model: small-en", "model: someone/some-bert"))
    test = app("lessons", lesson=name)
    assert "someone/some\\-bert" in said(test)
    test.button(key="lesson_model_mini-en").click().run()
    assert "it runs with **mini\\-en**" in said(test)
    test.button(key="lesson_begin").click().run()
    assert test.session_state["model"] == "mini-en"


def test_pasted_text_that_is_no_lesson_stays_in_its_box() -> None:
    test = app("lessons", les_section="open")
    test.text_area(key="lessons_pasted").set_value("title: [MASK] x").run()
    test.button(key="open_pasted").click().run()
    assert "Line 1" in said(test)
    assert test.text_area(key="lessons_pasted").value == "title: [MASK] x"
    for section in ("shelf", "open"):
        test.segmented_control(key="les_section").set_value(section).run()
    assert test.text_area(key="lessons_pasted").value == "title: [MASK] x"


def test_the_editor_shows_what_is_wrong_and_what_the_model_answers() -> None:
    test = app("lessons", les_section="edit")
    assert any("Right: sat" in one for one in written(test))
    source = test.text_area(key="lesson_source_box").value or ""
    test.text_area(key="lesson_source_box").set_value(source.replace("kind: choose", "kind: chose"))
    test.run()
    assert "Is it “choose”?" in said(test)
    assert "kind: chose\n" in test.session_state["lesson_source_box"]


def test_a_lesson_too_long_for_a_link_is_kept_by_the_server() -> None:
    noise = "".join(f"# {number * 7919 % 100_003}\n" for number in range(8_000))[: LONGEST - 9_000]
    source = SOURCE + noise
    name = name_for(source)
    assert name.startswith("kept-")
    assert lesson_named(name).source == source


def test_ready_lessons_open_by_their_names() -> None:
    for file in FILE.parent.glob("*/*.yaml"):
        assert lesson_named(f"{file.parent.name}/{file.stem}").title
