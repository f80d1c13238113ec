"""Every number can be traced back: its operands are the shown ones and give it again."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import OUTPUT_MATRIX, WORD_EMBEDDINGS, BertForPreTraining
from bert_core.operations import Named, apply
from bert_core.provenance import (
    AXES,
    LAYER_STAGES,
    Cell,
    Provenance,
    explain,
    stage_vector,
    value_of,
)
from bert_core.stages import PRODUCTS, ROWS, layer_input
from bert_core.trace import Trace, trace_forward

CONFIG = BertConfig(
    vocab_size=99,
    hidden_size=20,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=37,
    max_position_embeddings=40,
    initializer_range=0.3,
)
SIZES = {
    "token": 7,
    "hidden": 20,
    "head": 4,
    "head_size": 5,
    "inner": 37,
    "vocab": 99,
    "class": 2,
}


@pytest.fixture(scope="module")
def model() -> BertForPreTraining:
    torch.manual_seed(5)
    made = BertForPreTraining(CONFIG).eval()
    with torch.no_grad():
        for name, parameter in made.named_parameters():  # no bias 0, no scale 1 to hide behind
            if name.endswith("bias") or "LayerNorm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.3)
    return made


def encoding() -> Encoding:
    return Encoding(
        text_a="a b",
        text_b="c d",
        tokens=("[CLS]", "a", "b", "[SEP]", "c", "d", "[SEP]"),
        input_ids=(2, 40, 41, 3, 98, 43, 3),
        token_type_ids=(0, 0, 0, 0, 1, 1, 1),
        attention_mask=(1,) * 7,
        special_tokens_mask=(1, 0, 0, 1, 0, 0, 1),
        offsets=(None,) * 7,
    )


@pytest.fixture(scope="module", params=["full", "causal"])
def trace(model: BertForPreTraining, request: pytest.FixtureRequest) -> Trace:
    return trace_forward(model, encoding(), attention=request.param)


def random_cell(stage: str, rng: random.Random) -> Cell:
    index = tuple(rng.randrange(SIZES[axis]) for axis in AXES[stage])
    return Cell(stage, index, rng.randrange(3) if stage in LAYER_STAGES else None)


@pytest.mark.parametrize("stage", AXES)
def test_operands_give_the_number_again(trace: Trace, stage: str) -> None:
    rng = random.Random(stage)
    for _ in range(12):
        cell = random_cell(stage, rng)
        found = explain(trace, cell)
        assert found.value == value_of(trace, cell)
        # Sums of up to 99 float32 terms of size about 1, or the relative rounding of a large one.
        assert found.recomputed == pytest.approx(found.value, rel=2e-5, abs=2e-5), cell
        assert found.operands
        for group in found.operands:
            which = rng.randrange(len(group.values))
            assert value_of(trace, group.cell(which)) == group.values[which]
            assert np.isfinite(group.values).all()


@pytest.mark.parametrize("stage", [name for name, axes in AXES.items() if axes])
def test_a_wrong_operand_would_show(trace: Trace, stage: str) -> None:
    """No formula merely passes its own result through."""
    cell = random_cell(stage, random.Random(stage))
    if stage in ("masked_scores", "shifted_scores", "exponentials", "attention_probs"):
        # A cell behind the causal mask stays at its limit, so take one that may be looked at.
        cell = Cell(stage, (cell.index[0], 6, cell.index[2]), cell.layer)
    found = explain(trace, cell)
    # one operand more than the others: equal changes would cancel in a difference or a quotient
    changes = [1.25] + [0.5] * (len(found.operands) - 1)
    assert abs(worked_out(found, changes) - found.recomputed) > 1e-4
    assert worked_out(found, [0.0] * len(found.operands)) == pytest.approx(found.recomputed)


def worked_out(found: Provenance, changes: list[float]) -> float:
    """A cell from its operands in float64, each of them moved by so much."""
    long = found.operation in (*ROWS, *PRODUCTS)
    named = []
    for group, change in zip(found.operands, changes, strict=True):
        values = torch.from_numpy(group.values.astype(np.float64) + change)
        is_term = long and group.role != "bias"
        named.append(Named(values, ("term",)) if is_term else Named(values[0], ()))
    return float(apply(found.operation, named, (), *found.constants.values()))


def test_stages_are_the_modules_own(model: BertForPreTraining) -> None:
    seen: dict[str, torch.Tensor] = {}
    places = {
        "embedding_output": "bert.embeddings.LayerNorm",
        "query": "bert.encoder.layer.1.attention.self.query",
        "attention_output": "bert.encoder.layer.1.attention.output.dense",
        "attention_norm": "bert.encoder.layer.1.attention.output.LayerNorm",
        "intermediate_input": "bert.encoder.layer.1.intermediate.dense",
        "ffn_output": "bert.encoder.layer.1.output.dense",
        "hidden_states": "bert.encoder.layer.1.output.LayerNorm",
        "mlm_dense": "cls.predictions.transform.dense",
        "mlm_transformed": "cls.predictions.transform.LayerNorm",
        "pooled_input": "bert.pooler.dense",
        "nsp_logits": "cls.seq_relationship",
    }
    hooks = [
        model.get_submodule(path).register_forward_hook(
            lambda _module, _inputs, output, stage=stage: seen.__setitem__(stage, output[0])
        )
        for stage, path in places.items()
    ]
    with torch.inference_mode():
        ids = torch.tensor([encoding().input_ids])
        segments = torch.tensor([encoding().token_type_ids])
        output = model(ids, token_type_ids=segments)
    for hook in hooks:
        hook.remove()
    trace = trace_forward(model, encoding())
    for stage, expected in seen.items():
        layer = 1 if stage in LAYER_STAGES else None
        row = expected if stage in ("pooled_input", "nsp_logits") else expected[4]
        lead: tuple[int, ...] = () if stage in ("pooled_input", "nsp_logits") else (4,)
        if stage == "query":
            row, lead = row[10:15], (2, 4)
        np.testing.assert_allclose(
            stage_vector(trace, stage, layer, lead), row, rtol=1e-4, atol=1e-5, err_msg=stage
        )
    probs = torch.softmax(output.mlm_logits[0, 4], -1)
    np.testing.assert_allclose(stage_vector(trace, "mlm_probs", None, (4,)), probs, atol=1e-6)


def test_the_way_back_ends_in_learned_numbers(trace: Trace) -> None:
    rng = random.Random(3)
    for start in ("mlm_probs", "nsp_probs"):
        for _ in range(20):
            cell = random_cell(start, rng)
            steps = 0
            while not cell.is_parameter:
                group = rng.choice(explain(trace, cell).operands)
                cell = group.cell(rng.randrange(len(group.values)))
                steps += 1
                assert steps < 200
            assert explain(trace, cell).operation == "learned"


def test_one_step_by_hand(trace: Trace, model: BertForPreTraining) -> None:
    found = explain(trace, Cell("query", (2, 4, 3), 1))
    weight = model.get_parameter("bert.encoder.layer.1.attention.self.query.weight")
    inputs, weights, bias = found.operands
    assert (inputs.stage, inputs.layer, inputs.cell(6).index) == ("hidden_states", 0, (4, 6))
    np.testing.assert_array_equal(weights.values, weight[13].detach().numpy())
    assert bias.cell(0).index == (13,)
    assert layer_input(0) == ("embedding_output", None)


@pytest.mark.parametrize("tied", [True, False])
def test_a_words_row_is_that_of_the_matrix_that_scores_it(tied: bool) -> None:
    torch.manual_seed(6)
    model = BertForPreTraining(replace(CONFIG, tie_word_embeddings=tied)).eval()
    own = trace_forward(model, encoding())
    found = explain(own, Cell("mlm_logits", (4, 41), None))
    weights = found.operands[1]
    assert weights.stage == (WORD_EMBEDDINGS if tied else OUTPUT_MATRIX)
    row = model.get_parameter(weights.stage)[41].detach().numpy()
    np.testing.assert_array_equal(weights.values, row)
    assert found.recomputed == pytest.approx(found.value, abs=2e-5)
    assert value_of(own, weights.cell(7)) == row[7]


def test_a_head_that_is_off_says_so(model: BertForPreTraining) -> None:
    trace = trace_forward(model, encoding(), heads_off={(1, 2)})
    assert explain(trace, Cell("context", (2, 0, 0), 1)).operation == "switched_off"
    assert explain(trace, Cell("context", (1, 0, 0), 1)).operation == "weighted_sum"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (Cell("nonsense", (0,)), "no stage 'nonsense'"),
        (Cell("query", (0, 0, 0)), "makes no sense"),
        (Cell("embedding_sum", (0, 0), 1), "makes no sense"),
        (Cell("query", (0, 0, 0), 3), "layer 3 is not one of 0 to 2"),
        (Cell("query", (4, 0, 0), 1), r"shape \(4, 7, 5\)"),
        (Cell("bert.pooler.dense.bias", (20,)), r"shape \(20,\)"),
    ],
)
def test_what_is_not_there_is_named(trace: Trace, cell: Cell, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explain(trace, cell)
