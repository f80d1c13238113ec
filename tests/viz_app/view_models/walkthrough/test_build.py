"""The walkthrough's numbers are the forward pass's own, and each follows from the step before."""

import dataclasses
import random
from typing import Any

import numpy as np
import pytest
import torch

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.provenance import Cell, stage_vector, value_of
from bert_core.stages import LAYER_PARTS
from bert_core.trace import Trace, trace_forward
from viz_app.messages import say_in
from viz_app.view_models.walkthrough.build import walkthrough
from viz_app.view_models.walkthrough.origin import term_view
from viz_app.view_models.walkthrough.steps import BY_ID, STEPS
from viz_app.view_models.walkthrough.views import CellPattern, Row, Unit, WalkthroughView
from viz_app.views.payload import unpack
from viz_app.views.walkthrough import walkthrough_payload

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


@pytest.fixture(scope="module", params=["full", "causal"])
def trace(model: BertForPreTraining, request: pytest.FixtureRequest) -> Trace:
    return trace_forward(model, encoding(), attention=request.param)


def view_of(trace: Trace, step: str, **places: int) -> WalkthroughView:
    at = {"layer": LAYER, "head": HEAD, "query": QUERY, **places}
    return walkthrough(trace, step, **at, token_of=lambda i: f"t{i}")


def test_a_residual_sum_says_how_long_its_parts_are(trace: Trace) -> None:
    layer = trace.layer(LAYER)
    added, base = (
        float(np.linalg.norm(x[QUERY])) for x in (layer.ffn_output, layer.attention_norm)
    )
    assert view_of(trace, "ffn_residual").facts["times"] == f"{added / base:.2f}"


@pytest.mark.parametrize("step", ["intermediate", "mlm_activation"])
@pytest.mark.parametrize(
    ("activation", "name", "formula"),
    [
        ("gelu", "GELU", r"u_i \cdot \Phi ( u_i )"),
        ("gelu_new", "GELU", r"( u_i + 0.044715 ( u_i )^3 ) ) )"),
        ("gelu_pytorch_tanh", "GELU", r"( u_i + 0.044715 ( u_i )^3 ) ) )"),
        ("quick_gelu", "GELU", r"u_i \cdot \sigma ( 1.702 u_i )"),
        ("relu", "ReLU", r"\max ( 0 , u_i )"),
        ("silu", "SiLU", r"u_i \cdot \sigma ( u_i )"),
        ("swish", "SiLU", r"u_i \cdot \sigma ( u_i )"),
        ("tanh", "Tanh", r"\tanh ( u_i )"),
    ],
)
def test_the_activation_that_the_checkpoint_names_is_written(
    model: BertForPreTraining, step: str, activation: str, name: str, formula: str
) -> None:
    named = BertForPreTraining(dataclasses.replace(model.config, hidden_act=activation)).eval()
    view = view_of(trace_forward(named, encoding()), step)
    header = unpack(walkthrough_payload(view, key="k", say=say_in("en"), language="en"))[0]
    (shown,) = (found for found in header["steps"] if found["id"] == step)
    assert shown["symbol"] == rf"\text{{{name}}}"
    assert shown["formula"].endswith(formula)
    assert header["facts"]["activation_name"] == name
    (gate,) = (column for column in view.columns if column.id == "gate")
    assert len(gate.symbol) < 22  # the heading of a narrow column
    assert (
        gate.values.min() >= 0 and gate.values.max() <= 1 + 1e-6 and view.checks[step].exact < 1e-5
    )


SHEETS = tuple({step.sheet: step.id for step in STEPS}.values())
"""The last step of every sheet."""


@pytest.mark.parametrize("step", SHEETS)
def test_every_number_is_the_cell_it_says(trace: Trace, step: str) -> None:
    """What a click would ask about is what is shown, in every place of every sheet."""
    view = view_of(trace, step, unit=4)
    rng = random.Random(step)
    for column in view.columns:
        if column.id == "gate":
            continue  # a factor of the activation: it asks about what it makes
        for _ in range(6):
            row = rng.randrange(len(view.rows))
            dim = rng.randrange(5)
            shown = column.values[row, dim] if column.kind == "strip" else column.values[row]
            cell = at(column.cell, view.rows[row], row, dim)
            if column.cell.term is None:
                assert value_of(trace, cell) == shown, column.id
            else:
                term = {"row": row, "dim": dim}[column.cell.term]
                assert term_view(trace, cell, term).provenance.value == shown, column.id
    for name, edge in [*view.head.items(), *view.foot.items()]:
        if edge.cell is None:
            continue
        for dim in range(len(edge.values)):
            assert value_of(trace, at(edge.cell, None, 0, dim)) == edge.values[dim], name


def at(pattern: CellPattern, row: Row | None, number: int, dim: int) -> Cell:
    named = {"row": number, "dim": dim}
    if row is not None:
        named |= {f"row{axis}": place for axis, place in enumerate(row.index)}
    index = tuple(named[part] if isinstance(part, str) else part for part in pattern.index)
    return Cell(pattern.stage, index, pattern.layer)


@pytest.mark.parametrize("step", SHEETS)
def test_checks_are_small_and_rounding_costs_more(trace: Trace, step: str) -> None:
    view = view_of(trace, step, unit=4)
    assert set(view.checks) == {each.id for each in STEPS if each.sheet == view.sheet}
    for name, check in view.checks.items():
        assert check.exact < 2e-5, name
        assert check.exact <= check.rounded + 1e-6, name
    if BY_ID[step].part in LAYER_PARTS:
        assert view.layer_check is not None and view.layer_check < 1e-4
    else:
        assert view.layer_check is None


@pytest.mark.parametrize(
    ("step", "weight"),
    [
        ("query_projection", "query_"),
        ("attention_output", ""),
        ("intermediate_input", ""),
        ("ffn_output", ""),
        ("mlm_dense", ""),
        ("mlm_logits", ""),
        ("pooled_input", ""),
        ("nsp_logits", ""),
    ],
)
def test_a_sum_of_products_adds_up(trace: Trace, step: str, weight: str) -> None:
    view = view_of(trace, step, unit=1)
    products = view.column("input").values * view.column(f"{weight}weight").values
    np.testing.assert_array_equal(view.column(f"{weight}product").values, products)
    total = products.sum() + view.foot[f"{weight}weight"].values[0]
    assert_close(view.foot[f"{weight}product"].values[0], total)


def test_the_candidate_that_is_followed_is_listed(trace: Trace) -> None:
    best = int(stage_vector(trace, "mlm_logits", None, (QUERY,)).argmax())
    worst = int(stage_vector(trace, "mlm_logits", None, (QUERY,)).argmin())
    assert view_of(trace, "mlm_probs").rows[0].index == (best,)
    view = view_of(trace, "mlm_probs", candidate=worst)
    assert view.rows[-1].index == (worst,)
    assert view.rows[-1].text == f"t{worst}"
    assert view_of(trace, "mlm_logits", candidate=worst).unit == Unit(
        worst, 99, tuple((row.index[0], row.text) for row in view.rows)
    )


@pytest.mark.parametrize(
    "stage", ["key", "value", "dot_products", "attention_scores", "masked_scores"]
)
def test_columns_are_the_stages_of_the_trace(trace: Trace, stage: str) -> None:
    stages = getattr(trace.layer(LAYER), stage)[HEAD]
    expected = stages if stage in ("key", "value") else stages[QUERY]
    view = view_of(trace, "context")
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
    view = view_of(trace_forward(model, encoding()), "context")
    for hook in hooks:
        hook.remove()
    own = slice(HEAD * 5, HEAD * 5 + 5)
    # The hooks see the fused pass, the view the eager one: equal up to float32 rounding.
    assert_close(view.head["key"].values, seen["query"][QUERY, own])
    assert_close(view.column("key").values, seen["key"][:, own])
    assert_close(view.column("value").values, seen["value"][:, own])


def test_each_column_follows_from_those_before(trace: Trace) -> None:
    view = view_of(trace, "context")

    def column(name: str) -> Any:
        return view.column(name).values.astype(np.float64)

    assert_close(column("products"), view.head["key"].values * column("key"))
    assert_close(column("dot_products"), column("products").sum(1))
    assert_close(column("attention_scores"), column("dot_products") / np.sqrt(5))
    assert_close(column("exponentials"), np.exp(column("shifted_scores")))
    assert column("shifted_scores").max() == 0
    total = view.foot["exponentials"].values[0]
    assert_close(column("attention_probs"), column("exponentials") / total)
    assert view.foot["attention_probs"].values[0] == pytest.approx(1.0, abs=1e-6)
    assert_close(column("weighted_values"), column("attention_probs")[:, None] * column("value"))
    assert_close(view.foot["weighted_values"].values, column("weighted_values").sum(0))


def test_a_check_notices_a_wrong_number(model: BertForPreTraining) -> None:
    class WrongTrace(Trace):
        def layer(self, index: int):  # type: ignore[no-untyped-def]
            record = super().layer(index)
            scores = record.attention_scores.clone()
            scores[HEAD, QUERY, 2] += 0.25
            return type(record)(**{**vars(record), "attention_scores": scores})

    right = trace_forward(model, encoding())
    wrong = WrongTrace(**{name: vars(right)[name] for name in vars(right)})
    checks = view_of(wrong, "context").checks
    assert checks["attention_scores"].exact == pytest.approx(0.25, abs=1e-4)
    assert checks["dot_products"].exact < 1e-5


def test_the_second_check_starts_from_the_three_decimals_on_screen(trace: Trace) -> None:
    view = view_of(trace, "context")
    scores = view.column("attention_scores").values
    shown = np.round(view.column("dot_products").values.astype(np.float64), 3)
    cost = np.abs(shown / np.sqrt(5) - scores).max()
    assert view.checks["attention_scores"].rounded == pytest.approx(cost, rel=1e-6)
    header, _ = unpack(walkthrough_payload(view, key="v", say=say_in("en"), language="en"))
    assert header["decimals"] == 3


def test_causal_attention_cuts_later_tokens(model: BertForPreTraining) -> None:
    view = view_of(trace_forward(model, encoding(), attention="causal"), "context")
    later = np.arange(len(TOKENS)) > QUERY
    np.testing.assert_array_equal(view.masked, later)
    assert (view.column("attention_probs").values[later] == 0).all()
    assert (view.column("attention_probs").values[~later] > 0).all()
    # The colours of what is left are not flattened by the −∞ of what is cut.
    assert view.column("masked_scores").high < 1e3
    assert all(check.exact < 1e-5 for check in view.checks.values())


@pytest.mark.parametrize("step", SHEETS)
def test_every_step_reads_what_is_there_before_it(trace: Trace, step: str) -> None:
    view = view_of(trace, step)
    columns = {column.id for column in view.columns}
    known: set[str] = set()
    for each in (each for each in STEPS if each.sheet == view.sheet):
        assert set(each.operands) <= known, each.id
        assert {name.split(":")[-1] for name in each.reveals} <= columns, each.id
        known |= set(each.reveals)
        for _, axes in each.shapes:
            assert set(axes) <= set(view.sizes), each.id
    assert columns <= known | {"key"}
    assert {f"foot:{name}" for name in view.foot} <= known


@pytest.mark.parametrize(
    ("layer", "head", "query", "message"),
    [(2, 0, 0, "layer 2"), (0, 4, 0, "head 4 is not one of 0 to 3"), (0, 0, 7, "query token 7")],
)
def test_what_is_not_there_is_named(
    trace: Trace, layer: int, head: int, query: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        view_of(trace, "context", layer=layer, head=head, query=query)
