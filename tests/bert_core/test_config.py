"""Sizes are checked where they enter, and survive the way through JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_core.config import BertConfig


def test_defaults_are_bert_base() -> None:
    config = BertConfig()
    assert (config.num_hidden_layers, config.hidden_size, config.num_attention_heads) == (
        12,
        768,
        12,
    )
    assert config.head_size == 64
    assert (config.hidden_act, config.layer_norm_eps, config.position_embedding_type) == (
        "gelu",
        1e-12,
        "learned",
    )


def test_head_size(config: BertConfig) -> None:
    assert config.head_size == 20 // 4


@pytest.mark.parametrize("position_embedding_type", ["learned", "sinusoidal"])
def test_json_round_trip(tmp_path: Path, position_embedding_type: str) -> None:
    config = BertConfig(
        vocab_size=99,
        hidden_size=15,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=37,
        hidden_act="relu",
        hidden_dropout_prob=0.25,
        attention_probs_dropout_prob=0.125,
        max_position_embeddings=23,
        type_vocab_size=1,
        initializer_range=0.05,
        layer_norm_eps=1e-5,
        pad_token_id=3,
        position_embedding_type=position_embedding_type,
    )
    config.to_json(tmp_path / "config.json")
    assert BertConfig.from_json(tmp_path / "config.json") == config


def test_reads_a_published_config_and_leaves_the_rest_out() -> None:
    published = {
        "architectures": ["BertForMaskedLM"],
        "model_type": "bert",
        "position_embedding_type": "absolute",
        "hidden_size": 128,
        "num_attention_heads": 2,
        "gradient_checkpointing": False,
        "use_cache": True,
        "is_decoder": False,
        "pad_token_id": None,
    }
    config = BertConfig.from_dict(published)
    assert (config.hidden_size, config.head_size) == (128, 64)
    assert (config.position_embedding_type, config.pad_token_id) == ("learned", 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocab_size": 0}, "vocab_size must be a whole number of at least 1, not 0"),
        ({"hidden_size": -20}, "hidden_size .* not -20"),
        ({"num_hidden_layers": 2.0}, "num_hidden_layers .* not 2.0"),
        ({"num_attention_heads": True}, "num_attention_heads .* not True"),
        ({"intermediate_size": None}, "intermediate_size .* not None"),
        ({"max_position_embeddings": "512"}, "max_position_embeddings .* not '512'"),
        ({"type_vocab_size": 0}, "type_vocab_size .* not 0"),
        ({"num_attention_heads": 3}, "hidden_size 20 does not divide by num_attention_heads 3"),
        ({"hidden_act": "mish"}, "hidden_act 'mish' is not one of"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
        ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob .* 1.0"),
        ({"hidden_dropout_prob": "0.1"}, "hidden_dropout_prob .* '0.1'"),
        ({"attention_probs_dropout_prob": -0.1}, "attention_probs_dropout_prob .* -0.1"),
        ({"attention_probs_dropout_prob": float("nan")}, "attention_probs_dropout_prob .* nan"),
        ({"layer_norm_eps": -1e-12}, "layer_norm_eps .* -1e-12"),
        ({"layer_norm_eps": "1e-12"}, "layer_norm_eps .* '1e-12'"),
        ({"layer_norm_eps": float("inf")}, "layer_norm_eps .* inf"),
        ({"initializer_range": -0.02}, "initializer_range .* -0.02"),
        ({"initializer_range": None}, "initializer_range .* None"),
        ({"pad_token_id": 99}, "pad_token_id .* 0 to 98, not 99"),
        ({"is_decoder": True}, "is_decoder"),
        ({"pad_token_id": -1}, "pad_token_id .* not -1"),
        ({"pad_token_id": 0.0}, "pad_token_id .* not 0.0"),
    ],
)
def test_bad_values_are_named(config: BertConfig, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BertConfig.from_dict(vars(config) | change)


def test_the_constructor_checks_too() -> None:
    with pytest.raises(ValueError, match="hidden_size 768 does not divide by .* 5"):
        BertConfig(num_attention_heads=5)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"bert"'])
def test_json_that_is_no_object(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="not a JSON object"):
        BertConfig.from_json(tmp_path / "config.json")


def test_written_config_is_what_transformers_reads(config: BertConfig, tmp_path: Path) -> None:
    config.to_json(tmp_path / "config.json")
    values = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert values["model_type"] == "bert"
    assert values["architectures"] == ["BertForPreTraining"]
    # a type that transformers does not know would make it refuse the folder
    assert "position_embedding_type" not in values
