import numpy as np
import pytest

from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.attention.neurons import neuron_view
from viz_app.views.neurons import neurons_payload
from viz_app.views.payload import unpack


def test_each_number_follows_from_those_before() -> None:
    trace = toy_bert().trace("the cat saw a dog")
    view = neuron_view(trace, layer=1, head=3, query=2)
    np.testing.assert_allclose(view.keys @ view.query, view.dots, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(view.dots / np.sqrt(5), view.scores, rtol=1e-5, atol=1e-6)
    powers = np.exp(view.scores - view.scores.max())
    np.testing.assert_allclose(powers / powers.sum(), view.weights, atol=1e-6)
    np.testing.assert_array_equal(view.weights, trace.layer(1).attention_probs[3, 2].numpy())
    assert view.query_token.text == "cat"
    assert view.left_out == 0
    assert view.left_out_weight == pytest.approx(0, abs=1e-6)


def test_of_many_keys_the_heaviest_are_shown_in_the_order_of_the_text() -> None:
    trace = toy_bert().trace("the cat saw a dog it was tired")
    weights = trace.layer(0).attention_probs[0, 4].numpy()
    view = neuron_view(trace, 0, 0, 4, most=3)
    positions = [token.position for token in view.tokens]
    assert positions == sorted(np.argsort(-weights)[:3].tolist())
    np.testing.assert_array_equal(view.weights, weights[positions])
    assert view.left_out == len(weights) - 3
    assert view.left_out_weight == pytest.approx(1 - weights[positions].sum(), abs=1e-6)


def test_a_masked_key_is_closed_not_hugely_negative() -> None:
    trace = toy_bert().trace("the cat", attention="causal")
    view = neuron_view(trace, 0, 0, 1)
    header, arrays = unpack(neurons_payload(view, key="k", say=say_in("en")))
    assert arrays["closed"].tolist() == [0, 0, 1, 1]
    assert header["labels"]["root"] == "÷ √5"


@pytest.mark.parametrize(("head", "query"), [(4, 0), (0, 99), (-1, 0)])
def test_what_does_not_exist_is_refused(head: int, query: int) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        neuron_view(toy_bert().trace("the cat"), 0, head, query)
