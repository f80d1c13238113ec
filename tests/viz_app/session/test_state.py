"""The selection survives the way into the address and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from viz_app.messages import LANGUAGES
from viz_app.session import service
from viz_app.session.defaults import DEFAULTS
from viz_app.session.state import (
    NUMBERS,
    URL_NAMES,
    Selection,
    default_selection,
    from_address,
    to_address,
)

BASE = default_selection("en-US")


@pytest.mark.parametrize(
    "selection",
    [
        BASE,
        default_selection("zh-CN"),
        Selection(
            "zh", "a folder/with space", "我喜欢 & 你 = <b>?#%", "第二句 [MASK]", 3, 7, 12, "x"
        ),
        Selection("en", "mini-en", "", "", 0, 0, 0, ""),
    ],
)
def test_address_round_trip(selection: Selection) -> None:
    assert from_address(to_address(selection), BASE) == selection


NUMBER = st.integers(0, 999_999)
SELECTIONS = st.builds(
    Selection,
    language=st.sampled_from(list(LANGUAGES)),
    model=st.text(min_size=1),
    text_a=st.text(),
    text_b=st.text(),
    layer=NUMBER,
    head=NUMBER,
    query=NUMBER,
    step=st.text(),
)


@given(selection=SELECTIONS)
def test_any_selection_survives_the_address(selection: Selection) -> None:
    assert from_address(to_address(selection), BASE) == selection


@given(
    params=st.dictionaries(
        st.sampled_from([*URL_NAMES.values(), "unknown"]),
        st.text() | st.sampled_from(["-1", "1.0", "1e3", " 1", "٣", "²", "0x1", "", "9" * 30]),
    )
)
def test_any_address_gives_a_selection_that_can_be_shown(params: dict[str, str]) -> None:
    found = from_address(params, BASE)
    assert found.language in LANGUAGES
    for choice in NUMBERS:
        value, asked = getattr(found, choice), params.get(URL_NAMES[choice])
        assert type(value) is int and value >= 0
        assert value in (0, getattr(BASE, choice)) or int(asked or "") == value
    assert from_address(to_address(found), BASE) == found


def test_every_choice_has_a_name_in_the_address() -> None:
    assert set(URL_NAMES) == set(Selection.__dataclass_fields__)
    assert len(set(URL_NAMES.values())) == len(URL_NAMES)


@pytest.mark.parametrize(
    "params",
    [
        {"layer": "-1"},
        {"layer": "two"},
        {"layer": "٣"},  # a digit, but not one of ours
        {"head": "1e3"},
        {"token": "99999999999999999999"},
        {"lang": "fr"},
        {"model": ""},
        {"unknown": "1"},
        {},
    ],
)
def test_nonsense_in_the_address_changes_nothing(params: dict[str, str]) -> None:
    assert from_address(params, BASE) == BASE


def test_an_address_with_one_sentence_has_no_second_one() -> None:
    pair = Selection("en", "mini-en", "A.", "B.")
    assert from_address({"a": "Only this."}, pair).text_b == ""
    assert from_address({"layer": "2"}, pair).text_b == "B."


def test_an_address_with_another_text_or_model_begins_at_the_first_head() -> None:
    for params in ({"a": "Another."}, {"model": "another"}, {"b": "More."}):
        found = from_address(params, BASE)
        assert (found.layer, found.head, found.query) == (0, 0, 0)
        found = from_address({**params, "layer": "1", "token": "2"}, BASE)
        assert (found.layer, found.head, found.query) == (1, 0, 2)
    same = from_address({"a": BASE.text_a, "model": BASE.model, "lang": "zh"}, BASE)
    assert (same.layer, same.head, same.query) == (BASE.layer, BASE.head, BASE.query)


def test_an_endless_text_in_the_address_is_bounded() -> None:
    most = service.current().longest_text
    assert len(from_address({"a": "x" * (most + 1)}, BASE).text_a) == most


def test_within_moves_into_the_model_and_the_sentence() -> None:
    far = Selection("en", "mini-en", "A.", layer=40, head=50, query=60)
    near = far.within(layers=4, heads=8, tokens=5)
    assert (near.layer, near.head, near.query) == (3, 7, 4)
    assert BASE.within(layers=4, heads=8, tokens=16) == BASE


def test_the_wording_of_an_option_that_has_gone_chooses_nothing() -> None:
    def page() -> None:
        import streamlit as st

        from viz_app.session import state

        st.session_state.update(query=4, head=1)
        state.choose(query="6  on", head=2)

    test = AppTest.from_function(page).run()
    assert not test.exception
    assert (test.session_state["query"], test.session_state["head"]) == (4, 2)


def test_a_second_sentence_of_spaces_is_none() -> None:
    assert Selection("en", "mini-en", "A.", "B.").pair == ("A.", "B.")
    assert Selection("en", "mini-en", "A.", " ").pair == ("A.", None)


def test_a_chinese_browser_starts_in_chinese() -> None:
    assert default_selection("zh-CN").model == DEFAULTS["zh"].model
    assert default_selection(None).language == "en"
