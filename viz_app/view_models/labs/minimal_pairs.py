"""A minimal pair as it is shown: where it differs, token by token, and what stands in its way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_core.batched import Report, mlm_log_probabilities_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.pseudo_likelihood import PseudoLikelihood, hidden_in_turn
from bert_core.shelves import PreparedPair
from bert_core.studies.masked_words import RankedToken, rank_of, ranked_tokens
from bert_core.studies.minimal_pairs import AlignedTokens, PairScore, align
from viz_app.messages import Say
from viz_app.number_text import count_text, probability_text
from viz_app.view_models.labs.views import (
    PAIR_DECIMALS,
    PairedTokens,
    PairTable,
    RankedGroup,
    RankedRow,
)
from viz_app.view_models.tokens import display_text

LETTERS = ("A", "B")
BEST = 5
"""Guesses shown for a hidden token."""
_WORDS = re.compile(r"[A-Za-z']+|.", re.DOTALL)


def differing_part(first: str, second: str) -> tuple[str, tuple[str, str], str]:
    """What both texts begin with, what each has then, and what both end with.

    English words stay whole.
    """
    a, b = _WORDS.findall(first), _WORDS.findall(second)
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    middles = tuple("".join(words[start : len(words) - end]) for words in (a, b))
    return "".join(a[:start]), (middles[0], middles[1]), "".join(a[len(a) - end :])


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many entries two lists begin with alike."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(second)))


def pair_problem(encodings: Sequence[Encoding], mask_id: int) -> str | None:
    """Why two texts cannot be compared; None where they can.

    Returns:
        The last part of a message's key: `empty`, `too_long`, `mask`, `same_text` or, where the
        model reads the same tokens in different texts, `same_tokens`.
    """
    first, second = encodings
    if not (first.own and second.own):
        return "empty"
    if first.cut_a or second.cut_a:
        return "too_long"
    if any(one.input_ids[position] == mask_id for one in encodings for position in one.own):
        return "mask"
    if first.input_ids == second.input_ids:
        return "same_text" if first.text_a == second.text_a else "same_tokens"
    return None


def aligned(encodings: Sequence[Encoding]) -> tuple[AlignedTokens, ...]:
    """The own tokens of both texts side by side."""
    first, second = ([one.tokens[position] for position in one.own] for one in encodings)
    return align(first, second)


def mostly_different(rows: Sequence[AlignedTokens]) -> bool:
    """Whether the two share less than half of their places, so that they are no minimal pair."""
    return 2 * sum(row.shared for row in rows) < len(rows)


def pair_table(score: PairScore) -> PairTable:
    """ln p of all tokens side by side, as shown: rounded, and the sums are those of the digits."""
    sides = (score.first, score.second)
    rows = aligned([side.encoding for side in sides])
    return PairTable(
        tuple(
            PairedTokens(_cell(sides[0], row.first), _cell(sides[1], row.second), shared=row.shared)
            for row in rows
        )
    )


def _cell(side: PseudoLikelihood, index: int | None) -> tuple[str, float] | None:
    if index is None:
        return None
    token = side.encoding.tokens[side.positions[index]]
    return display_text(token), round(side.log_probabilities[index], PAIR_DECIMALS)


@dataclass(frozen=True)
class HiddenGuess:
    """What the model puts where a token is hidden."""

    best: tuple[RankedToken, ...]
    own: Mapping[str, RankedToken]
    """Letter of the sentence → its own token there."""


def guesses_at(
    bert: Bert, score: PairScore, row: AlignedTokens, report: Report | None = None
) -> tuple[HiddenGuess, ...]:
    """The best tokens where a row's token is hidden: one answer if both sentences ask the same."""
    asked: dict[tuple[tuple[int, ...], int], tuple[Encoding, dict[str, int]]] = {}
    sides = ((score.first, row.first), (score.second, row.second))
    for letter, (side, index) in zip(LETTERS, sides, strict=True):
        if index is None:
            continue
        position = side.positions[index]
        variant = hidden_in_turn(side.encoding, bert.tokenizer)[position]
        _, own = asked.setdefault((variant.input_ids, position), (variant, {}))
        own[letter] = side.encoding.input_ids[position]
    found = mlm_log_probabilities_of(
        bert,
        [variant for variant, _ in asked.values()],
        [position for _, position in asked],
        report,
    )
    return tuple(
        HiddenGuess(
            tuple(ranked_tokens(scores, bert.tokenizer, BEST)),
            {letter: rank_of(scores, bert.tokenizer, token) for letter, token in own.items()},
        )
        for scores, (_, own) in zip(found, asked.values(), strict=True)
    )


def hidden_groups(guesses: Sequence[HiddenGuess], say: Say) -> tuple[RankedGroup, ...]:
    """One group of bars per question; the sentences' own tokens are marked."""
    groups = []
    for guess in guesses:
        letters: dict[int, list[str]] = {}
        for letter, entry in guess.own.items():
            letters.setdefault(entry.prediction.id, []).append(letter)
        entries = {entry.prediction.id: entry for entry in (*guess.best, *guess.own.values())}
        rows = tuple(
            RankedRow(
                label=display_text(entry.prediction.token),
                value=entry.prediction.probability,
                digits=probability_text(entry.prediction.probability),
                tag=""
                if token_id not in letters
                else say(
                    "masked_words.pairs.own_token",
                    letters=", ".join(letters[token_id]),
                    rank=count_text(entry.rank),
                ),
                marked=token_id in letters,
            )
            for token_id, entry in sorted(entries.items(), key=lambda item: item[1].rank)
        )
        both = len(guess.own) == len(LETTERS)
        title = (
            say("masked_words.pairs.hidden_in_both")
            if both
            else say("masked_words.pairs.hidden_in", letter=next(iter(guess.own)))
        )
        groups.append(RankedGroup(title, rows))
    return tuple(groups)


def read_guesses(text: str, count: int) -> tuple[int | None, ...]:
    """A reader's guesses on a shelf, one letter per pair: `a`, `b`, anything else for none."""
    letters = [{"a": 0, "b": 1}.get(letter) for letter in text[:count]]
    return (*letters, *[None] * (count - len(letters)))


def write_guesses(guesses: Sequence[int | None]) -> str:
    """What `read_guesses` reads; nothing after the last guess."""
    return "".join("-" if guess is None else "ab"[guess] for guess in guesses).rstrip("-")


@dataclass(frozen=True)
class ShelfCount:
    """How many pairs of a phenomenon there are, and how many were judged rightly by whom."""

    phenomenon: str
    """Empty for all pairs together."""
    pairs: int
    model: int
    guessed: int
    reader: int


def shelf_counts(
    pairs: Sequence[PreparedPair], scores: Sequence[PairScore], guesses: Sequence[int | None]
) -> tuple[ShelfCount, ...]:
    """Per phenomenon in the shelf's order, then all together."""
    judged = list(zip(pairs, scores, guesses, strict=True))

    def count(name: str) -> ShelfCount:
        chosen = [one for one in judged if name in ("", one[0].phenomenon)]
        return ShelfCount(
            name,
            pairs=len(chosen),
            model=sum(ahead(pair, score) > 0 for pair, score, _ in chosen),
            guessed=sum(guess is not None for _, _, guess in chosen),
            reader=sum(guess == pair.right for pair, _, guess in chosen),
        )

    return tuple(map(count, (*dict.fromkeys(pair.phenomenon for pair in pairs), "")))


def ahead(pair: PreparedPair, score: PairScore) -> float:
    """By how many nats the right sentence is ahead; negative where the model prefers the other."""
    return -score.difference if pair.right else score.difference
