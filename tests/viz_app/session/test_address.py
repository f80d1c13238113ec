"""One writer of the address: parts that leave each other alone, news and lag, one message."""

from types import SimpleNamespace

import pytest

from viz_app.session import address
from viz_app.session.address import Part

FIRST = Part("first", {"a", "b"}.__contains__)
OTHER = Part("other", lambda name: name.startswith("o_"), lag=3.0)


class Address(dict[str, str]):
    """An address that counts the messages to the browser, as each is an entry of its history."""

    sent = 0

    def __setitem__(self, name: str, text: str) -> None:
        self.sent += 1
        super().__setitem__(name, text)

    def __delitem__(self, name: str) -> None:
        self.sent += 1
        super().__delitem__(name)

    def update(self, changed: dict[str, str]) -> None:  # type: ignore[override]
        self.sent += 1
        super().update(changed)

    def show(self, **parameters: str) -> None:
        """Put another address in place, as a link or the back button does."""
        self.clear()
        super().update(parameters)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Address:
    found = Address()
    fake = SimpleNamespace(session_state={}, query_params=found)
    monkeypatch.setattr(address, "st", fake)
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(address, "monotonic", lambda: now[0])
    return now


def test_all_that_changes_at_once_is_one_entry_of_the_history(shown: Address) -> None:
    address.write((FIRST, {"a": "1", "b": "2"}), (OTHER, {"o_x": "3"}))
    assert shown == {"a": "1", "b": "2", "o_x": "3"}
    assert shown.sent == 1


def test_nothing_new_sends_nothing(shown: Address) -> None:
    FIRST.write({"a": "1"})
    FIRST.write({"a": "1"})
    assert shown.sent == 1


def test_a_part_leaves_the_parameters_of_others_alone(shown: Address) -> None:
    shown.show(a="1", b="2", o_x="3", bound="true")
    FIRST.write({"a": "4"})
    assert shown == {"a": "4", "o_x": "3", "bound": "true"}


def test_news_comes_once(shown: Address) -> None:
    shown.show(a="1", o_x="3")
    assert FIRST.news() == {"a": "1"}
    assert FIRST.news() is None
    assert OTHER.news() == {"o_x": "3"}


def test_what_was_written_is_no_news(shown: Address) -> None:
    FIRST.write({"a": "1"})
    assert FIRST.news() is None
    shown.show()
    assert FIRST.news() is None  # a page opened without parameters keeps what was chosen


def test_the_address_before_a_change_is_news_only_after_its_lag(
    shown: Address, clock: list[float]
) -> None:
    for part, name in ((FIRST, "a"), (OTHER, "o_x")):
        part.write({name: "1"})
        part.write({name: "2"})
        shown.show(**{name: "1"})
        clock[0] += part.lag - 0.1
        assert part.news() is None
        clock[0] += 0.2
        assert part.news() == {name: "1"}


def test_what_the_reader_has_touched_is_newer_than_the_address(shown: Address) -> None:
    FIRST.write({"a": "1"})
    shown.show(a="2")
    assert FIRST.news(touched=True) is None
    assert FIRST.news() == {"a": "2"}


def test_back_right_after_a_link_is_obeyed(shown: Address, clock: list[float]) -> None:
    FIRST.write({"a": "1"})
    shown.show(a="2")
    assert FIRST.news() == {"a": "2"}
    FIRST.write({"a": "2"})
    shown.show(a="1")
    assert FIRST.news() == {"a": "1"}
