"""Logits to predictions, by hand."""

import math

import pytest
import torch

from bert_core.predict import NspPrediction, next_sentence_probabilities, top_tokens
from bert_core.tokenizer import BertTokenizer


@pytest.fixture
def logits(tokenizer: BertTokenizer) -> torch.Tensor:
    """15 names and 84 nameless entries: dog 3/8, cute 2/8, play 1/8, entry 50 the other 2/8."""
    scores = torch.full((99,), -1e4)
    scores[tokenizer.id("dog")] = math.log(3)
    scores[tokenizer.id("cute")] = math.log(2)
    scores[tokenizer.id("play")] = 0.0
    scores[50] = math.log(2)
    return scores


def test_best_tokens_by_hand(tokenizer: BertTokenizer, logits: torch.Tensor) -> None:
    found = top_tokens(logits, tokenizer, top_k=3)
    # e^ln3 + e^ln2 + e^0 + e^ln2 = 8
    assert [(one.token, one.id) for one in found] == [("dog", 6), ("cute", 8), ("play", 11)]
    assert [one.probability for one in found] == pytest.approx([3 / 8, 2 / 8, 1 / 8])


def test_only_entries_with_a_name_are_offered(
    tokenizer: BertTokenizer, logits: torch.Tensor
) -> None:
    found = top_tokens(logits, tokenizer, top_k=1000)
    assert len(found) == 15
    assert sorted(one.id for one in found) == list(range(15))
    probabilities = [one.probability for one in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(6 / 8)  # the nameless entry keeps its share


def test_half_precision_is_scaled_in_float32(
    tokenizer: BertTokenizer, logits: torch.Tensor
) -> None:
    found = top_tokens(logits.bfloat16(), tokenizer, top_k=15)
    assert sum(one.probability for one in found) == pytest.approx(6 / 8, abs=2e-3)
    # bfloat16 steps between 0.25 and 0.5 are 0.002 wide; float32 of the rounded score is finer
    rounded = logits.bfloat16().float().softmax(-1)
    assert found[0].probability == pytest.approx(rounded.max().item(), abs=1e-7)


@pytest.mark.parametrize("top_k", [0, -1])
def test_at_least_one_is_asked_for(
    tokenizer: BertTokenizer, logits: torch.Tensor, top_k: int
) -> None:
    with pytest.raises(ValueError, match=f"top_k must be at least 1, not {top_k}"):
        top_tokens(logits, tokenizer, top_k)


def test_next_sentence_by_hand() -> None:
    found = next_sentence_probabilities(torch.tensor([math.log(3) - 1, -1.0]))
    # index 0 is "B follows A": e^(ln3 - 1) : e^-1 = 3 : 1
    assert [found.is_next, found.random] == pytest.approx([3 / 4, 1 / 4])
    assert isinstance(found, NspPrediction)


def test_next_sentence_of_extreme_scores() -> None:
    found = next_sentence_probabilities(torch.tensor([-500.0, 500.0]))
    assert (found.is_next, found.random) == (0.0, 1.0)
