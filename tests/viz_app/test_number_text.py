"""Numbers as text: signs, zeros, small ones; and the same in Python and in the browser."""

import json
from pathlib import Path

import pytest

from viz_app.number_text import (
    count_text,
    decimal_text,
    probability_text,
    share_text,
    signed_text,
    significant_text,
    tiny_text,
)

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden.json").read_text("utf-8"))


@pytest.mark.parametrize(("value", "decimals", "text"), GOLDEN["digits"])
def test_numbers_are_written_as_in_the_browser(value: float, decimals: int, text: str) -> None:
    assert decimal_text(value, decimals) == text


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "0.000"),
        (0.0004999, "5·10⁻⁴"),
        (0.0006, "0.001"),
        (1.4e-12, "1·10⁻¹²"),
        (0.25, "0.250"),
        (1.0, "1.000"),
    ],
)
def test_a_probability_is_nothing_only_where_it_is_zero(probability: float, text: str) -> None:
    assert probability_text(probability) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.25, 3, "+0.250"),
        (-0.25, 3, "−0.250"),
        (0.0004, 3, "0.000"),
        (-0.0004, 3, "0.000"),
        (-0.0, 1, "0.0"),
        (-0.0006, 3, "−0.001"),
        (0.0006, 3, "+0.001"),
        (-1.5, 1, "−1.5"),
        (0.04, 1, "0.0"),
    ],
)
def test_a_difference_has_a_sign_unless_it_is_nothing(
    value: float, decimals: int, text: str
) -> None:
    assert signed_text(value, decimals) == text


def test_a_share_is_in_percent() -> None:
    assert [share_text(share) for share in (0.0, 0.5, 0.8164, 1.0)] == [
        *("0.0\u00a0%", "50.0\u00a0%", "81.6\u00a0%", "100.0\u00a0%")
    ]
    assert share_text(0.155, 0) == "16\u00a0%"


def test_a_count_has_its_digits_in_threes() -> None:
    assert [count_text(count) for count in (0, 999, 1000, 1234567, 41280.2)] == [
        *("0", "999", "1,000", "1,234,567", "41,280")
    ]


def test_significant_digits_whatever_the_size() -> None:
    assert significant_text(1234567.0, 3) == "1.23e+06"
    assert significant_text(-0.0012345, 2) == "−0.0012"
    assert significant_text(1e-7, 3) == "1e-07"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (2.4e-7, "0.0000002"), (0.03, "0.03"), (12.0, "12")]
)
def test_rounding_errors_are_written_out(value: float, text: str) -> None:
    assert tiny_text(value) == text
