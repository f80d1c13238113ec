"""Item statistics beside their arithmetic."""

import numpy as np
import pytest

from viz_app.lessons.item_statistics import (
    chance_correlation,
    item_statistics,
    normalised_gain,
)

TABLE = [
    [1, 1, 1],
    [1, 1, 0],
    [1, 0, 0],
    [0, 0, 0],
]
"""Four students, three items."""


def test_difficulty_is_the_share_that_is_right() -> None:
    found = item_statistics(TABLE)
    assert found.students == 4
    assert found.difficulty == (3 / 4, 2 / 4, 1 / 4)
    assert found.mean == pytest.approx(6 / 12)


def test_discrimination_by_hand() -> None:
    # item 0: (1, 1, 1, 0), the rest: (2, 1, 0, 0); means 3/4 and 3/4
    # covariance: sum of products 2 + 1 + 0 + 0 = 3, less 4 · 9/16 = 9/4, is 3/4
    # squares: item 3 − 9/4 = 3/4; rest 5 − 9/4 = 11/4; r = 3/4 / √(3/4 · 11/4) = 3/√33
    # item 1: (1, 1, 0, 0), the rest: (2, 1, 1, 0); 3 − 2 = 1; squares 1 and 2; r = 1/√2
    # item 2: (1, 0, 0, 0), the rest: (2, 2, 1, 0); 2 − 5/4 = 3/4; squares 3/4 and 11/4; r = 3/√33
    found = item_statistics(TABLE).discrimination
    assert found == pytest.approx((3 / 33**0.5, 1 / 2**0.5, 3 / 33**0.5))


def test_alpha_by_hand_is_kr_20() -> None:
    # pq of the items: 3/16, 4/16, 3/16, together 10/16; the sums 3, 2, 1, 0 have variance 5/4
    # KR-20 = 3/2 · (1 − 10/16 · 4/5) = 3/2 · 1/2 = 3/4
    assert item_statistics(TABLE).alpha == pytest.approx(3 / 4)


def test_items_that_go_together_give_an_alpha_of_one_and_unrelated_ones_of_zero() -> None:
    assert item_statistics([[1, 1], [1, 1], [0, 0]]).alpha == pytest.approx(1)
    assert item_statistics([[1, 1], [1, 0], [0, 1], [0, 0]]).alpha == pytest.approx(0)
    assert item_statistics([[1, 1], [1, 0], [0, 1], [0, 0]]).discrimination == pytest.approx((0, 0))


def test_what_does_not_vary_has_no_correlation() -> None:
    found = item_statistics([[1, 0], [1, 1]])
    assert found.discrimination == (None, None)
    alone = item_statistics([[1, 0, 1]])
    assert alone.discrimination == (None, None, None)
    assert alone.alpha is None
    assert item_statistics([[1], [0]]).alpha is None


@pytest.mark.parametrize("table", [[], [[]], [1, 0]])
def test_a_table_without_students_or_items_is_refused(table: list[object]) -> None:
    with pytest.raises(ValueError, match="student, item"):
        item_statistics(table)  # type: ignore[arg-type]


def test_gain_is_the_share_learned_of_what_was_not_known() -> None:
    # from 40 % to 70 %: 30 of the 60 per cent that were missing
    assert normalised_gain(0.4, 0.7) == pytest.approx(0.5)
    assert normalised_gain(0.5, 0.25) == pytest.approx(-0.5)
    assert normalised_gain(1.0, 1.0) is None


def test_chance_alone_stays_below_the_bound_in_95_of_100_classes() -> None:
    rng = np.random.default_rng(0)
    drawn = [
        item_statistics(rng.integers(0, 2, size=(40, 2))).discrimination[0] for _ in range(1000)
    ]
    below = np.mean([abs(one or 0) <= chance_correlation(40) for one in drawn])
    assert 0.93 <= below <= 0.97
    assert chance_correlation(1) == 1
