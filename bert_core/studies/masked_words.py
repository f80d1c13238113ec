"""Masked-word prediction looked at closely: ranks, the layers' own guesses, the training task.

Pure functions of logits, traces and encodings. The corruption is the one that pretraining uses.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bert_core.batched import Report, mlm_log_probabilities_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.masking import (
    MaskingRule,
    choose_tokens,
    corrupt_tokens,
    token_classes,
)
from bert_core.predict import TokenPrediction
from bert_core.tokenizer import BertTokenizer
from bert_core.trace import Trace
from bert_core.words import Word, with_ids, words_of

FATES = ("masked", "random", "kept")
"""What becomes of a chosen token: [MASK], a random token, or left as it is."""
RULE = MaskingRule()
ROWS_PER_STEP = 64
"""Positions whose scores over the whole vocabulary are held at a time."""


@dataclass(frozen=True)
class RankedToken:
    """One vocabulary entry with its place: rank 1 is the most probable of the whole vocabulary."""

    rank: int
    prediction: TokenPrediction


def whole_words(tokenizer: BertTokenizer) -> Bool[Tensor, " vocab"]:
    """True for entries that can stand as a word: no special token, no piece that continues one."""
    classes = token_classes(tokenizer)
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


@dataclass(frozen=True)
class LayerGuesses:
    """The MLM head's first choice at every position, from every stage of the model."""

    token_ids: Int[Tensor, "stages seq"]
    """Stage 0 is the embedding output, stage i + 1 the output of layer i."""
    probabilities: Float[Tensor, "stages seq"]


def logit_lens(
    trace: Trace, tokenizer: BertTokenizer, report: Report | None = None
) -> LayerGuesses:
    """The MLM head on the hidden states of every stage, though it was trained on the last only.

    Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
    """
    ids, probabilities = [], []
    for stage, hidden in enumerate(trace.hidden_states):
        best = []
        for rows in hidden.split(ROWS_PER_STEP):
            with torch.no_grad():
                shares = trace.model.mlm_logits(rows).float().softmax(-1)
            best.append(shares[:, : tokenizer.vocab_size].max(-1))
        ids.append(torch.cat([found.indices for found in best]).cpu())
        probabilities.append(torch.cat([found.values for found in best]).cpu())
        if report is not None:
            report(stage + 1, len(trace.hidden_states))
    return LayerGuesses(torch.stack(ids), torch.stack(probabilities))


def standing_over_stages(
    trace: Trace, tokenizer: BertTokenizer, position: int, token_id: int
) -> list[RankedToken]:
    """Rank and probability of one entry at one position, stage by stage."""
    return [
        rank_of(trace.mlm_logits_at(position, stage).cpu(), tokenizer, token_id)
        for stage in range(len(trace.hidden_states))
    ]


@dataclass(frozen=True)
class HiddenInTurn:
    """One word behind [MASK] while all others can be seen."""

    word: Word
    probability: float | None
    """Of its own pieces, each asked for with the whole word hidden, multiplied.

    None for a word read as [UNK], which stands for any word that the vocabulary lacks.
    """
    best: tuple[TokenPrediction, ...]
    """The first choice for each piece."""
    right: bool
    """Whether the first choices are the word's own pieces; never for one read as [UNK]."""


def hide_each_word(
    bert: Bert, encoding: Encoding, report: Report | None = None
) -> tuple[HiddenInTurn, ...]:
    """Every word of an input in reading order, hidden alone.

    Raises:
        ValueError: the checkpoint has no MLM head.

    Source: the terms of a pseudo-log-likelihood (Salazar et al. 2020), with words hidden whole (a
        variant in Kauf & Ivanova 2023).
    """
    words, tokenizer = words_of(encoding), bert.tokenizer
    asked = [(word, position) for word in words for position in word.positions]
    hidden = {
        word: with_ids(encoding, dict.fromkeys(word.positions, tokenizer.mask_id), tokenizer)
        for word in words
    }
    found = mlm_log_probabilities_of(
        bert, [hidden[word] for word, _ in asked], [position for _, position in asked], report
    )
    row_of = {position: row for row, (_, position) in enumerate(asked)}
    turns = []
    for word in words:
        rows = found[[row_of[position] for position in word.positions]]
        own = [encoding.input_ids[position] for position in word.positions]
        best = rows[:, : tokenizer.vocab_size].max(-1)
        known = tokenizer.unk_id not in own
        turns.append(
            HiddenInTurn(
                word,
                rows[range(len(own)), own].sum().exp().item() if known else None,
                tuple(
                    TokenPrediction(tokenizer.token(token_id), token_id, probability)
                    for token_id, probability in zip(
                        best.indices.tolist(), best.values.exp().tolist(), strict=True
                    )
                ),
                right=known and best.indices.tolist() == own,
            )
        )
    return tuple(turns)


@dataclass(frozen=True)
class Corruption:
    """One draw of the training task: what the model reads and what became of each token."""

    encoding: Encoding
    fates: tuple[str, ...]
    """Per token one of FATES, or empty where it was not chosen."""


def maskable_tokens(encoding: Encoding, tokenizer: BertTokenizer) -> Bool[np.ndarray, " seq"]:
    """True for tokens that the training task may choose: no [CLS], [SEP] or [MASK]."""
    ids = np.array(encoding.input_ids)
    return (np.array(encoding.special_tokens_mask) == 0) & (ids != tokenizer.mask_id)


def corrupt(
    encoding: Encoding, tokenizer: BertTokenizer, seed: int, rule: MaskingRule = RULE
) -> Corruption:
    """Choose and replace tokens as pretraining does, the draw given by `seed`."""
    corrupted, chosen = _draw(encoding, tokenizer, 1, seed, rule)
    fates = tuple(
        FATES[fate] if fate >= 0 else ""
        for fate in _fates(encoding, tokenizer, corrupted, chosen)[0].tolist()
    )
    changed = {
        position: int(corrupted[0, position]) for position in np.flatnonzero(chosen[0]).tolist()
    }
    return Corruption(with_ids(encoding, changed, tokenizer), fates)


@dataclass(frozen=True)
class FateCounts:
    """How often each fate fell in many draws over one text."""

    draws: int
    maskable: int
    """Tokens that could be chosen, per draw."""
    chosen: int
    """Tokens chosen, all draws together."""
    fates: tuple[int, int, int]
    """masked, random, kept: all draws together; they sum to `chosen`."""
    per_position: Int[np.ndarray, " seq"]
    """How often each token was chosen."""


def count_fates(
    encoding: Encoding, tokenizer: BertTokenizer, draws: int, seed: int, rule: MaskingRule = RULE
) -> FateCounts:
    """Draw the training task `draws` times and count what became of the tokens."""
    corrupted, chosen = _draw(encoding, tokenizer, draws, seed, rule)
    fates = _fates(encoding, tokenizer, corrupted, chosen)
    masked, random, kept = (int((fates == fate).sum()) for fate in range(len(FATES)))
    return FateCounts(
        draws=draws,
        maskable=int(maskable_tokens(encoding, tokenizer).sum()),
        chosen=int(chosen.sum()),
        fates=(masked, random, kept),
        per_position=chosen.sum(axis=0),
    )


def _draw(
    encoding: Encoding, tokenizer: BertTokenizer, draws: int, seed: int, rule: MaskingRule
) -> tuple[Int[np.ndarray, "draws seq"], Bool[np.ndarray, "draws seq"]]:
    rng = np.random.default_rng(seed)
    classes = token_classes(tokenizer)
    ids = np.tile(np.array(encoding.input_ids, dtype=np.int64), (draws, 1))
    maskable = np.tile(maskable_tokens(encoding, tokenizer), (draws, 1))
    chosen = choose_tokens(maskable, rule, rng, classes.is_continuation[ids])
    return corrupt_tokens(ids, chosen, classes, rule, rng), chosen


def _fates(
    encoding: Encoding,
    tokenizer: BertTokenizer,
    corrupted: Int[np.ndarray, "draws seq"],
    chosen: Bool[np.ndarray, "draws seq"],
) -> Int[np.ndarray, "draws seq"]:
    """Index into FATES, -1 where not chosen.

    A random token that happens to be the right one counts as kept: one in as many draws as the
    vocabulary has entries.
    """
    replaced = np.where(corrupted == np.array(encoding.input_ids), 2, 1)
    return np.where(chosen, np.where(corrupted == tokenizer.mask_id, 0, replaced), -1)
