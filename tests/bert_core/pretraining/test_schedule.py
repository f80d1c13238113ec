"""Budgets in steps and seconds, and the learning rate over them."""

import pytest

from bert_core.pretraining.schedule import Budget, learning_rate_factor


def test_budget_counts_what_it_is_given_in() -> None:
    assert Budget(steps=40).spent(10, 1e9) == 0.25
    assert Budget(seconds=60.0).spent(10**9, 15.0) == 0.25
    assert Budget(steps=40).spent(41, 0.0) == 1.0


@pytest.mark.parametrize(
    "limits", [{}, {"steps": 3, "seconds": 4.0}, {"steps": 0}, {"seconds": -1.0}]
)
def test_budget_wants_one_positive_limit(limits: dict) -> None:
    with pytest.raises(ValueError, match="steps or of seconds"):
        Budget(**limits)


def test_rate_warms_up_then_falls_to_zero() -> None:
    factors = [learning_rate_factor(spent / 100, warmup=0.2) for spent in range(101)]
    assert factors[0] == 0 and factors[20] == 1 and factors[100] == 0
    assert factors[10] == pytest.approx(0.5) and factors[60] == pytest.approx(0.5)
    assert factors[:21] == sorted(factors[:21]) and factors[20:] == sorted(factors[20:])[::-1]
    assert learning_rate_factor(0.0, warmup=0.0) == 1
