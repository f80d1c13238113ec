"""What is left out of a long sum is said, and what is shown is its largest part."""

import numpy as np
import pytest
import torch

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.provenance import Cell
from bert_core.trace import Trace, trace_forward
from viz_app.view_models.walkthrough.origin import SHOWN, origin_view, term_view
from viz_app.view_models.walkthrough.steps import place_of


@pytest.fixture(scope="module")
def trace() -> Trace:
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=99,
        hidden_size=60,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=70,
        max_position_embeddings=40,
        initializer_range=0.3,
    )
    encoding = Encoding(
        text_a="a a",
        text_b=None,
        tokens=("[CLS]", "a", "a", "[SEP]"),
        input_ids=(2, 40, 40, 3),
        token_type_ids=(0,) * 4,
        attention_mask=(1,) * 4,
        special_tokens_mask=(1, 0, 0, 1),
        offsets=(None,) * 4,
    )
    return trace_forward(BertForPreTraining(config).eval(), encoding)


def test_shown_terms_and_rest_make_the_whole(trace: Trace) -> None:
    view = origin_view(trace, Cell("intermediate_input", (1, 5), 0))
    inputs, weights, bias = view.operands
    assert (view.shown, view.total) == (SHOWN, 60)
    shown = np.dot(inputs.values, weights.values)
    assert view.rest is not None
    assert shown + view.rest + bias.values[0] == pytest.approx(view.provenance.value, abs=1e-5)
    sizes = np.abs(np.array(inputs.values) * np.array(weights.values))
    assert (np.diff(sizes) <= 0).all()
    everything = view.provenance.operands
    left_out = np.abs(everything[0].values * everything[1].values)
    assert np.sort(left_out)[-SHOWN:][::-1] == pytest.approx(sizes, rel=1e-5)
    assert len(inputs.lit) == 60


def test_operands_and_places_are_named_as_on_the_page(trace: Trace) -> None:
    joined = origin_view(trace, Cell("attention_output", (2, 5), 1))
    dense = next(group for group in joined.operands if group.stage == "context")
    assert [f"H{head} · {dim}" for head, _, dim in dense.indices] == list(dense.headings)
    assert {index[1] for index in dense.indices} == {2}
    assert joined.place == (("layer", "1"), ("token", "a (2)"), ("hidden", "5"))
    weight = origin_view(trace, Cell("attention_probs", (1, 2, 0), 0))
    assert ("head", "1") in weight.place and ("token", "a (2)") in weight.place


def test_short_sums_keep_their_order(trace: Trace) -> None:
    view = origin_view(trace, Cell("context", (1, 2, 7), 1))
    assert view.rest is None
    weights, values = view.operands
    assert weights.headings == values.headings == ("[CLS]", "a (1)", "a (2)", "[SEP]")
    assert weights.indices == tuple((1, 2, key) for key in range(4))
    assert view.place == (("layer", "1"), ("head", "1"), ("token", "a (2)"), ("head_size", "7"))


def test_a_mean_has_no_rest(trace: Trace) -> None:
    view = origin_view(trace, Cell("embedding_mean", (1,)))
    assert (view.shown, view.total, view.rest) == (SHOWN, 60, None)


def test_the_heads_are_named(trace: Trace) -> None:
    view = origin_view(trace, Cell("attention_output", (1, 2), 1))
    assert set(view.operands[0].headings) <= {f"H{h} · {d}" for h in range(3) for d in range(20)}


def test_a_weight_is_where_the_way_ends(trace: Trace) -> None:
    view = origin_view(trace, Cell("bert.pooler.dense.weight", (3, 4)))
    assert view.provenance.operation == "learned"
    assert view.operands == ()
    assert view.place == (("index", "3"), ("index", "4"))


def test_the_terms_of_a_sum_add_up_to_it(trace: Trace) -> None:
    for cell, count in (
        (Cell("intermediate_input", (1, 5), 0), 60),
        (Cell("dot_products", (1, 2, 3), 1), 20),
        (Cell("context", (1, 2, 7), 1), 4),
        (Cell("mlm_logits", (2, 9)), 60),
    ):
        whole = origin_view(trace, cell).provenance
        terms = [term_view(trace, cell, term) for term in range(count)]
        bias = sum(group.values[0] for group in whole.operands if group.role == "bias")
        total = sum(view.provenance.value for view in terms) + bias
        assert total == pytest.approx(whole.value, abs=1e-5)
        for view in terms:
            (left,), (right,) = (group.values for group in view.operands)
            assert view.provenance.recomputed == pytest.approx(left * right, rel=1e-6)
            assert view.provenance.value == pytest.approx(left * right, rel=1e-6)
        with pytest.raises(ValueError, match=f"no term {count}"):
            term_view(trace, cell, count)


def test_what_is_no_sum_of_products_has_no_terms(trace: Trace) -> None:
    for cell in (Cell("attention_probs", (0, 1, 2), 0), Cell("embedding_sum", (1, 5))):
        with pytest.raises(ValueError, match="no term 0"):
            term_view(trace, cell, 0)


def test_a_term_is_shown_where_it_is_multiplied() -> None:
    product = Cell("dot_products", (1, 2, 3), 1)
    assert place_of(product, 7) == {**place_of(product), "step": "products", "dim": 7}
    value = Cell("context", (1, 2, 7), 1)
    assert place_of(value, 3) == {**place_of(value), "step": "weighted_values", "row": 3}
    weight = Cell("ffn_output", (1, 5), 0)
    assert place_of(weight, 30) == {**place_of(weight), "row": 30}


def test_the_weights_of_a_row_add_up(trace: Trace) -> None:
    view = origin_view(trace, Cell("attention_probs_sum", (2, 1), 0))
    assert view.provenance.value == pytest.approx(1.0, abs=1e-6)
    assert [group.stage for group in view.operands] == ["attention_probs"]
    assert view.provenance.recomputed == pytest.approx(view.provenance.value, abs=1e-6)
