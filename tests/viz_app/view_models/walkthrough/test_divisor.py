"""The √d laboratory against numbers worked out by hand and by autograd."""

import numpy as np
import pytest
import torch

from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.view_models.walkthrough.divisor import (
    divisor_view,
    entropy_bits,
    softmax,
    softmax_slope,
)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw a dog .")


def test_at_the_root_of_the_head_size_it_is_the_models_own_attention(trace: Trace) -> None:
    view = divisor_view(trace, 1, 2, 3, divisor=5**0.5, dims=5)
    np.testing.assert_allclose(view.weights, trace.layer(1).attention_probs[2, 3], atol=1e-6)


def test_a_larger_divisor_flattens(trace: Trace) -> None:
    view = divisor_view(trace, 1, 2, 3, divisor=1, dims=5)
    assert (view.divisors[0], view.divisors[-1]) == pytest.approx((1, 5))
    assert (np.diff(view.largest) < 0).all()
    assert (np.diff(view.entropy) > 0).all()
    assert view.weights.max() == pytest.approx(view.largest[0])


def test_fewer_dimensions_make_other_scores(trace: Trace) -> None:
    record = trace.layer(1)
    dots = record.key[2, :, :3] @ record.query[2, 3, :3]
    expected = torch.softmax(dots / 2, -1)
    view = divisor_view(trace, 1, 2, 3, divisor=2, dims=3)
    np.testing.assert_allclose(view.weights, expected, atol=1e-6)


def test_growth_compares_all_pairs_of_tokens(trace: Trace) -> None:
    record = trace.layer(1)
    q, k = record.query[2].double(), record.key[2].double()
    with_two, with_all = ((q[:, :d] @ k[:, :d].T).square().mean().sqrt() for d in (2, 5))
    view = divisor_view(trace, 1, 2, 3, divisor=1, dims=5)
    assert view.fewest == 2
    assert view.growth == pytest.approx(float(with_all / with_two))
    alone = divisor_view(trace, 1, 2, 3, divisor=1, dims=1)
    assert (alone.fewest, alone.growth) == (1, 1.0)


def test_entropy_by_hand() -> None:
    assert entropy_bits([0.25] * 4) == pytest.approx(2)
    assert entropy_bits([1, 0, 0]) == pytest.approx(0)
    assert entropy_bits([0.5, 0.25, 0.25]) == pytest.approx(1.5)


def test_the_slope_is_that_of_autograd() -> None:
    scores = torch.tensor([0.3, -1.2, 2.0, 0.1], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda s: torch.softmax(s, -1), scores)
    assert softmax_slope(softmax(scores.numpy())) == pytest.approx(float(jacobian.norm()))
    assert softmax_slope([1, 0]) == pytest.approx(0)
    assert softmax_slope([0.5, 0.5]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dims": 6}, "dimensions 6 is not one of 1 to 5"),
        ({"divisor": 0.5}, "at least 1"),
        ({"head": 4}, "head 4"),
        ({"query": 99}, "query token 99"),
    ],
)
def test_what_makes_no_sense_is_named(trace: Trace, changes: dict[str, int], message: str) -> None:
    at = {"layer": 1, "head": 2, "query": 3, "divisor": 2, "dims": 5, **changes}
    with pytest.raises(ValueError, match=message):
        divisor_view(trace, **at)


def test_a_token_behind_the_causal_mask_gets_no_weight_in_the_laboratory() -> None:
    causal = toy_bert().trace("the cat saw a dog .", attention="causal")
    view = divisor_view(causal, 1, 2, 3, divisor=5**0.5, dims=5)
    assert view.labels == ("[CLS]", "the", "cat", "saw")
    np.testing.assert_allclose(view.weights, causal.layer(1).attention_probs[2, 3, :4], atol=1e-6)
