"""The lesson's numbers are the forward pass's own, and each follows from the step before."""

from typing import Any

import numpy as np
import pytest
import torch

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.trace import Trace, trace_forward
from viz_app.view_models.walkthrough import DECIMALS, STEP_IDS, STEPS, walkthrough

TOKENS = ("[CLS]", "the", "cat", "saw", "the", "dog", "[SEP]")
LAYER, HEAD, QUERY = 1, 2, 3


@pytest.fixture(scope="module")
def model() -> BertForPreTraining:
    torch.manual_seed(11)
    config = BertConfig(
        vocab_size=99,
        hidden_size=20,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=37,
        max_position_embeddings=40,
        initializer_range=0.4,
    )
    return BertForPreTraining(config).eval()


def assert_close(actual: Any, expected: Any) -> None:
    """Equal up to float32 rounding."""
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def encoding() -> Encoding:
    count = len(TOKENS)
    return Encoding(
        text_a="the cat saw the dog",
        text_b=None,
        tokens=TOKENS,
        input_ids=tuple(range(3, 3 + count)),
        token_type_ids=(0,) * count,
        attention_mask=(1,) * count,
        special_tokens_mask=(1, *(0,) * (count - 2), 1),
        offsets=(None,) * count,
    )


@pytest.fixture(scope="module")
def trace(model: BertForPreTraining) -> Trace:
    return trace_forward(model, encoding())


@pytest.mark.parametrize(
    "stage", ["key", "value", "dot_products", "attention_scores", "masked_scores"]
)
def test_columns_are_the_stages_of_the_trace(trace: Trace, stage: str) -> None:
    stages = getattr(trace.layer(LAYER), stage)[HEAD]
    expected = stages if stage in ("key", "value") else stages[QUERY]
    view = walkthrough(trace, LAYER, HEAD, QUERY)
    np.testing.assert_array_equal(view.column(stage).values, expected.numpy())


def test_the_modules_own_output_is_shown(model: BertForPreTraining) -> None:
    seen: dict[str, torch.Tensor] = {}
    attention = f"bert.encoder.layer.{LAYER}.attention.self"
    hooks = [
        model.get_submodule(f"{attention}.{name}").register_forward_hook(
            lambda _module, _inputs, output, name=name: seen.__setitem__(name, output[0])
        )
        for name in ("query", "key", "value")
    ]
    view = walkthrough(trace_forward(model, encoding()), LAYER, HEAD, QUERY)
    for hook in hooks:
        hook.remove()
    own = slice(HEAD * 5, HEAD * 5 + 5)
    # The hooks see the fused pass, the view the eager one: equal up to float32 rounding.
    assert_close(view.head["key"], seen["query"][QUERY, own])
    assert_close(view.column("key").values, seen["key"][:, own])
    assert_close(view.column("value").values, seen["value"][:, own])


def test_each_column_follows_from_those_before(trace: Trace) -> None:
    view = walkthrough(trace, LAYER, HEAD, QUERY)

    def column(name: str) -> Any:
        return view.column(name).values.astype(np.float64)

    assert_close(column("products"), view.head["key"] * column("key"))
    assert_close(column("dot_products"), column("products").sum(1))
    assert_close(column("attention_scores"), column("dot_products") / np.sqrt(5))
    assert_close(column("exponentials"), np.exp(column("shifted_scores")))
    assert column("shifted_scores").max() == 0
    total = view.foot["exponentials"][0]
    assert_close(column("attention_probs"), column("exponentials") / total)
    assert view.foot["attention_probs"][0] == pytest.approx(1.0, abs=1e-6)
    assert_close(column("weighted_values"), column("attention_probs")[:, None] * column("value"))
    assert_close(view.foot["weighted_values"], column("weighted_values").sum(0))


def test_checks_are_small_and_rounding_costs_more(trace: Trace) -> None:
    view = walkthrough(trace, LAYER, HEAD, QUERY)
    assert set(view.checks) == set(STEP_IDS)
    for step, check in view.checks.items():
        assert check.exact < 1e-5, step
        assert check.exact <= check.rounded + 1e-7, step
    # Rounding to DECIMALS moves an operand by at most half a unit of the last decimal.
    half = 0.5 * 10**-DECIMALS
    assert 0 < view.checks["dot_products"].rounded <= 5 * half
    assert view.checks["softmax_max"].rounded <= 2 * half


def test_a_check_notices_a_wrong_number(model: BertForPreTraining) -> None:
    class WrongTrace(Trace):
        def layer(self, index: int):  # type: ignore[no-untyped-def]
            record = super().layer(index)
            scores = record.attention_scores.clone()
            scores[HEAD, QUERY, 2] += 0.25
            return type(record)(**{**vars(record), "attention_scores": scores})

    right = trace_forward(model, encoding())
    wrong = WrongTrace(**{name: vars(right)[name] for name in vars(right)})
    checks = walkthrough(wrong, LAYER, HEAD, QUERY).checks
    assert checks["attention_scores"].exact == pytest.approx(0.25, abs=1e-4)
    assert checks["dot_products"].exact < 1e-5


def test_causal_attention_cuts_later_tokens(model: BertForPreTraining) -> None:
    view = walkthrough(trace_forward(model, encoding(), attention="causal"), LAYER, HEAD, QUERY)
    later = np.arange(len(TOKENS)) > QUERY
    np.testing.assert_array_equal(view.masked, later)
    assert (view.column("attention_probs").values[later] == 0).all()
    assert (view.column("attention_probs").values[~later] > 0).all()
    # The colours of what is left are not flattened by the −∞ of what is cut.
    assert view.column("masked_scores").high < 1e3
    assert all(check.exact < 1e-5 for check in view.checks.values())


def test_every_step_reads_what_is_there_before_it(trace: Trace) -> None:
    view = walkthrough(trace, LAYER, HEAD, QUERY)
    columns = {column.id for column in view.columns}
    known: set[str] = set()
    for step in STEPS:
        assert set(step.operands) <= known, step.id
        assert step.reveals.split(":")[-1] in columns, step.id
        known.add(step.reveals)
        for _, axes in step.shapes:
            assert set(axes) <= set(view.sizes()), step.id
    assert columns <= known


@pytest.mark.parametrize(
    ("layer", "head", "query", "message"),
    [(2, 0, 0, "layer 2"), (0, 4, 0, "head 4 is not one of 0 to 3"), (0, 0, 7, "query token 7")],
)
def test_what_is_not_there_is_named(
    trace: Trace, layer: int, head: int, query: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        walkthrough(trace, layer, head, query)
