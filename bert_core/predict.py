"""Scores to predictions: pure functions of logits."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from bert_core.tokenizer import BertTokenizer


@dataclass(frozen=True)
class TokenPrediction:
    """One candidate for a masked position."""

    token: str
    id: int
    probability: float
    """0..1, over the whole vocabulary."""


@dataclass(frozen=True)
class NspPrediction:
    """Does B follow A? The two probabilities sum to 1."""

    is_next: float
    random: float


def top_tokens(
    logits: Float[Tensor, " vocab"], tokenizer: BertTokenizer, top_k: int = 5
) -> list[TokenPrediction]:
    """The `top_k` most probable tokens, best first.

    Raises:
        ValueError: `top_k` is below 1.
    """
    if top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
    probabilities = torch.softmax(logits.float(), dim=-1)
    # entries past the tokenizer's vocabulary are padding of the table and have no name
    best = probabilities[: tokenizer.vocab_size].topk(min(top_k, tokenizer.vocab_size))
    return [
        TokenPrediction(tokenizer.token(token_id), token_id, probability)
        for probability, token_id in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]


def next_sentence_probabilities(logits: Float[Tensor, " 2"]) -> NspPrediction:
    """Softmax over [is next, random] (Devlin et al. 2018, section 3.1)."""
    is_next, random = torch.softmax(logits.float(), dim=-1).tolist()
    return NspPrediction(is_next, random)
