"""The whole forward pass: what may influence what, and how it starts."""

from dataclasses import replace

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor, nn

from bert_core.config import BertConfig
from bert_core.device import generator
from bert_core.model import BertForPreTraining, BertOutput, activation, additive_attention_mask
from bert_core.positional import sinusoidal_positions
from tests.bert_core.conftest import MakeModel

Batch = dict[str, Tensor]


def same(one: BertOutput, other: BertOutput) -> None:
    """Equal up to float32 rounding, everywhere."""
    for a, b in zip(one.hidden_states, other.hidden_states, strict=True):
        torch.testing.assert_close(a, b)
    torch.testing.assert_close(one.pooled_output, other.pooled_output)
    torch.testing.assert_close(one.mlm_logits, other.mlm_logits)
    torch.testing.assert_close(one.nsp_logits, other.nsp_logits)


def test_shapes(model: BertForPreTraining, batch: Batch) -> None:
    output = model(**batch)
    assert [hidden.shape for hidden in output.hidden_states] == [(3, 7, 20)] * 4
    assert output.pooled_output.shape == (3, 20)
    assert output.mlm_logits.shape == (3, 7, 99)
    assert output.nsp_logits.shape == (3, 2)


def test_defaults_are_segment_0_no_padding_and_positions_in_order(
    model: BertForPreTraining, batch: Batch
) -> None:
    ids = batch["input_ids"]
    spelled_out = model(
        ids,
        token_type_ids=torch.zeros_like(ids),
        attention_mask=torch.ones_like(ids),
        position_ids=torch.arange(7)[None],
    )
    same(model(ids), spelled_out)
    other = model(ids, token_type_ids=batch["token_type_ids"])
    assert not torch.allclose(other.nsp_logits, spelled_out.nsp_logits)


def test_embeddings_are_the_sum_of_three_rows(model: BertForPreTraining, batch: Batch) -> None:
    embeddings = model.bert.embeddings
    position_ids = torch.tensor([[3, 1, 4, 1, 5, 9, 2]])
    steps = embeddings.steps(batch["input_ids"], batch["token_type_ids"], position_ids)
    word = embeddings.word_embeddings.weight[batch["input_ids"][1, 4]]
    position = embeddings.position_embeddings.weight[5]
    segment = embeddings.token_type_embeddings.weight[1]
    assert torch.equal(steps.word_embeddings[1, 4], word)
    assert torch.equal(steps.position_embeddings[1, 4], position)
    assert torch.equal(steps.token_type_embeddings[1, 4], segment)
    torch.testing.assert_close(steps.embedding_sum[1, 4], word + position + segment)
    total = steps.embedding_sum[1, 4]
    centred = total - total.mean()
    normal = centred / (centred.square().mean() + 1e-12).sqrt()
    norm = embeddings.LayerNorm
    torch.testing.assert_close(steps.embedding_output[1, 4], normal * norm.weight + norm.bias)


@pytest.mark.parametrize("kernel", ["eager", "fused"])
def test_padding_changes_nothing_for_other_tokens(
    config: BertConfig, make_model: MakeModel, batch: Batch, kernel: str
) -> None:
    model = make_model(config, kernel=kernel)
    padded = model(**batch)
    garbage = batch | {
        "input_ids": torch.where(batch["attention_mask"].bool(), batch["input_ids"], 77)
    }
    disturbed = model(**garbage)
    alone = model(batch["input_ids"][2:, :3], batch["token_type_ids"][2:, :3])
    for row, length in enumerate([7, 5, 3]):
        for a, b in zip(padded.hidden_states, disturbed.hidden_states, strict=True):
            assert torch.equal(a[row, :length], b[row, :length])
    torch.testing.assert_close(padded.mlm_logits[2:, :3], alone.mlm_logits)
    torch.testing.assert_close(padded.nsp_logits[2:], alone.nsp_logits)
    without = model(batch["input_ids"], batch["token_type_ids"])
    assert not torch.allclose(without.nsp_logits[2:], alone.nsp_logits)  # the mask does something


def test_kernels_agree_with_gradients(
    config: BertConfig, make_model: MakeModel, batch: Batch
) -> None:
    results = []
    for kernel in ("eager", "fused"):
        model = make_model(config, kernel=kernel)
        output = model(**batch)
        loss = output.mlm_logits.logsumexp(-1).mean() + output.nsp_logits[:, 0].mean()
        results.append((output, torch.autograd.grad(loss, list(model.parameters()))))
    (eager, eager_gradients), (fused, fused_gradients) = results
    same(eager, fused)
    names = [name for name, _ in model.named_parameters()]
    by_name = dict(zip(names, eager_gradients, strict=True))
    torch.testing.assert_close(dict(zip(names, fused_gradients, strict=True)), by_name)
    for name, gradient in by_name.items():
        # one vector added to all keys of a head moves each row's scores alike: no effect
        assert name.endswith("self.key.bias") or gradient.abs().max() > 1e-6, name


def test_chosen_positions_are_rows_of_all_logits(model: BertForPreTraining, batch: Batch) -> None:
    full = model(**batch).mlm_logits
    chosen = torch.tensor([20, 0, 8, 8])  # rows (2, 6), (0, 0), (1, 1) and again
    few = model(**batch, mlm_positions=chosen).mlm_logits
    assert few.shape == (4, 99)
    torch.testing.assert_close(few, torch.stack([full[2, 6], full[0, 0], full[1, 1], full[1, 1]]))
    none = model(**batch, mlm_positions=torch.zeros(0, dtype=torch.long))
    assert none.mlm_logits.shape == (0, 99)


@pytest.mark.parametrize("kernel", ["eager", "fused"])
def test_a_last_layer_finished_only_where_it_is_read_changes_nothing(
    config: BertConfig, make_model: MakeModel, batch: Batch, kernel: str
) -> None:
    model = make_model(config, kernel=kernel)
    chosen = torch.tensor([20, 1, 8])

    def logits_and_gradients(keep: bool) -> tuple[BertOutput, dict[str, Tensor]]:
        model.zero_grad(set_to_none=True)
        output = model(**batch, mlm_positions=chosen, keep_hidden_states=keep)
        (output.mlm_logits.logsumexp(-1).sum() + output.nsp_logits[:, 1].square().sum()).backward()
        gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
        return output, gradients

    whole, expected = logits_and_gradients(True)
    short, gradients = logits_and_gradients(False)
    assert short.hidden_states == ()
    torch.testing.assert_close(short.pooled_output, whole.pooled_output)
    torch.testing.assert_close(short.mlm_logits, whole.mlm_logits)
    torch.testing.assert_close(short.nsp_logits, whole.nsp_logits)
    torch.testing.assert_close(gradients, expected)
    everywhere = model(**batch, keep_hidden_states=False)
    torch.testing.assert_close(everywhere.mlm_logits, model(**batch).mlm_logits)


def test_the_last_layer_works_only_where_it_is_read(
    model: BertForPreTraining, batch: Batch
) -> None:
    rows: list[tuple[int, torch.Size]] = []
    for index, layer in enumerate(model.layers()):
        layer.intermediate.register_forward_hook(
            lambda _, __, output, index=index: rows.append((index, output.shape[:-1]))
        )
    model(**batch, mlm_positions=torch.tensor([20, 1, 8]), keep_hidden_states=False)
    assert rows == [(0, (3, 7)), (1, (3, 7)), (2, (6,))], "three [CLS] and three chosen tokens"


@pytest.mark.parametrize("kernel", ["eager", "fused"])
def test_causal_tokens_do_not_look_ahead(
    config: BertConfig, make_model: MakeModel, batch: Batch, kernel: str
) -> None:
    model = make_model(config, kernel=kernel)
    ids = batch["input_ids"][:1]
    changed = ids.clone()
    changed[0, 4] = (changed[0, 4] + 1) % 99
    before, after = (model(each, attention="causal").mlm_logits[0] for each in (ids, changed))
    assert torch.equal(before[:4], after[:4])
    assert all(not torch.allclose(before[i], after[i]) for i in (4, 5, 6))
    full_before, full_after = (model(each).mlm_logits[0] for each in (ids, changed))
    assert not torch.allclose(full_before[0], full_after[0])


def test_causal_and_padding_together(model: BertForPreTraining, batch: Batch) -> None:
    padded = model(**batch, attention="causal").mlm_logits
    alone = model(
        batch["input_ids"][1:2, :5], batch["token_type_ids"][1:2, :5], attention="causal"
    ).mlm_logits
    torch.testing.assert_close(padded[1:2, :5], alone)


def test_additive_mask_by_hand() -> None:
    lowest = torch.finfo(torch.float32).min
    hidden = torch.zeros(2, 3, 5)
    present = torch.tensor([[1, 1, 1], [1, 1, 0]])
    assert additive_attention_mask(None, "full", hidden) is None
    padding = additive_attention_mask(present, "full", hidden)
    assert padding is not None
    assert padding.tolist() == [[[[0, 0, 0]]], [[[0, 0, lowest]]]]
    both = additive_attention_mask(present, "causal", hidden)
    assert both is not None
    assert both[1, 0].tolist() == [[0, lowest, lowest], [0, 0, lowest], [0, 0, lowest]]
    assert both[0, 0].tolist() == [[0, lowest, lowest], [0, 0, lowest], [0, 0, 0]]
    with pytest.raises(ValueError, match="'full' or 'causal', not 'sideways'"):
        additive_attention_mask(present, "sideways", hidden)


def test_a_head_switched_off_is_a_head_without_output_weights(
    config: BertConfig, make_model: MakeModel, batch: Batch
) -> None:
    head_mask = torch.ones(3, 4)
    head_mask[1, 2] = 0
    masked = make_model(config)(**batch, head_mask=head_mask)
    cut = make_model(config)
    with torch.no_grad():
        cut.layer(1).attention.output.dense.weight[:, 10:15] = 0  # W_O's columns of head 2
    same(masked, cut(**batch))
    untouched = make_model(config)(**batch)
    assert torch.equal(masked.hidden_states[1], untouched.hidden_states[1])
    assert not torch.allclose(masked.hidden_states[2], untouched.hidden_states[2])


def test_decoder_is_the_word_embedding_table(model: BertForPreTraining, batch: Batch) -> None:
    assert not [key for key in model.state_dict() if "decoder" in key]
    hidden = torch.randn(20, generator=generator(8))
    before = model.mlm_logits(hidden)
    words = model.bert.embeddings.word_embeddings.weight
    transformed = model.cls.predictions.transform(hidden)
    torch.testing.assert_close(before[42], words[42] @ transformed + model.cls.predictions.bias[42])
    with torch.no_grad():
        words[42] = 0
    after = model.mlm_logits(hidden)
    assert torch.equal(after[42], model.cls.predictions.bias[42])
    assert torch.equal(after[:42], before[:42])


def test_dropout_in_training_only(config: BertConfig, make_model: MakeModel, batch: Batch) -> None:
    model = make_model(config)
    quiet = model(**batch)
    assert torch.equal(model(**batch).mlm_logits, quiet.mlm_logits)
    model.train()
    torch.manual_seed(0)
    first = model(**batch)
    assert not torch.allclose(first.mlm_logits, quiet.mlm_logits)
    assert not torch.allclose(model(**batch).mlm_logits, first.mlm_logits)
    torch.manual_seed(0)
    assert torch.equal(model(**batch).mlm_logits, first.mlm_logits)
    still = make_model(
        replace(config, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    ).train()
    assert torch.equal(still(**batch).mlm_logits, quiet.mlm_logits)


@pytest.mark.parametrize("where", ["hidden_dropout_prob", "attention_probs_dropout_prob"])
def test_each_dropout_is_used(
    config: BertConfig, make_model: MakeModel, batch: Batch, where: str
) -> None:
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0} | {where: 0.5}
    model = make_model(BertConfig(**vars(config) | rates))
    quiet = model(**batch).mlm_logits
    torch.manual_seed(0)
    assert not torch.allclose(model.train()(**batch).mlm_logits, quiet)


def test_where_hidden_dropout_sits(model: BertForPreTraining, batch: Batch) -> None:
    """After the embeddings' LayerNorm, and on each projection before it is added."""
    draw = generator(6)
    layer = model.layer(1).train()
    for output, size in ((layer.attention.output, 20), (layer.output, 37)):
        inner = torch.randn(3, 7, size, generator=draw)
        residual = torch.randn(3, 7, 20, generator=draw)
        torch.manual_seed(0)
        projected, normalised = output(inner, residual)
        assert torch.equal(projected, output.dense(inner))
        torch.manual_seed(0)
        dropped = nn.functional.dropout(projected, 0.1)
        assert dropped.eq(0).any()
        assert torch.equal(normalised, output.LayerNorm(residual + dropped))
    embeddings = model.bert.embeddings.train()
    torch.manual_seed(0)
    steps = embeddings.steps(batch["input_ids"])
    torch.manual_seed(0)
    dropped = nn.functional.dropout(embeddings.LayerNorm(steps.embedding_sum), 0.1)
    assert torch.equal(steps.embedding_output, dropped)


def test_start_as_published() -> None:
    config = BertConfig(
        vocab_size=3000,
        hidden_size=120,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=401,
        initializer_range=0.05,
    )
    torch.manual_seed(4)
    model = BertForPreTraining(config)
    for name, parameter in model.named_parameters():
        values = parameter.detach()
        if "LayerNorm.weight" in name:
            assert values.eq(1).all(), name
        elif name.endswith("bias"):
            assert values.eq(0).all(), name
        elif values.numel() > 10_000:
            if "word_embeddings" in name:
                assert values[0].eq(0).all()  # the padding entry
                values = values[1:]
            # 14,400 draws and more: the error of the deviation is 0.05/√(2·14400) = 0.0003
            assert values.std().item() == pytest.approx(0.05, abs=0.0015), name
            assert values.mean().item() == pytest.approx(0, abs=0.002), name


def test_same_seed_same_start(config: BertConfig) -> None:
    def start(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return nn.utils.parameters_to_vector(BertForPreTraining(config).parameters())

    assert torch.equal(start(3), start(3))
    assert not torch.equal(start(3), start(4))


def test_sinusoidal_positions_are_fixed(config: BertConfig, batch: Batch) -> None:
    fixed = BertForPreTraining(replace(config, position_embedding_type="sinusoidal")).eval()
    table = fixed.bert.embeddings.position_embeddings.weight
    assert torch.equal(table, sinusoidal_positions(23, 20))
    assert not table.requires_grad
    assert BertForPreTraining(config).bert.embeddings.position_embeddings.weight.requires_grad
    steps = fixed.bert.embeddings.steps(batch["input_ids"])
    assert torch.equal(steps.position_embeddings[2, 6], table[6])


def test_too_long_input(model: BertForPreTraining) -> None:
    assert model(torch.ones(1, 23, dtype=torch.long)).mlm_logits.shape == (1, 23, 99)
    with pytest.raises(ValueError, match="24 tokens do not fit into 23 positions"):
        model(torch.ones(1, 24, dtype=torch.long))


@pytest.mark.parametrize(
    ("name", "at_minus_one"),
    # -1·Φ(-1) = -0.158655; -0.5·(1 - tanh(√(2/π)·1.044715)) = -0.158808; max(-1, 0) = 0
    # -1·σ(-1.702) = -0.154204; -1·σ(-1) = -0.268941; tanh(-1) = -0.761594
    [
        *(("gelu", -0.158655), ("gelu_new", -0.158808), ("gelu_pytorch_tanh", -0.158808)),
        *(("quick_gelu", -0.154204), ("relu", 0.0), ("silu", -0.268941), ("swish", -0.268941)),
        ("tanh", -0.761594),
    ],
)
def test_activations_by_hand(name: str, at_minus_one: float) -> None:
    values = activation(name, torch.tensor([-1.0, 0.0]))
    assert values.tolist() == pytest.approx([at_minus_one, 0.0], abs=1e-6)


def test_layers_are_counted_from_0(model: BertForPreTraining) -> None:
    assert [layer is model.layer(index) for index, layer in enumerate(model.layers())] == [True] * 3


def test_axis_names_are_checked(model: BertForPreTraining, batch: Batch) -> None:
    with pytest.raises(TypeCheckError):
        model(batch["input_ids"], token_type_ids=batch["token_type_ids"][:, :6])
    with pytest.raises(TypeCheckError):
        model(batch["input_ids"][0])
    with pytest.raises(TypeCheckError):
        model(batch["input_ids"].float())
