"""Masked-word prediction looked at closely: ranks, the layers' own guesses, the training task.

Pure functions of logits, traces and encodings. The corruption is the one that pretraining uses.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bert_core.predict import TokenPrediction
from bert_core.pretraining.batches import token_classes
from bert_core.pretraining.masking import TokenClasses
from bert_core.tokenizer import BertTokenizer


@dataclass(frozen=True)
class RankedToken:
    """One vocabulary entry with its place: rank 1 is the most probable of the whole vocabulary."""

    rank: int
    prediction: TokenPrediction


_classes: "WeakKeyDictionary[BertTokenizer, TokenClasses]" = WeakKeyDictionary()


def classes_of(tokenizer: BertTokenizer) -> TokenClasses:
    """`token_classes`, worked out once per tokenizer."""
    found = _classes.get(tokenizer)
    if found is None:
        found = _classes[tokenizer] = token_classes(tokenizer)
    return found


def whole_words(tokenizer: BertTokenizer) -> Bool[Tensor, " vocab"]:
    """True for entries that can stand as a word: no special token, no piece that continues one."""
    classes = classes_of(tokenizer)
    whole = torch.zeros(tokenizer.vocab_size, dtype=torch.bool)
    whole[torch.from_numpy(classes.ordinary_ids)] = True
    return whole & ~torch.from_numpy(classes.is_continuation)


def ranked_tokens(
    logits: Float[Tensor, " vocab"],
    tokenizer: BertTokenizer,
    top_k: int,
    keep: Bool[Tensor, " vocab"] | None = None,
) -> list[RankedToken]:
    """The `top_k` most probable entries, best first, with rank and probability in the whole list.

    Args:
        keep: Entries to show; what is left out keeps its rank and its share of the probability.
    """
    # entries past the tokenizer's vocabulary are padding of the table and have no name
    named = logits.float()[: tokenizer.vocab_size]
    shown = named if keep is None else named.masked_fill(~keep, float("-inf"))
    count = min(top_k, int(shown.isfinite().sum()))
    return [rank_of(logits, tokenizer, token_id) for token_id in shown.topk(count).indices.tolist()]


def rank_of(
    logits: Float[Tensor, " vocab"], tokenizer: BertTokenizer, token_id: int
) -> RankedToken:
    """The place and probability of one entry."""
    scores = logits.float()
    rank = 1 + int((scores[: tokenizer.vocab_size] > scores[token_id]).sum())
    probability = torch.softmax(scores, dim=-1)[token_id].item()
    return RankedToken(rank, TokenPrediction(tokenizer.token(token_id), token_id, probability))
