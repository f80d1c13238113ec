"""Every number of a trace is the model's own, and the check would notice if it were not."""

import threading
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from bert_core import trace as trace_module
from bert_core.bert import Bert, load
from bert_core.config import BertConfig
from bert_core.model import BertForPreTraining
from bert_core.tokenizer import BertTokenizer
from bert_core.trace import LayerTrace, Trace, trace_forward
from tests.bert_core.conftest import MakeModel

PAIR = ("my dog [MASK] cute.", "he likes playing")  # 12 tokens
INTERVENTIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "heads off": {"heads_off": {(0, 1), (2, 3), (2, 0)}},
    "other positions": {"position_ids": [5, 3, 3, 22, 0, 9, 8, 7, 1, 2, 4, 6]},
    "other segments": {"token_type_ids": [1, 0] * 6},
    "causal": {"attention": "causal"},
    "all at once": {
        "heads_off": {(1, 2)},
        "position_ids": range(11, -1, -1),
        "token_type_ids": [1] * 12,
        "attention": "causal",
    },
}


def plain(bert: Bert, trace: Trace, **more: Any) -> Any:
    """The forward pass that a trace stands for, straight from the model."""
    encoding = trace.encoding
    with torch.no_grad():
        return bert.model(
            torch.tensor([encoding.input_ids]),
            token_type_ids=torch.tensor([encoding.token_type_ids]),
            attention_mask=torch.tensor([encoding.attention_mask]),
            **more,
        )


@pytest.fixture(params=INTERVENTIONS.values(), ids=list(INTERVENTIONS))
def trace(request: pytest.FixtureRequest, bert: Bert) -> Trace:
    """A trace of the pair, with and without interventions."""
    return bert.trace(*PAIR, **request.param)


def test_without_interventions_bit_for_bit_the_plain_pass(bert: Bert) -> None:
    for texts in (PAIR, ("my dog", None), ("", None)):
        trace = bert.trace(*texts)
        output = plain(bert, trace)
        assert len(trace.hidden_states) == 4
        for mine, theirs in zip(trace.hidden_states, output.hidden_states, strict=True):
            assert torch.equal(mine, theirs[0])
        assert torch.equal(trace.pooled_output, output.pooled_output[0])
        assert torch.equal(trace.mlm_logits, output.mlm_logits[0])
        assert torch.equal(trace.nsp_logits, output.nsp_logits[0])


def test_shapes(bert: Bert) -> None:
    trace = bert.trace(*PAIR)
    assert len(trace.tokens) == 12
    assert trace.hidden_states[0].shape == (12, 20)
    assert trace.pooled_output.shape == (20,)
    assert trace.mlm_logits.shape == (12, 99)
    assert trace.nsp_logits.shape == (2,)
    shapes = {stage.name: tuple(getattr(trace.layer(1), stage.name).shape) for stage in FIELDS}
    assert shapes == {
        "query": (4, 12, 5),
        "key": (4, 12, 5),
        "value": (4, 12, 5),
        "dot_products": (4, 12, 12),
        "attention_scores": (4, 12, 12),
        "masked_scores": (4, 12, 12),
        "attention_probs": (4, 12, 12),
        "context": (4, 12, 5),
        "attention_output": (12, 20),
        "attention_norm": (12, 20),
        "intermediate": (12, 37),
        "ffn_output": (12, 20),
        "hidden_states": (12, 20),
    }


FIELDS = fields(LayerTrace)


def test_each_layer_starts_where_the_one_before_ended(bert: Bert, trace: Trace) -> None:
    assert_close(trace.embeddings.embedding_output, trace.hidden_states[0], rtol=0, atol=0)
    for index in range(trace.num_layers):
        record, layer = trace.layer(index), bert.model.layer(index)
        # the record starts from the stored output of the layer before …
        query = layer.attention.self.query(trace.hidden_states[index])
        assert_close(record.query.transpose(0, 1).flatten(1), query)
        # … and its own end, by the other kernel, is the stored input of the next
        assert_close(record.hidden_states, trace.hidden_states[index + 1])


def test_every_stage_follows_from_the_one_before(bert: Bert, trace: Trace) -> None:
    for index in range(trace.num_layers):
        record, layer = trace.layer(index), bert.model.layer(index)
        x = trace.hidden_states[index]
        assert_close(record.dot_products, record.query @ record.key.transpose(1, 2))
        assert_close(record.attention_scores, record.dot_products / 5**0.5)
        visible = torch.ones(12, 12).tril() if trace.attention == "causal" else torch.ones(12, 12)
        hidden = (visible == 0).expand(4, 12, 12)
        assert torch.equal(record.masked_scores[~hidden], record.attention_scores[~hidden])
        assert record.masked_scores[hidden].lt(-1e38).all()
        assert record.attention_probs[hidden].eq(0).all()
        assert_close(record.attention_probs, record.masked_scores.softmax(-1))
        assert_close(record.attention_probs.sum(-1), torch.ones(4, 12), rtol=0, atol=1e-6)
        context = record.attention_probs @ record.value
        for head in range(4):
            if (index, head) in trace.heads_off:
                assert record.context[head].eq(0).all()
                assert context[head].ne(0).any()
            else:
                assert_close(record.context[head], context[head], rtol=0, atol=1e-6)
        joined = torch.cat(list(record.context), dim=-1)
        assert_close(record.attention_output, layer.attention.output.dense(joined))
        assert_close(
            record.attention_norm, layer.attention.output.LayerNorm(x + record.attention_output)
        )
        assert_close(record.intermediate, layer.intermediate(record.attention_norm))
        assert_close(record.ffn_output, layer.output.dense(record.intermediate))
        assert_close(
            record.hidden_states, layer.output.LayerNorm(record.attention_norm + record.ffn_output)
        )


def test_outputs_follow_from_the_last_layer(bert: Bert, trace: Trace) -> None:
    last = trace.hidden_states[-1]
    assert_close(trace.pooled_output, bert.model.bert.pooler(last[None])[0])
    assert_close(trace.nsp_logits, bert.model.nsp_logits(trace.pooled_output))
    assert_close(trace.mlm_logits, bert.model.mlm_logits(last))
    assert_close(trace.mlm_logits_at(3), trace.mlm_logits[3])
    assert_close(trace.mlm_logits_at(3, layer=1), bert.model.mlm_logits(trace.hidden_states[1][3]))
    assert not torch.allclose(trace.mlm_logits_at(3, layer=0), trace.mlm_logits_at(3))


def test_embeddings_by_their_rows(bert: Bert, trace: Trace) -> None:
    tables = bert.model.bert.embeddings
    stages = trace.embeddings
    for name, rows in (
        ("word_embeddings", trace.encoding.input_ids),
        ("position_embeddings", trace.position_ids),
        ("token_type_embeddings", trace.encoding.token_type_ids),
    ):
        table = getattr(tables, name).weight
        assert torch.equal(getattr(stages, name), table[list(rows)])
    assert_close(
        stages.embedding_sum,
        stages.word_embeddings + stages.position_embeddings + stages.token_type_embeddings,
    )


def test_a_head_off_is_a_head_without_output_weights(
    bert: Bert, config: BertConfig, make_model: MakeModel
) -> None:
    off = {(0, 1), (2, 3), (2, 0)}
    cut = make_model(config)
    with torch.no_grad():
        for layer, head in off:
            cut.layer(layer).attention.output.dense.weight[:, head * 5 : head * 5 + 5] = 0
    trace = bert.trace(*PAIR, heads_off=off)
    expected = trace_forward(cut, trace.encoding)
    for mine, theirs in zip(trace.hidden_states, expected.hidden_states, strict=True):
        assert_close(mine, theirs)
    assert_close(trace.mlm_logits, expected.mlm_logits)
    assert_close(trace.nsp_logits, expected.nsp_logits)
    assert not torch.allclose(trace.nsp_logits, bert.trace(*PAIR).nsp_logits)


def test_positions_segments_and_direction_reach_the_model(bert: Bert) -> None:
    usual = bert.trace(*PAIR)
    positions = torch.tensor([INTERVENTIONS["other positions"]["position_ids"]])
    moved = bert.trace(*PAIR, **INTERVENTIONS["other positions"])
    expected = plain(bert, moved, position_ids=positions)
    assert torch.equal(moved.mlm_logits, expected.mlm_logits[0])
    assert moved.position_ids == tuple(positions[0].tolist())
    flipped = bert.trace(*PAIR, **INTERVENTIONS["other segments"])
    assert flipped.encoding.token_type_ids == (1, 0) * 6
    assert torch.equal(flipped.mlm_logits, plain(bert, flipped).mlm_logits[0])
    causal = bert.trace(*PAIR, attention="causal")
    expected = plain(bert, causal, attention="causal")
    assert torch.equal(causal.mlm_logits, expected.mlm_logits[0])
    for other in (moved, flipped, causal):
        assert not torch.allclose(other.mlm_logits, usual.mlm_logits)


def test_spelling_out_the_defaults_changes_nothing(bert: Bert) -> None:
    usual = bert.trace(*PAIR)
    same = bert.trace(
        *PAIR,
        heads_off=(),
        position_ids=range(12),
        token_type_ids=usual.encoding.token_type_ids,
        attention="full",
    )
    assert torch.equal(same.mlm_logits, usual.mlm_logits)
    assert torch.equal(same.nsp_logits, usual.nsp_logits)


def test_padding_in_an_encoding(bert: Bert) -> None:
    usual = bert.trace(*PAIR)
    length = len(usual.encoding)
    pad, given = (0, 0, 0), usual.encoding
    padded = replace(
        given,
        tokens=given.tokens + ("[PAD]",) * 3,
        input_ids=given.input_ids + pad,
        token_type_ids=given.token_type_ids + pad,
        attention_mask=given.attention_mask + pad,
        special_tokens_mask=given.special_tokens_mask + pad,
        offsets=given.offsets + (None,) * 3,
    )
    trace = trace_forward(bert.model, padded)
    for index in range(3):
        assert trace.layer(index).attention_probs[:, :, length:].eq(0).all()
        assert_close(trace.layer(index).context[:, :length], usual.layer(index).context)
        assert trace.check(index) < 1e-5
    assert_close(trace.nsp_logits, usual.nsp_logits)


def test_check_is_small(trace: Trace) -> None:
    # the largest stage is below 20, where one step of float32 is 2e-6
    assert max(trace.check(index) for index in range(3)) < 1e-5


@pytest.mark.parametrize("name", ["small-en", "small-zh"])
def test_check_is_small_on_the_shipped_models(name: str) -> None:
    bert = load(name, device="cpu")
    interventions: tuple[dict[str, Any], ...] = (
        {},
        {"attention": "causal"},
        {"heads_off": {(1, 2)}},
    )
    for options in interventions:
        trace = bert.trace("The dog ran home. 我喜欢吃洋葱。" * 12, "Then it slept.", **options)
        assert len(trace.tokens) > 128
        # ffn_output reaches ±90: rounding of its sum of 1,024 terms
        assert max(trace.check(index) for index in range(4)) < 1e-4


@pytest.mark.parametrize("looked_at_before", [True, False])
@pytest.mark.parametrize(
    "weight",
    [
        "attention.self.query.weight",
        "attention.self.key.bias",
        "attention.self.value.weight",
        "attention.output.dense.bias",
        "attention.output.LayerNorm.weight",
        "intermediate.dense.weight",
        "output.dense.weight",
        "output.LayerNorm.bias",
    ],
)
def test_check_notices_a_weight_that_is_not_the_forward_pass(
    bert: Bert, weight: str, looked_at_before: bool
) -> None:
    trace = bert.trace(*PAIR)
    if looked_at_before:
        trace.layer(1)
    with torch.no_grad():
        dict(bert.model.layer(1).named_parameters())[weight].mul_(1.5)
    if weight == "attention.self.key.bias" and not looked_at_before:
        # it moves all scores of a row alike: the layer's output is truly the same
        assert trace.check(1) < 1e-5
    else:
        assert trace.check(1) > 1e-3
    assert trace.check(0) < 1e-5
    assert trace.check(2) < 1e-5


@pytest.mark.parametrize("stage", [field.name for field in FIELDS])
def test_check_notices_any_wrong_digit_on_show(bert: Bert, stage: str) -> None:
    trace = bert.trace(*PAIR)
    record = trace.layer(1)
    changed = getattr(record, stage).clone()
    changed.view(-1)[17] += 0.01
    trace._records[1] = replace(record, **{stage: changed})
    assert trace.check(1) == pytest.approx(0.01, abs=1e-4)
    changed.view(-1)[17] = float("nan")
    assert not trace.check(1) <= 1e-4


def test_overview_is_every_head_in_eight_bits(bert: Bert, trace: Trace) -> None:
    overview = trace.attention_overview()
    assert overview.shape == (3, 4, 12, 12)
    assert overview.dtype == np.uint8
    exact = np.stack([trace.layer(index).attention_probs.numpy() for index in range(3)])
    assert np.abs((overview / 255.0) ** 2 - exact).max() < 0.004
    assert overview.max() > 128  # not all alike


@pytest.mark.parametrize("options", INTERVENTIONS.values(), ids=list(INTERVENTIONS))
def test_weights_alone_are_those_of_the_record(bert: Bert, options: dict[str, Any]) -> None:
    trace = bert.trace(*PAIR, **options)
    alone = [trace.attention_probs(index) for index in range(3)]
    assert not trace._records, "no layer was run for them"
    for index, probs in enumerate(alone):
        assert torch.equal(probs, trace.layer(index).attention_probs)
        assert trace.attention_probs(index) is trace.layer(index).attention_probs
        assert probs.untyped_storage().nbytes() == probs.nbytes and not probs.requires_grad


def test_same_record_again_while_it_is_kept(bert: Bert) -> None:
    trace = bert.trace(*PAIR)
    assert trace.layer(2) is trace.layer(2)


def test_a_trace_holds_hidden_states_and_little_else(bert: Bert) -> None:
    trace = bert.trace(*PAIR)
    trace.check(0)
    parts = {field.name: getattr(trace, field.name) for field in fields(trace)}
    tensors = [part for part in parts.values() if isinstance(part, Tensor)]
    tensors += trace.hidden_states
    storages = [tensor.untyped_storage() for tensor in tensors]
    # 4 × 12 × 20 hidden numbers, 20 pooled, 2 scores, 4 bytes each
    assert sum(storage.nbytes() for storage in storages) == (4 * 12 * 20 + 20 + 2) * 4
    assert not any(tensor.requires_grad for tensor in tensors)


def test_kept_records_are_bounded(bert: Bert, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = bert.trace(*PAIR)
    size = trace.layer(0).nbytes()
    # heads·seq·head_size 4 times, heads·seq·seq 4 times, seq·hidden 4 times, seq·inner once
    assert size == 4 * (4 * 4 * 12 * 5 + 4 * 4 * 12 * 12 + 4 * 12 * 20 + 12 * 37)
    monkeypatch.setattr(trace_module, "_RECORD_BYTES", 2 * size)
    for index in (0, 1, 2, 1):
        trace.layer(index)
    assert list(trace._records) == [2, 1]  # the two looked at last
    monkeypatch.setattr(trace_module, "_RECORD_BYTES", 1)
    assert trace.layer(0) is trace.layer(0)  # the last one always stays
    assert list(trace._records) == [0]
    # a record shares no memory with a larger tensor
    record = trace.layer(0)
    stages = [getattr(record, stage.name) for stage in FIELDS]
    assert sum(stage.untyped_storage().nbytes() for stage in stages) == size


def test_threads_may_share_a_trace(bert: Bert, monkeypatch: pytest.MonkeyPatch) -> None:
    expected_trace = bert.trace(*PAIR)
    expected = [expected_trace.layer(index).hidden_states for index in range(3)]
    overview = expected_trace.attention_overview()
    shared = bert.trace(*PAIR)
    monkeypatch.setattr(trace_module, "_RECORD_BYTES", 1)  # so that threads throw records out
    start = threading.Barrier(6)
    wrong: list[str] = []

    def look(seed: int) -> None:
        start.wait()
        try:
            for step in range(20):
                index = (seed + step) % 3
                if not torch.equal(shared.layer(index).hidden_states, expected[index]):
                    wrong.append(f"layer {index}")
                if shared.check(index) > 1e-5:
                    wrong.append(f"check {index}")
            if not np.array_equal(shared.attention_overview(), overview):
                wrong.append("overview")
            if not torch.equal(bert.trace(*PAIR).mlm_logits, shared.mlm_logits):
                wrong.append("trace")
        except Exception as error:  # a thread's own error would go unseen
            wrong.append(repr(error))

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_trace_is_frozen_and_leaves_the_model_alone(bert: Bert) -> None:
    before = {key: tensor.clone() for key, tensor in bert.model.state_dict().items()}
    trace = bert.trace(*PAIR, **INTERVENTIONS["all at once"])
    trace.attention_overview()
    trace.check(0)
    with pytest.raises(FrozenInstanceError):
        trace.attention = "full"  # type: ignore[misc]
    assert all(torch.equal(tensor, before[key]) for key, tensor in bert.model.state_dict().items())
    assert not bert.model.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads_off": {(3, 0)}}, "L3 H0 does not exist: 3 layers × 4 heads"),
        ({"heads_off": {(0, 4)}}, "L0 H4 does not exist"),
        ({"heads_off": {(-1, 0)}}, "L-1 H0 does not exist"),
        ({"position_ids": range(11)}, "12 tokens need as many positions, not 11"),
        ({"position_ids": [23] * 12}, "position 23 is not one of 0 to 22"),
        ({"position_ids": [-1] * 12}, "position -1 is not one of 0 to 22"),
        ({"token_type_ids": [0] * 13}, "12 tokens need 12 segment ids, not 13"),
        ({"token_type_ids": [2] * 12}, "segment id 2 is not one of 0 to 1"),
        ({"attention": "sideways"}, "'full' or 'causal', not 'sideways'"),
    ],
)
def test_bad_interventions_are_named(bert: Bert, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bert.trace(*PAIR, **options)


def test_bad_indices_are_named(bert: Bert) -> None:
    trace = bert.trace(*PAIR)
    for index in (-1, 3):
        for look in (trace.layer, trace.check, trace.attention_probs):
            with pytest.raises(ValueError, match=f"layer {index} is not one of 0 to 2"):
                look(index)
    with pytest.raises(ValueError, match="position 12 is not one of 0 to 11"):
        trace.mlm_logits_at(12)
    with pytest.raises(ValueError, match="position -1 is not one of 0 to 11"):
        trace.mlm_logits_at(-1)
    with pytest.raises(ValueError, match="layer 4 is not one of 0 to 3"):
        trace.mlm_logits_at(0, layer=4)
    with pytest.raises(ValueError, match="layer -1 is not one of 0 to 3"):
        trace.mlm_logits_at(0, layer=-1)


def test_bad_models_and_inputs_are_named(
    model: BertForPreTraining, tokenizer: BertTokenizer
) -> None:
    with pytest.raises(ValueError, match="24 tokens do not fit into 23 positions"):
        trace_forward(model, tokenizer.encode("my " * 22))
    unknown = replace(tokenizer.encode("my"), input_ids=(2, 99, 3))
    with pytest.raises(ValueError, match="token id 99 is not one of 0 to 98"):
        trace_forward(model, unknown)
    with pytest.raises(ValueError, match="training mode; call model.eval"):
        trace_forward(model.train(), tokenizer.encode("my"))


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["small-en", "small-zh"])
def test_trace_on_the_accelerator_is_the_trace_on_the_cpu(accelerator: str, name: str) -> None:
    texts = ("The dog [MASK] home. 我喜欢吃洋葱。", "Then it slept.")
    here, there = (load(name, device=device) for device in ("cpu", accelerator))
    assert next(there.model.parameters()).device.type == accelerator
    assert load(name).model.bert.pooler.dense.weight.device.type == accelerator  # auto
    interventions: tuple[dict[str, Any], ...] = (
        {},
        {"attention": "causal", "heads_off": {(0, 3), (2, 1)}},
    )
    for options in interventions:
        expected, trace = here.trace(*texts, **options), there.trace(*texts, **options)
        # sums run in another order there; scores reach ±20
        assert_close(trace.mlm_logits.cpu(), expected.mlm_logits, rtol=1e-4, atol=1e-3)
        assert_close(trace.nsp_logits, expected.nsp_logits, rtol=1e-4, atol=1e-3)
        for index in range(4):
            record, other = trace.layer(index), expected.layer(index)
            assert record.attention_probs.device.type == "cpu"
            for stage in ("attention_probs", "context", "hidden_states"):
                mine, theirs = getattr(record, stage), getattr(other, stage)
                assert_close(mine, theirs, rtol=1e-4, atol=1e-3)
            assert trace.check(index) < 1e-3
        overview, wanted_overview = (
            each.attention_overview().astype(int) for each in (trace, expected)
        )
        assert np.abs(overview - wanted_overview).max() < 2
    found, wanted = (bert.fill_mask(texts[0], top_k=3) for bert in (there, here))
    assert [one.token for one in found[0]] == [one.token for one in wanted[0]]
    assert there.next_sentence(*texts).is_next == pytest.approx(
        here.next_sentence(*texts).is_next, abs=1e-4
    )
