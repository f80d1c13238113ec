"""A tiny BERT with unequal sizes, a ten-word vocabulary, and a folder that holds both."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from bert_core.bert import Bert, load
from bert_core.checkpoint import save_checkpoint
from bert_core.config import BertConfig
from bert_core.device import generator
from bert_core.model import BertForPreTraining
from bert_core.tokenizer import SPECIAL_TOKENS, BertTokenizer

MakeModel = Callable[..., BertForPreTraining]

WORDS = ("my", "dog", "is", "cute", "he", "likes", "play", "##ing", "##s", ".")


@pytest.fixture(scope="session")
def config() -> BertConfig:
    """No two sizes alike, so that a swapped axis shows; head size 5."""
    return BertConfig(
        vocab_size=99,
        hidden_size=20,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=37,
        max_position_embeddings=23,
        type_vocab_size=2,
    )


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """Builds a model in eval mode whose every weight and bias matters."""

    def make(config: BertConfig, seed: int = 7, kernel: Any = "fused") -> BertForPreTraining:
        model = BertForPreTraining(config, kernel=kernel)
        draw = generator(seed)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                noise = torch.randn(parameter.shape, generator=draw)
                is_scale = name.endswith("LayerNorm.weight")
                # wide enough that attention is far from even, narrow enough for float32
                parameter.copy_(1 + 0.2 * noise if is_scale else 0.3 * noise)
        return model.eval()

    return make


@pytest.fixture
def model(config: BertConfig, make_model: MakeModel) -> BertForPreTraining:
    """A tiny random BERT of the test's own."""
    return make_model(config)


@pytest.fixture
def batch(config: BertConfig) -> dict[str, torch.Tensor]:
    """Batch 3, seq 7: one full row, two padded ones, two segments."""
    draw = generator(11)
    input_ids = torch.randint(5, config.vocab_size, (3, 7), generator=draw)
    attention_mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2, [1] * 3 + [0] * 4])
    token_type_ids = torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * 3)
    return {
        "input_ids": input_ids * attention_mask,
        "token_type_ids": token_type_ids,
        "attention_mask": attention_mask,
    }


@pytest.fixture(scope="session")
def vocab() -> dict[str, int]:
    """The five special tokens and ten words."""
    return {token: index for index, token in enumerate((*SPECIAL_TOKENS, *WORDS))}


@pytest.fixture(scope="session")
def tokenizer(vocab: dict[str, int]) -> BertTokenizer:
    """Over the ten words."""
    return BertTokenizer.from_vocab(vocab)


@pytest.fixture
def folder(tmp_path: Path, model: BertForPreTraining, tokenizer: BertTokenizer) -> Path:
    """The tiny BERT on disk, in float32."""
    path = tmp_path / "tiny"
    save_checkpoint(path, model, tokenizer, dtype=torch.float32)
    return path


@pytest.fixture
def bert(folder: Path) -> Bert:
    """The tiny BERT, loaded."""
    return load(str(folder), device="cpu")


@pytest.fixture(scope="session")
def transformers() -> ModuleType:
    """The reference implementation; its import takes seconds."""
    return pytest.importorskip("transformers", reason="transformers is the parity reference")
