"""What is left out of a long sum is said, and what is shown is its largest part."""

import numpy as np
import pytest
import torch

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.provenance import Cell
from bert_core.trace import Trace, trace_forward
from viz_app.view_models.origin import SHOWN, origin_view


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
