"""The masked-word training task on one text, as chips, tables and bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bert_core.batched import Report, mlm_log_probabilities_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.masking import MaskingRule, token_classes
from bert_core.studies.masked_words import (
    Corruption,
    FateCounts,
    rank_of,
    ranked_tokens,
)
from bert_core.trace import trace_forward
from bert_core.words import with_ids
from viz_app.messages import Say
from viz_app.number_text import share_text
from viz_app.view_models.labs.views import Chip, ChipState, RankedGroup, RankedRow
from viz_app.view_models.tokens import display_text

BEST = 4
STATES: dict[str, ChipState] = {
    "": "plain",
    "masked": "masked",
    "random": "random",
    "kept": "kept",
}


@dataclass(frozen=True)
class GuessedToken:
    """One chosen token, what the model read there, and what it made of it."""

    position: int
    token: str
    reads: str
    fate: str
    guess: str
    probability: float
    """Of the right token, 0..1."""
    loss: float
    """-ln of that, in nats."""


@dataclass(frozen=True)
class PlacedInput:
    """The model's answer at one position when it reads one thing there."""

    kind: str
    """masked, random or kept."""
    reads: str
    truth: str
    rank: int
    best: tuple[tuple[str, float], ...]
    """Token and probability, best first; the right one is always among them."""


def corruption_chips(encoding: Encoding, drawn: Corruption, say: Say) -> list[Chip]:
    """What the model reads, with the right token below where it was replaced."""
    chips = []
    for position, token in enumerate(drawn.encoding.tokens):
        special = bool(encoding.special_tokens_mask[position])
        fate = drawn.fates[position]
        right = display_text(encoding.tokens[position])
        chips.append(
            Chip(
                display_text(token),
                "special" if special else STATES[fate],
                position,
                note=right if fate in ("masked", "random") else "",
                action="" if special else say("masked_words.training.look", word=right),
                segment=encoding.token_type_ids[position],
            )
        )
    return chips


def guessed_tokens(
    bert: Bert, encoding: Encoding, drawn: Corruption, report: Report | None = None
) -> tuple[GuessedToken, ...]:
    """Guess and loss at every chosen position, from one forward pass over the corrupted text."""
    trace = trace_forward(bert.model, drawn.encoding)
    found = []
    chosen = [position for position, fate in enumerate(drawn.fates) if fate]
    for done, position in enumerate(chosen, start=1):
        scores = trace.mlm_logits_at(position).float().cpu()
        loss = -scores.log_softmax(-1)[encoding.input_ids[position]].item()
        best = int(scores[: bert.tokenizer.vocab_size].argmax())
        found.append(
            GuessedToken(
                position=position,
                token=display_text(encoding.tokens[position]),
                reads=display_text(drawn.encoding.tokens[position]),
                fate=drawn.fates[position],
                guess=display_text(bert.tokenizer.token(best)),
                probability=math.exp(-loss),
                loss=loss,
            )
        )
        if report is not None:
            report(done, len(chosen))
    return tuple(found)


def three_inputs(
    bert: Bert, encoding: Encoding, position: int, seed: int, report: Report | None = None
) -> tuple[PlacedInput, ...]:
    """The answer at one position for [MASK], for a random token drawn by `seed`, for the token."""
    tokenizer, right = bert.tokenizer, encoding.input_ids[position]
    others = token_classes(tokenizer).ordinary_ids
    stranger = int(np.random.default_rng(seed).choice(others[others != right]))
    inputs = {"masked": tokenizer.mask_id, "random": stranger, "kept": right}
    rows = mlm_log_probabilities_of(
        bert,
        [with_ids(encoding, {position: token_id}, tokenizer) for token_id in inputs.values()],
        [position] * len(inputs),
        report,
    )
    found = []
    for (kind, token_id), scores in zip(inputs.items(), rows, strict=True):
        best = ranked_tokens(scores, tokenizer, BEST)
        truth = rank_of(scores, tokenizer, right)
        shown = best if truth in best else [*best, truth]
        found.append(
            PlacedInput(
                kind=kind,
                reads=display_text(tokenizer.token(token_id)),
                truth=display_text(tokenizer.token(right)),
                rank=truth.rank,
                best=tuple(
                    (display_text(one.prediction.token), one.prediction.probability)
                    for one in shown
                ),
            )
        )
    return tuple(found)


def fate_group(counts: FateCounts, rule: MaskingRule, say: Say) -> RankedGroup:
    """Observed shares of the three fates beside the expected ones, with the range of chance."""
    expected = (rule.masked, rule.random, 1 - rule.masked - rule.random)
    rows = []
    for name, count, share in zip(
        ("masked", "random", "kept"), counts.fates, expected, strict=True
    ):
        spread = 2 * math.sqrt(share * (1 - share) / counts.chosen)
        rows.append(
            RankedRow(
                label=say(f"masked_words.fate_short.{name}"),
                value=count / counts.chosen,
                digits=share_text(count / counts.chosen),
                tag=say(
                    "masked_words.training.expected",
                    share=share_text(share, 0),
                    low=share_text(share - spread),
                    high=share_text(share + spread),
                ),
            )
        )
    rows.append(
        RankedRow(
            label=say("masked_words.training.chosen"),
            value=counts.chosen / (counts.draws * counts.maskable),
            digits=share_text(counts.chosen / (counts.draws * counts.maskable)),
            tag=say("masked_words.training.chosen_expected", share=share_text(rule.chosen, 0)),
        )
    )
    return RankedGroup("", tuple(rows))
