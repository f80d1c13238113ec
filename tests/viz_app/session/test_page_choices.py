"""A page's choices between session and address, with plain dictionaries in their place."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz_app.session import address, page_choices
from viz_app.session.page_choices import PageChoices


class Browser:
    """One reader's session: what the widgets hold, and the address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session: dict[str, Any] = {}
        self.address: dict[str, str] = {}
        self.now = 100.0
        fake = SimpleNamespace(session_state=self.session, query_params=self.address)
        monkeypatch.setattr(page_choices, "st", fake)
        monkeypatch.setattr(address, "st", fake)
        monkeypatch.setattr(address, "monotonic", lambda: self.now)

    def run(self, drawn: bool = True) -> PageChoices:
        """One run of a page with one choice of each kind."""
        choices = PageChoices("p")
        if drawn:
            choices.number("count", 1, 9, 3)
            choices.some_of("parts", ("a", "b", "c"), ("a", "b"))
            choices.switch("on")
        else:
            for key in ("p_count", "p_parts", "p_on"):  # as Streamlit does without the widget
                self.session.pop(key, None)
        choices.one_of("view", ("x", "y"), "x")
        choices.write()
        return choices

    def ask(self, **address: str) -> None:
        """Put another address in place, as a link or the back button does."""
        self.address.clear()
        self.address.update(address)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


def test_defaults_are_not_in_the_address(browser: Browser) -> None:
    choices = browser.run()
    assert [choices[name] for name in ("count", "parts", "on", "view")] == [
        3,
        ["a", "b"],
        False,
        "x",
    ]
    assert browser.address == {}


def test_choices_go_into_the_address_and_come_back_in_a_new_session(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.run()
    browser.session |= {"p_count": 5, "p_parts": ["c", "a"], "p_on": True, "p_view": "y"}
    browser.run()
    assert browser.address == {"p_count": "5", "p_parts": "c,a", "p_on": "1", "p_view": "y"}
    other = Browser(monkeypatch)
    other.ask(**browser.address)
    choices = other.run()
    assert choices["count"] == 5
    assert choices["parts"] == ["c", "a"]
    assert choices["on"] is True
    assert choices["view"] == "y"


def test_nothing_chosen_is_a_choice(browser: Browser) -> None:
    browser.ask(p_parts="")
    assert browser.run()["parts"] == []


def test_other_parameters_are_left_alone(browser: Browser) -> None:
    browser.ask(a="text", p_view="y")
    browser.run()
    browser.session["p_view"] = "x"
    browser.run()
    assert browser.address == {"a": "text"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("count", "0"), ("count", "10"), ("count", "-3"), ("count", "1e0"), ("count", "٣"),
     ("view", "z"), ("view", ""), ("on", "yes"), ("parts", "q,,")],
)  # fmt: skip
def test_nonsense_falls_back(browser: Browser, name: str, text: str) -> None:
    browser.ask(**{f"p_{name}": text})
    choices = browser.run()
    defaults = {"count": 3, "view": "x", "on": False, "parts": []}
    assert choices[name] == defaults[name]


NONSENSE = st.text(max_size=4) | st.sampled_from(["1", "0", "5", "a,c", "b,,a", "y", "9" * 12])


@given(address=st.dictionaries(st.sampled_from(["p_count", "p_parts", "p_on", "p_view"]), NONSENSE))
def test_any_address_gives_choices_that_survive_a_reload(address: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        first = Browser(patch)
        first.ask(**address)
        chosen = values(first.run())
        assert chosen["count"] in range(1, 10) and chosen["view"] in ("x", "y")
        assert set(chosen["parts"]) <= {"a", "b", "c"} and type(chosen["on"]) is bool
        assert first.address.keys() <= address.keys()
        again = Browser(patch)
        again.ask(**first.address)
        assert values(again.run()) == chosen
        assert again.address == first.address


def values(choices: PageChoices) -> dict[str, Any]:
    return {name: choices[name] for name in ("count", "parts", "on", "view")}


def test_the_back_button_wins_over_the_session(browser: Browser) -> None:
    browser.ask(p_count="5")
    browser.run()
    browser.session["p_count"] = 7
    browser.run()
    browser.now += 60
    browser.ask(p_count="5")
    assert browser.run()["count"] == 5


def test_a_reader_quicker_than_the_server_keeps_the_newer_choice(browser: Browser) -> None:
    browser.run()
    browser.session["p_count"] = 4
    browser.run()
    # two more steps, sent with the address from before they were written
    browser.session["p_count"] = 5
    browser.run()
    browser.session["p_count"] = 6
    browser.ask(p_count="4")
    assert browser.run()["count"] == 6
    assert browser.address == {"p_count": "6"}
    # a click on something else right after, with the address of a moment ago
    browser.ask(p_count="5")
    browser.now += 0.5
    browser.address["p_count"] = "4"
    browser.session["p_view"] = "y"
    assert browser.run()["count"] == 6


def test_an_address_that_lags_a_moment_is_not_a_link(browser: Browser) -> None:
    browser.ask(p_count="4")
    browser.run()
    browser.session["p_count"] = 5
    browser.run()
    browser.ask(p_count="4")
    browser.now += 1
    assert browser.run()["count"] == 5


def test_what_is_not_drawn_is_remembered_but_not_in_the_address(browser: Browser) -> None:
    browser.ask(p_count="5")
    browser.run()
    browser.run(drawn=False)
    assert browser.address == {}
    assert browser.run()["count"] == 5


def test_what_was_typed_last_outlives_a_click_that_draws_something_else(browser: Browser) -> None:
    choices = browser.run()
    browser.session["p_count"] = 5
    choices.keep("count")  # as the widget's callback; the run that follows is cut off
    browser.run(drawn=False)
    choices = browser.run()
    assert choices["count"] == 5
    browser.session["p_count"] = 3  # its default
    choices.keep("count")
    browser.run(drawn=False)
    assert browser.run()["count"] == 3
    assert browser.address == {}


def test_an_untouched_choice_follows_its_default(browser: Browser) -> None:
    def run(default: int) -> int:
        choices = PageChoices("p")
        choices.number("place", 0, 9, default)
        choices.write()
        return choices["place"]

    assert run(2) == 2
    assert run(6) == 6
    browser.session["p_place"] = 4
    assert run(6) == 4
    assert run(1) == 4


def test_a_value_that_no_longer_fits_gives_way(browser: Browser) -> None:
    def run(options: tuple[int, ...]) -> int:
        choices = PageChoices("p")
        choices.one_of("token", options, options[0])
        choices.write()
        return choices["token"]

    run((1, 2, 3))
    browser.session["p_token"] = 3
    assert run((1, 2, 3)) == 3
    assert run((1, 2)) == 1
