"""The same numbers as `transformers.BertForPreTraining`: part by part, then whole, both ways."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from bert_core.assets import ASSETS
from bert_core.bert import Bert, load
from bert_core.checkpoint import load_checkpoint, save_checkpoint
from bert_core.config import BertConfig
from bert_core.device import generator
from bert_core.model import (
    OUTPUT_MATRIX,
    WORD_EMBEDDINGS,
    BertForPreTraining,
    additive_attention_mask,
)
from bert_core.tokenizer import BertTokenizer
from bert_core.weights import convert_hf_state_dict
from tests.bert_core.conftest import MakeModel

CONFIGS = {
    "gelu": BertConfig(
        vocab_size=99,
        hidden_size=20,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=37,
        max_position_embeddings=40,
    ),
    "relu, odd sizes, one segment": BertConfig(
        vocab_size=83,
        hidden_size=21,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=45,
        hidden_act="relu",
        max_position_embeddings=512,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    ),
    "gelu_new, one head": BertConfig(
        vocab_size=71,
        hidden_size=17,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=23,
        hidden_act="gelu_new",
        max_position_embeddings=40,
        pad_token_id=3,
    ),
    **{
        name: BertConfig(
            vocab_size=71,
            hidden_size=18,
            num_hidden_layers=2,
            num_attention_heads=3,
            intermediate_size=23,
            hidden_act=name,
            max_position_embeddings=40,
        )
        for name in ("gelu_pytorch_tanh", "quick_gelu", "silu", "tanh")
    },
    "its own output matrix": BertConfig(
        vocab_size=71,
        hidden_size=18,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=23,
        max_position_embeddings=40,
        tie_word_embeddings=False,
    ),
    "deep and wide": BertConfig(
        vocab_size=211,
        hidden_size=96,
        num_hidden_layers=7,
        num_attention_heads=8,
        intermediate_size=160,
        max_position_embeddings=512,
        type_vocab_size=3,
    ),
}


@dataclass(frozen=True)
class Setting:
    """Our model, theirs with the same weights, and an input with padding and a pair."""

    config: BertConfig
    ours: BertForPreTraining
    theirs: Any
    inputs: dict[str, Tensor]
    hidden: Tensor
    additive_mask: Tensor


def assert_logits_close(ours: Tensor, theirs: Tensor) -> None:
    """At most 5e-5 apart, or a millionth of the largest where that is more.

    Training lets logits grow to 76, where float32 steps are 7.6e-6 wide: two orders of adding up
    256 products differ by several of them.
    """
    assert_close(ours, theirs, rtol=0, atol=max(5e-5, 1e-6 * float(theirs.abs().max())))


def reference(transformers: ModuleType, config: BertConfig) -> Any:
    """Their model with every weight random, so that each of them matters."""
    values = {key: value for key, value in config.to_dict().items() if "headlight" not in key}
    theirs = transformers.BertForPreTraining(
        transformers.BertConfig(**values, attn_implementation="eager")
    ).eval()
    draw = generator(13)
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            noise = torch.randn(parameter.shape, generator=draw)
            parameter.copy_(1 + 0.2 * noise if name.endswith("LayerNorm.weight") else 0.2 * noise)
    return theirs


def inputs_for(config: BertConfig, length: int = 13) -> dict[str, Tensor]:
    """Batch 3 with rows of full, middle and short length; segments in two blocks where there are
    two."""
    draw = generator(17)
    attention_mask = torch.ones(3, length, dtype=torch.long)
    attention_mask[1, -4:] = 0
    attention_mask[2, 5:] = 0
    input_ids = torch.randint(5, config.vocab_size, (3, length), generator=draw)
    input_ids = input_ids.masked_fill(attention_mask == 0, config.pad_token_id)
    token_type_ids = torch.zeros_like(input_ids)
    token_type_ids[:, 4:] = config.type_vocab_size - 1
    return {
        "input_ids": input_ids,
        "token_type_ids": token_type_ids,
        "attention_mask": attention_mask,
    }


@pytest.fixture(scope="module", params=CONFIGS.values(), ids=list(CONFIGS))
def setting(request: pytest.FixtureRequest, transformers: ModuleType) -> Setting:
    config = request.param
    theirs = reference(transformers, config)
    ours = BertForPreTraining(config, kernel="eager").eval()
    ours.load_state_dict(ours_from(theirs.state_dict()))
    inputs = inputs_for(config)
    hidden = torch.randn(3, 13, config.hidden_size, generator=generator(19))
    mask = additive_attention_mask(inputs["attention_mask"], "full", hidden)
    assert mask is not None
    return Setting(config, ours, theirs, inputs, hidden, mask)


def ours_from(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Their state in our names: of a tied matrix the second name is left over."""
    converted = convert_hf_state_dict(state)
    if torch.equal(converted[OUTPUT_MATRIX], converted[WORD_EMBEDDINGS]):
        del converted[OUTPUT_MATRIX]
    return converted


def test_embeddings(setting: Setting) -> None:
    ids, segments = setting.inputs["input_ids"], setting.inputs["token_type_ids"]
    position_ids = torch.randperm(13, generator=generator(2))[None]
    for positions in (None, position_ids):
        assert_close(
            setting.ours.bert.embeddings(ids, segments, positions),
            setting.theirs.bert.embeddings(ids, segments, positions),
        )


def test_self_attention(setting: Setting) -> None:
    theirs = setting.theirs.bert.encoder.layer[0].attention.self
    context, probs = theirs(setting.hidden, setting.additive_mask)
    ours = setting.ours.layer(0).attention.self
    steps = ours.steps(setting.hidden, setting.additive_mask)
    assert_close(steps.attention_probs, probs)
    for kernel in ("eager", "fused"):
        assert_close(ours(setting.hidden, setting.additive_mask, kernel=kernel), context)
    heads = (3, 13, setting.config.num_attention_heads, setting.config.head_size)
    for mine, dense in ((steps.query, theirs.query), (steps.value, theirs.value)):
        assert_close(mine, dense(setting.hidden).view(heads).transpose(1, 2))


def test_attention_output(setting: Setting) -> None:
    residual = setting.hidden.flip(1)
    theirs = setting.theirs.bert.encoder.layer[0].attention.output
    projected, normalised = setting.ours.layer(0).attention.output(setting.hidden, residual)
    assert_close(projected, theirs.dense(setting.hidden))
    assert_close(normalised, theirs(setting.hidden, residual))


def test_feed_forward(setting: Setting) -> None:
    theirs = setting.theirs.bert.encoder.layer[0]
    ours = setting.ours.layer(0)
    inner = ours.intermediate(setting.hidden)
    assert_close(inner, theirs.intermediate(setting.hidden))
    assert_close(ours.output(inner, setting.hidden)[1], theirs.output(inner, setting.hidden))


def test_layer(setting: Setting) -> None:
    for index, theirs in enumerate(setting.theirs.bert.encoder.layer):
        expected = theirs(setting.hidden, setting.additive_mask)
        ours = setting.ours.layer(index)
        assert_close(ours.steps(setting.hidden, setting.additive_mask).hidden_states, expected)
        assert_close(ours(setting.hidden, setting.additive_mask, kernel="fused"), expected)


def test_encoder(setting: Setting) -> None:
    expected = setting.theirs.bert.encoder(setting.hidden, setting.additive_mask)
    hidden = setting.hidden
    for layer in setting.ours.layers():
        hidden = layer(hidden, setting.additive_mask)
    assert_close(hidden, expected.last_hidden_state)


def test_pooler(setting: Setting) -> None:
    assert_close(
        setting.ours.bert.pooler(setting.hidden), setting.theirs.bert.pooler(setting.hidden)
    )


def test_mlm_transform(setting: Setting) -> None:
    assert_close(
        setting.ours.cls.predictions.transform(setting.hidden),
        setting.theirs.cls.predictions.transform(setting.hidden),
    )


def test_heads(setting: Setting) -> None:
    pooled = setting.hidden[:, 0]
    mlm, nsp = setting.theirs.cls(setting.hidden, pooled)
    assert_close(setting.ours.mlm_logits(setting.hidden), mlm)
    assert_close(setting.ours.nsp_logits(pooled), nsp)


@pytest.mark.parametrize("kernel", ["eager", "fused"])
@pytest.mark.parametrize("kind", ["full", "padded", "one token", "longest"])
def test_whole(setting: Setting, kernel: Any, kind: str) -> None:
    inputs = setting.inputs
    if kind == "full":
        inputs = inputs | {"attention_mask": torch.ones_like(inputs["attention_mask"])}
    elif kind == "one token":
        inputs = {key: value[:, :1] for key, value in inputs.items()}
    elif kind == "longest":
        inputs = inputs_for(setting.config, setting.config.max_position_embeddings)
    ours = BertForPreTraining(setting.config, kernel=kernel).eval()
    ours.load_state_dict(setting.ours.state_dict())
    with torch.no_grad():
        theirs = setting.theirs(**inputs, output_hidden_states=True, output_attentions=True)
        output = ours(**inputs)
    assert len(output.hidden_states) == len(theirs.hidden_states)
    for mine, expected in zip(output.hidden_states, theirs.hidden_states, strict=True):
        assert_close(mine, expected)
    assert_close(output.pooled_output, setting.theirs.bert.pooler(theirs.hidden_states[-1]))
    assert_logits_close(output.mlm_logits, theirs.prediction_logits)
    assert_logits_close(output.nsp_logits, theirs.seq_relationship_logits)
    # their record of the attention of every layer, against ours from the same input
    mask = additive_attention_mask(inputs["attention_mask"], "full", theirs.hidden_states[0])
    assert len(theirs.attentions) == setting.config.num_hidden_layers
    for index, expected in enumerate(theirs.attentions):
        steps = ours.layer(index).steps(theirs.hidden_states[index], mask)
        assert_close(steps.attention_probs, expected)


def test_gradients(setting: Setting) -> None:
    """Both losses as in pretraining, back through the whole model into every weight."""
    labels = torch.where(
        torch.rand(3, 13, generator=generator(23)) < 0.4, setting.inputs["input_ids"], -100
    )
    is_random = torch.tensor([0, 1, 0])
    setting.theirs.zero_grad()
    setting.theirs(**setting.inputs, labels=labels, next_sentence_label=is_random).loss.backward()
    setting.ours.zero_grad()
    chosen = (labels.flatten() != -100).nonzero().flatten()
    output = setting.ours(**setting.inputs, mlm_positions=chosen)
    loss = torch.nn.functional.cross_entropy(output.mlm_logits, labels.flatten()[chosen])
    loss = loss + torch.nn.functional.cross_entropy(output.nsp_logits, is_random)
    loss.backward()
    theirs = dict(setting.theirs.named_parameters())
    for name, parameter in setting.ours.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name
        if name == "cls.predictions.bias" and not setting.config.tie_word_embeddings:
            name = "cls.predictions.decoder.bias"
        assert_close(
            {name: parameter.grad}, {name: theirs[name].grad}, rtol=1e-4, atol=1e-5
        )  # summed over 39 tokens and up to 7 layers


def save_theirs(theirs: Any, tokenizer: BertTokenizer, folder: Path) -> None:
    theirs.save_pretrained(folder)
    tokenizer.save(folder)


def test_their_folder_opens_here(
    setting: Setting, tokenizer: BertTokenizer, tmp_path: Path
) -> None:
    save_theirs(setting.theirs, tokenizer, tmp_path)
    loaded = load_checkpoint(tmp_path)
    assert loaded.missing == {}
    assert loaded.model.config == setting.config
    with torch.no_grad():
        output, expected = loaded.model(**setting.inputs), setting.theirs(**setting.inputs)
    assert_logits_close(output.mlm_logits, expected.prediction_logits)
    assert_logits_close(output.nsp_logits, expected.seq_relationship_logits)


@pytest.mark.parametrize("position_embedding_type", ["learned", "sinusoidal"])
def test_our_folder_opens_there(
    setting: Setting,
    transformers: ModuleType,
    make_model: MakeModel,
    tokenizer: BertTokenizer,
    tmp_path: Path,
    position_embedding_type: str,
) -> None:
    config = BertConfig(
        **vars(setting.config) | {"position_embedding_type": position_embedding_type}
    )
    model = make_model(config)
    save_checkpoint(tmp_path / "ours", model, tokenizer, dtype=torch.float32)
    theirs, report = transformers.BertForPreTraining.from_pretrained(
        tmp_path / "ours", output_loading_info=True, attn_implementation="eager"
    )
    assert "missing_keys" in report and not any(report.values()), report
    for name in ("vocab_size", "hidden_act", "layer_norm_eps", "type_vocab_size", "pad_token_id"):
        assert getattr(theirs.config, name) == getattr(config, name)
    with torch.no_grad():
        output, expected = model(**setting.inputs), theirs.eval()(**setting.inputs)
    assert_logits_close(output.mlm_logits, expected.prediction_logits)
    assert_logits_close(output.nsp_logits, expected.seq_relationship_logits)


@pytest.mark.parametrize("reader", ["AutoTokenizer", "BertTokenizer"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_our_tokenizer_opens_there(
    transformers: ModuleType,
    model: BertForPreTraining,
    vocab: dict[str, int],
    tmp_path: Path,
    reader: str,
    lowercase: bool,
) -> None:
    tokenizer = BertTokenizer.from_vocab(vocab | {"My": len(vocab)}, lowercase=lowercase)
    save_checkpoint(tmp_path / "ours", model, tokenizer)
    theirs = getattr(transformers, reader).from_pretrained(tmp_path / "ours")
    texts = ("My dog is [MASK], He likes playing.", "héLIKES [mask]我")
    assert tokenizer.encode(texts[0]).tokens[1] == ("my" if lowercase else "My")
    for a, b in (texts, texts[::-1]):
        encoding, expected = (
            tokenizer.encode(a, b, 14),
            theirs(a, b, truncation=True, max_length=14),
        )
        assert list(encoding.input_ids) == expected["input_ids"]
        assert list(encoding.token_type_ids) == expected["token_type_ids"]
    assert theirs.mask_token_id == tokenizer.mask_id


@pytest.mark.parametrize("name", ["mini-en", "small-en", "small-zh"])
def test_shipped_checkpoints_give_the_same_there(transformers: ModuleType, name: str) -> None:
    bert = load(name, device="cpu")
    folder = ASSETS / "checkpoints" / name
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    theirs = transformers.BertForPreTraining.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    pairs = {
        "en": ("The man went to the [MASK] store.", "He bought a gallon of [MASK] milk."),
        "zh": ("我喜欢吃[MASK]葱。", "妈妈去[MASK]店买牛奶。"),
    }
    compare_trace(bert, tokenizer, theirs, pairs[name[-2:]])


def compare_trace(bert: Bert, tokenizer: Any, theirs: Any, pair: tuple[str, str]) -> None:
    """A trace of a trained model, stage for stage what their model reports."""
    trace = bert.trace(*pair)
    inputs = tokenizer(*pair, return_tensors="pt")
    assert inputs["input_ids"][0].tolist() == list(trace.encoding.input_ids)
    with torch.no_grad():
        output = theirs(**inputs, output_hidden_states=True, output_attentions=True)
    for mine, expected in zip(trace.hidden_states, output.hidden_states, strict=True):
        assert_close(mine, expected[0])
    for index, expected in enumerate(output.attentions):
        assert_close(trace.layer(index).attention_probs, expected[0])
    assert_logits_close(trace.mlm_logits, output.prediction_logits[0])
    assert_logits_close(trace.nsp_logits, output.seq_relationship_logits[0])
