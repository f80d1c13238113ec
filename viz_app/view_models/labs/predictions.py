"""Predictions as chips and ranked bars: what hides where, what the model puts there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bert_core.bert import Bert
from bert_core.studies.masked_words import (
    HiddenInTurn,
    RankedToken,
    rank_of,
    ranked_tokens,
    whole_words,
)
from bert_core.trace import Trace
from bert_core.words import words_of
from viz_app.messages import Say
from viz_app.number_text import count_text, probability_text, share_text
from viz_app.view_models.labs.hidden_words import HiddenWord, word_of_mask
from viz_app.view_models.labs.views import Chip, RankedGroup, RankedRow
from viz_app.view_models.tokens import display_text, word_labels

MASKS_SHOWN = 12


@dataclass(frozen=True)
class MaskGuess:
    """What the model puts at one [MASK]."""

    position: int
    best: tuple[RankedToken, ...]
    """Most probable first, as filtered."""
    truth: RankedToken | None
    """The hidden token with its rank, where it is known."""
    shown: float
    """Probability of all entries in `best` together."""


def hidden_tokens(bert: Bert, words: Sequence[HiddenWord]) -> tuple[int | None, ...]:
    """Token id behind every mask as the model reads it, [UNK] for a word that it does not know.

    None where the reader typed [MASK] and no word is known.
    """
    found: list[int | None] = []
    for word in words:
        ids = bert.tokenizer.pieces(word.text)[1] if word.text else []
        found += ids if len(ids) == word.pieces else [None] * word.pieces
    return tuple(found)


def hidden_truths(bert: Bert, words: Sequence[HiddenWord]) -> tuple[int | None, ...]:
    """Token id that a guess can be judged by; None for [UNK] too, which stands for many words."""
    unknown = bert.tokenizer.unk_id
    return tuple(None if found == unknown else found for found in hidden_tokens(bert, words))


def mask_guesses(
    bert: Bert,
    trace: Trace,
    positions: Sequence[int],
    hidden: Sequence[int | None],
    *,
    top_k: int,
    only_words: bool,
) -> tuple[MaskGuess, ...]:
    """The model's best entries for every mask, in reading order."""
    keep = whole_words(bert.tokenizer) if only_words else None
    guesses = []
    for position, truth in zip(positions, hidden, strict=True):
        logits = trace.mlm_logits_at(position).cpu()
        best = tuple(ranked_tokens(logits, bert.tokenizer, top_k, keep))
        guesses.append(
            MaskGuess(
                position,
                best,
                None if truth is None else rank_of(logits, bert.tokenizer, truth),
                sum(entry.prediction.probability for entry in best),
            )
        )
    return tuple(guesses)


def mask_chips(bert: Bert, trace: Trace, words: Sequence[HiddenWord], say: Say) -> list[Chip]:
    """The tokens as chips: a click hides a word, or puts a hidden one back."""
    encoding = trace.encoding
    own = {
        position: (index, len(word.positions))
        for index, word in enumerate(words_of(encoding))
        for position in word.positions
    }
    hidden = hidden_tokens(bert, words)
    chips, mask = [], 0
    for position, token in enumerate(encoding.tokens):
        text, segment = display_text(token), encoding.token_type_ids[position]
        if position not in own:
            chips.append(Chip(text, "special", -1 - position, segment=segment))
        elif encoding.input_ids[position] == bert.tokenizer.mask_id:
            index, _ = word_of_mask(words, mask)
            token_id = hidden[mask]
            note, action = "?", say("masked_words.chip.fill")
            if token_id is not None:
                known = token_id != bert.tokenizer.unk_id
                note = display_text(bert.tokenizer.token(token_id) if known else words[index].text)
                action = say("masked_words.chip.back", word=display_text(words[index].text))
            group = len(own) + index
            chips.append(Chip(text, "masked", group, note=note, action=action, segment=segment))
            mask += 1
        else:
            group, pieces = own[position]
            action = say("masked_words.chip.hide", word=text)
            if pieces > 1:
                action = say("masked_words.chip.hide_pieces", count=pieces)
            chips.append(Chip(text, "plain", group, action=action, segment=segment))
    return chips


def guess_groups(guesses: Sequence[MaskGuess], say: Say) -> tuple[RankedGroup, ...]:
    """One group of bars per mask; a row puts its word into the text."""
    groups = []
    for number, guess in enumerate(guesses, start=1):
        truth = guess.truth
        rows = [
            _row(entry, say, marked=truth is not None and entry.rank == truth.rank)
            for entry in guess.best
        ]
        if truth is not None and all(not row.marked for row in rows):
            rows.append(_row(truth, say, marked=True))
        groups.append(
            RankedGroup(
                title=say("masked_words.guess.title", number=number, position=guess.position),
                rows=tuple(rows),
                note=say(
                    "masked_words.guess.share", count=len(guess.best), share=share_text(guess.shown)
                ),
            )
        )
    return tuple(groups)


def turn_groups(turns: Sequence[HiddenInTurn], say: Say) -> tuple[RankedGroup, ...]:
    """Every word hidden alone, as one group of bars; a row hides its word."""
    rows = []
    for label, turn in zip(word_labels([turn.word for turn in turns]), turns, strict=True):
        # each piece is guessed for itself, so together they need not make a word
        best = display_text(" ".join(guess.token for guess in turn.best))
        probability, remark = turn.probability, "right" if turn.right else "rather"
        if probability is None:
            probability, remark = 0.0, "unknown"
        rows.append(
            RankedRow(
                label=label,
                value=probability,
                digits="" if remark == "unknown" else probability_text(probability),
                tag=say(f"masked_words.turn.{remark}", word=best),
                action=say("masked_words.chip.hide", word=display_text(turn.word.text)),
            )
        )
    return (RankedGroup(say("masked_words.turn.heading"), tuple(rows)),)


def _row(entry: RankedToken, say: Say, *, marked: bool) -> RankedRow:
    token = display_text(entry.prediction.token)
    return RankedRow(
        label=token,
        value=entry.prediction.probability,
        digits=probability_text(entry.prediction.probability),
        tag=say("masked_words.guess.truth", rank=count_text(entry.rank)) if marked else "",
        marked=marked,
        action=say("masked_words.guess.take", word=token),
    )
