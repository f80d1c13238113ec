"""The positions page as a script run: every section in both languages, its digits, its address."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[3]
SENTENCES = {
    "en": "The animal didn't cross the street because it was too tired.",
    "zh": "小猫饿了，它想吃鱼。",
}
VIEWS = [
    {},
    *({"pos_section": "lengths", "pos_scheme": name} for name in ("integer", "sinusoid")),
    {"pos_section": "lengths", "pos_pair": "own", "b": "It slept."},
    *(
        {"pos_section": "sinusoid", "pos_view": name}
        for name in ("matrix", "curves", "worked", "rotation", "similarity")
    ),
    *(
        {"pos_section": "learned", "pos_learned": name}
        for name in ("table", "similarity", "components", "norms")
    ),
    {"pos_section": "sum"},
    {"pos_section": "order", "b": "It slept."},
    {"pos_section": "heads"},
]
NAMES = ["-".join(view.values()) or "schemes" for view in VIEWS]


def app(language: str = "en", **params: str) -> AppTest:
    """The positions page after its first run."""
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    asked = {"lang": language, "model": f"small-{language}", "a": SENTENCES[language], **params}
    for name, value in asked.items():
        test.query_params[name] = value
    test.run()
    return test.switch_page("viz_app/app_pages/positions/page.py").run()


def charts(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]


def written(test: AppTest) -> str:
    """All Markdown, captions and messages."""
    kinds = (test.markdown, test.caption, test.info, test.latex)
    return "\n".join(element.value for kind in kinds for element in kind)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_every_view_has_pictures_or_a_table_in_both_languages(
    view: dict[str, str], language: str
) -> None:
    test = app(language, **view)
    assert not test.exception
    assert not test.error
    assert charts(test) or "| ---: |" in written(test)
    # every picture says in words what it shows
    assert all(chart.proto.alt for chart in test.get("plotly_chart"))


def test_only_the_chosen_section_is_drawn() -> None:
    assert len(charts(app(pos_section="sinusoid"))) == 2
    assert len(charts(app(pos_section="sinusoid", pos_view="worked"))) == 0


def test_the_worked_example_is_the_published_one() -> None:
    text = written(app(pos_section="sinusoid", pos_view="worked"))
    assert "sin(3) = 0.1411" in text
    assert "cos(3) = −0.9900" in text
    # pair 1: 10000^(2/128) = 1.1547820, 3 / 1.1547820 = 2.59789, sin 2.59789 = 0.5173
    assert "| 3 / 1.154782 = 2.59789 | **sin(2.59789) = 0.5173** |" in text


def test_choices_come_from_the_address_and_go_back_to_it() -> None:
    test = app(pos_section="sinusoid", pos_position="7", pos_length="20", pos_base="100")
    assert test.slider(key="pos_position").value == 7
    assert test.selectbox(key="pos_base").value == 100
    test.slider(key="pos_position").set_value(9).run()
    assert test.query_params["pos_position"] == "9"
    # what equals its default is left out
    test.slider(key="pos_position").set_value(3).run()
    assert "pos_position" not in test.query_params
    assert test.query_params["pos_length"] == "20"
    assert test.query_params["a"] == SENTENCES["en"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"pos_section": "nowhere"},
        {"pos_section": "sinusoid", "pos_length": "0"},
        {"pos_section": "sinusoid", "pos_length": "-3"},
        {"pos_section": "sinusoid", "pos_d_model": "1e9"},
        {"pos_section": "sinusoid", "pos_view": "curves", "pos_dimensions": "5,x,99999"},
        {"pos_section": "order", "pos_hidden": "77"},
        {"pos_section": "learned", "pos_rows": "٣٣"},
    ],
)
def test_nonsense_in_the_address_is_passed_over(nonsense: dict[str, str]) -> None:
    test = app(**nonsense)
    assert not test.exception
    assert charts(test)


def test_a_choice_survives_another_section() -> None:
    test = app(pos_section="sinusoid", pos_position="7")
    test.segmented_control(key="pos_section").set_value("learned").run()
    assert "pos_position" not in test.query_params
    test.segmented_control(key="pos_section").set_value("sinusoid").run()
    assert test.slider(key="pos_position").value == 7


def test_the_smallest_and_an_odd_sinusoid() -> None:
    for view in ("matrix", "curves", "worked", "rotation", "similarity"):
        small = app(pos_section="sinusoid", pos_view=view, pos_length="1", pos_d_model="2")
        assert not small.exception
        odd = app(pos_section="sinusoid", pos_view=view, pos_d_model="5")
        assert "5 is odd" in written(odd)
        assert not odd.exception


@pytest.mark.parametrize("text", ["", "x", "<b>*a*</b> $x$ | y", "word " * 300])
@pytest.mark.parametrize("section", ["lengths", "sum", "order", "heads"])
def test_no_text_breaks_a_section(section: str, text: str) -> None:
    for extra in ({}, {"pos_scheme": "integer"}) if section == "lengths" else ({},):
        assert not app(a=text, pos_section=section, **extra).exception


def test_without_positions_the_words_can_stand_in_any_order() -> None:
    test = app(pos_section="order", pos_order="reverse")
    on, off = (float(metric.value) for metric in test.metric)
    assert on > 0.5
    assert off < 1e-4


def test_a_part_that_is_off_is_said_to_be_no_longer_the_model_s() -> None:
    whole = app(pos_section="sum")
    assert "off the model’s own input" in written(whole)
    without = app(pos_section="sum", pos_parts="word,segment")
    assert "this is not what the model reads" in written(without)
    assert "off the model’s own input" not in written(without)


def test_a_text_in_a_table_is_text() -> None:
    text = written(app(pos_section="order", a="a **b** | c <i>d</i>"))
    assert "<i>" not in text
    assert "\\*" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_goes_wrong_opens_with_a_sentence_in_the_language_of_the_page(language: str) -> None:
    test = app(language, pos_section="lengths")
    assert test.session_state["pos_pair"] == language
