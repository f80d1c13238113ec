import numpy as np
import pytest

from bert_core.studies.heads import layer_value_norms, rollout, value_norms
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.view_models.attention.compare import difference_map
from viz_app.view_models.attention.flow import flow_map
from viz_app.view_models.attention.matrix import attention_map


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw a dog")


def test_flow_maps_are_the_cores_own_numbers(trace: Trace) -> None:
    rolled = flow_map(trace, "rollout", layer=1, head=0)
    np.testing.assert_array_equal(rolled.values, rollout(trace)[1].numpy())
    assert (rolled.low, rolled.high) == (0, rolled.values.max())
    assert rolled.axes == ("attention.axis.position", "attention.axis.input")
    norms = flow_map(trace, "norm_head", layer=2, head=3)
    np.testing.assert_array_equal(norms.values, value_norms(trace, 2, 3).numpy())
    assert norms.high == norms.values.max()
    whole = flow_map(trace, "norm_layer", layer=2, head=1)
    np.testing.assert_array_equal(whole.values, layer_value_norms(trace, 2).numpy())
    assert whole.legend == "attention.legend.norm_layer"


def test_a_head_that_is_off_still_has_a_scale() -> None:
    off = toy_bert().trace("the cat", heads_off={(0, 0)})
    assert (flow_map(off, "norm_head", 0, 0).low, flow_map(off, "norm_head", 0, 0).high) == (0, 1)


@pytest.mark.parametrize("layer", [-1, 3])
def test_rollout_stops_at_a_layer_that_is_there(trace: Trace, layer: int) -> None:
    with pytest.raises(ValueError, match="is not one of 0 to 2"):
        flow_map(trace, "rollout", layer, 0)


def test_difference_is_second_less_first_and_names_both_words() -> None:
    toy = toy_bert()
    first = attention_map(toy.trace("it was tired"), 1, 2)
    second = attention_map(toy.trace("it was wide"), 1, 2)
    view = difference_map(first, second)
    assert view is not None
    np.testing.assert_array_equal(view.values, second.values - first.values)
    assert view.high == -view.low == np.abs(view.values).max()
    assert [token.text for token in view.rows] == ["[CLS]", "it", "was", "tired/wide", "[SEP]"]
    np.testing.assert_allclose(view.values.sum(axis=1), 0, atol=1e-6)


def test_no_difference_between_unequal_lengths_and_none_with_itself(trace: Trace) -> None:
    view = attention_map(trace, 0, 0)
    assert difference_map(view, attention_map(toy_bert().trace("the cat"), 0, 0)) is None
    same = difference_map(view, view)
    assert same is not None and not same.values.any() and same.low < same.high
