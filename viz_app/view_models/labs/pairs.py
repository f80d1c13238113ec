"""A sentence pair with the model's answer, as it is and changed in one respect at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bert_core import shelves
from bert_core.batched import Report, nsp_logits_of
from bert_core.bert import Bert
from bert_core.memo import memo_of
from bert_core.studies.next_sentence import is_next_probabilities, pair_variant, variants_for

# as in bert_core.studies.next_sentence, which imports torch
VARIANTS = ("as_is", "swapped", "flipped", "one_segment", "no_middle_sep", "no_last_sep")


@dataclass(frozen=True)
class PairAnswer:
    """P(is next), 0..1, and the two logits [is next, random] it is the softmax of."""

    is_next: float
    logits: tuple[float, float]


@dataclass(frozen=True)
class PairTrial:
    """One pair and the answer to each of its variants, by name."""

    question: tuple[str, str, str]
    """The model's name, sentence A, sentence B."""
    variants: Mapping[str, PairAnswer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "variants", MappingProxyType(dict(self.variants)))


def pair_trial(bert: Bert, text_a: str, text_b: str, report: Report | None = None) -> PairTrial:
    """Ask the model about the pair and all its variants at once."""
    names = variants_for(bert)
    pairs = [pair_variant(bert, text_a, text_b, name) for name in names]
    logits = nsp_logits_of(bert, pairs, report)
    answers = {
        name: PairAnswer(probability, (row[0], row[1]))
        for name, probability, row in zip(
            names, is_next_probabilities(logits).tolist(), logits.tolist(), strict=True
        )
    }
    return PairTrial((bert.name, text_a, text_b), answers)


CANDIDATES = 10
"""Sentences of the shelf that are tried as B while there is none."""


def candidates(bert: Bert) -> list[str]:
    """The sentences of the shelf that are tried as B, in the model's language."""
    return [one.text_b for one in shelves.next_sentence_pairs(bert.language)[:CANDIDATES]]


def by_probability(
    bert: Bert, text_a: str, texts: Sequence[str], report: Report | None = None
) -> list[tuple[float, str]]:
    """P(is next) of each text as B, the most probable first."""
    logits = nsp_logits_of(bert, [bert.encode(text_a, text) for text in texts], report)
    return sorted(zip(is_next_probabilities(logits).tolist(), texts, strict=True), reverse=True)


def best_b(bert: Bert, text_a: str, report: Report | None = None) -> str:
    """The sentence of the shelf that the model finds most likely to follow; kept per text."""
    memo, key = memo_of(bert), ("best_b", text_a)
    found = memo.get(key)
    if found is None:
        found = memo.put(key, by_probability(bert, text_a, candidates(bert), report)[0][1])
    return str(found)
