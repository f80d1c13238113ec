"""Sizes and switches of a BERT, in the published spelling (`bert_config.json`)."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bert_core.folder_files import read_text

ACTIVATIONS = tuple("gelu gelu_new gelu_pytorch_tanh quick_gelu relu silu swish tanh".split())
POSITION_TYPES = ("learned", "sinusoidal")
_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)


@dataclass(frozen=True)
class BertConfig:
    """Everything needed to build a BERT; the same field names as in a Hugging Face `config.json`.

    Raises:
        ValueError: a size is not a positive whole number, the hidden size does not divide by the
            number of heads, a number is out of its range, or a name is unknown; the message gives
            the values.
    """

    vocab_size: int = 30522
    """Number of token ids."""
    hidden_size: int = 768
    """Length of every token vector."""
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    """Length of the vector inside the feed-forward network."""
    hidden_act: str = "gelu"
    """One of `ACTIVATIONS`: `gelu` is exact, with erf; `gelu_new` and `gelu_pytorch_tanh` are one
    approximation by tanh, `quick_gelu` is one by the sigmoid; `swish` is another name of `silu`."""
    hidden_dropout_prob: float = 0.1
    """Probability 0..1, in training only."""
    attention_probs_dropout_prob: float = 0.1
    """Probability 0..1, in training only."""
    max_position_embeddings: int = 512
    """Longest input, in tokens, [CLS] and [SEP] included."""
    type_vocab_size: int = 2
    """Number of segments."""
    initializer_range: float = 0.02
    """Standard deviation of the random start."""
    layer_norm_eps: float = 1e-12
    """Added to the variance in LayerNorm."""
    pad_token_id: int = 0
    position_embedding_type: str = "learned"
    """`learned` (BERT) or `sinusoidal` (Vaswani et al. 2017, section 3.5)."""
    tie_word_embeddings: bool = True
    """Whether the MLM head scores words by the word embeddings (BERT) or by a matrix of its own."""

    def __post_init__(self) -> None:
        _check(vars(self))

    @property
    def head_size(self) -> int:
        """Length of one head's query, key and value (d_k in Vaswani et al. 2017)."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "BertConfig":
        """Read a Hugging Face configuration; keys that do not concern the model are left out.

        Raises:
            ValueError: not a configuration of a BERT we can build; wrong types count too.
        """
        if values.get("is_decoder"):
            raise ValueError("is_decoder is set; a BERT that looks back only cannot be opened")
        positions = values.get("position_embedding_type")
        if isinstance(positions, str) and positions.startswith("relative_key"):
            raise ValueError(
                f"position_embedding_type is {positions!r}; such a model adds a vector of the "
                "distance to queries and keys in every layer, which the steps here do not have"
            )
        defaults = {field.name: field.default for field in fields(cls)}
        own = {key: value for key, value in values.items() if key in defaults}
        if own.get("position_embedding_type") == "absolute":  # Hugging Face's word for "learned"
            own["position_embedding_type"] = "learned"
        if own.get("pad_token_id", 0) is None:  # allowed there; it plays no part after training
            del own["pad_token_id"]
        _check(defaults | own)
        return cls(**own)

    def to_dict(self) -> dict[str, Any]:
        """A configuration that `transformers` reads as `BertConfig`."""
        values = asdict(self)
        # A saved sinusoidal table is loaded elsewhere as an ordinary table, with equal outputs;
        # our own reader finds its name under a key that transformers carries along unread.
        values["headlight_position_embedding_type"] = values.pop("position_embedding_type")
        return {"architectures": ["BertForPreTraining"], "model_type": "bert", **values}

    @classmethod
    def from_json(cls, path: Path) -> "BertConfig":
        """Read `config.json`.

        Raises:
            ValueError: not a JSON object, or not a configuration of a BERT we can build.
        """
        values = json.loads(read_text(Path(path)))
        if not isinstance(values, dict):
            raise ValueError("the configuration is not a JSON object")
        if "headlight_position_embedding_type" in values:
            values["position_embedding_type"] = values["headlight_position_embedding_type"]
        return cls.from_dict(values)

    def to_json(self, path: Path) -> None:
        """Write `config.json`."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")


def _check(values: Mapping[str, Any]) -> None:
    """Raise the ValueErrors of `BertConfig`; the values may come from a file, so of any type."""
    for name in _SIZES:
        if not _is_whole(values[name]) or values[name] < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {values[name]!r}")
    hidden, heads = values["hidden_size"], values["num_attention_heads"]
    if hidden % heads:
        raise ValueError(f"hidden_size {hidden} does not divide by num_attention_heads {heads}")
    for name, known in (("hidden_act", ACTIVATIONS), ("position_embedding_type", POSITION_TYPES)):
        if values[name] not in known:
            raise ValueError(f"{name} {values[name]!r} is not one of {known}")
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
        if not _is_number(values[name]) or not 0 <= values[name] < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {values[name]!r}")
    for name in ("initializer_range", "layer_norm_eps"):
        if not _is_number(values[name]) or values[name] < 0:
            raise ValueError(f"{name} must be a number of at least 0, not {values[name]!r}")
    if not isinstance(values["tie_word_embeddings"], bool):
        given = values["tie_word_embeddings"]
        raise ValueError(f"tie_word_embeddings must be true or false, not {given!r}")
    pad, last = values["pad_token_id"], values["vocab_size"] - 1
    if not _is_whole(pad) or not 0 <= pad <= last:
        raise ValueError(f"pad_token_id must be one of 0 to {last}, not {pad!r}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
