"""The 15 % corruption of masked-language modelling (Devlin et al. 2018, §3.1)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_core.encoding import CONTINUED
from bert_core.memo import kept
from bert_core.tokenizer import BertTokenizer

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MaskingRule:
    """Shares of chosen tokens and of what happens to them (probabilities 0..1)."""

    chosen: float = 0.15
    masked: float = 0.8
    random: float = 0.1
    whole_words: bool = False
    """Choose all pieces of a word together; `##…` belongs to the word before it."""


@dataclass(frozen=True)
class TokenClasses:
    """What masking must know about the vocabulary; both arrays have one entry per id."""

    mask_id: int
    ordinary_ids: IntArray
    """Ids that may stand in as random tokens: everything but the special tokens."""
    is_continuation: BoolArray
    """True for pieces that continue a word (`##…`)."""


@kept
def token_classes(tokenizer: BertTokenizer) -> TokenClasses:
    """What masking must know about this tokenizer's vocabulary."""
    tokens = [tokenizer.token(token_id) for token_id in range(tokenizer.vocab_size)]
    special = {tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id}
    special.add(tokenizer.mask_id)
    return TokenClasses(
        mask_id=tokenizer.mask_id,
        ordinary_ids=np.array([i for i in range(len(tokens)) if i not in special]),
        is_continuation=np.array([token.startswith(CONTINUED) for token in tokens]),
    )


def choose_tokens(
    maskable: BoolArray, rule: MaskingRule, rng: np.random.Generator, continues: BoolArray
) -> BoolArray:
    """Choose the tokens to predict, anew at every call.

    Args:
        maskable: [batch seq], False for padding, [CLS] and [SEP].
        continues: [batch seq], True where a piece continues the word before it.

    Returns:
        [batch seq]; in each row `rule.chosen` of the maskable tokens (rounded, at least one where
        there are any). With whole words a row may exceed that by the rest of its last word.
    """
    count = maskable.sum(axis=1)  # [batch]
    wanted = np.where(count > 0, np.maximum(1, np.rint(rule.chosen * count)), 0)
    unit = np.broadcast_to(np.arange(maskable.shape[1]), maskable.shape)  # [batch, seq]
    if rule.whole_words:
        unit = np.cumsum(~continues, axis=1)
    draws = rng.random((maskable.shape[0], maskable.shape[1] + 1))
    draw = np.where(maskable, np.take_along_axis(draws, unit, axis=1), 2.0)  # one draw per word
    order = np.argsort(draw, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[None, :], axis=1)
    chosen = maskable & (rank < wanted[:, None])
    if rule.whole_words:
        last = np.where(chosen, draw, -1.0).max(axis=1, keepdims=True)
        chosen = maskable & (draw <= last)
    return chosen


def corrupt_tokens(
    input_ids: IntArray,
    chosen: BoolArray,
    classes: TokenClasses,
    rule: MaskingRule,
    rng: np.random.Generator,
) -> IntArray:
    """Replace chosen tokens: most by [MASK], some by a random token, the rest stays as it is.

    Args:
        input_ids, chosen: [batch seq].

    Returns:
        A new [batch seq] array; tokens not chosen are untouched.
    """
    fate = rng.random(input_ids.shape)
    stand_in = rng.choice(classes.ordinary_ids, size=input_ids.shape)
    corrupted = np.where(chosen & (fate < rule.masked), classes.mask_id, input_ids)
    by_random = chosen & (fate >= rule.masked) & (fate < rule.masked + rule.random)
    return np.where(by_random, stand_in, corrupted)
