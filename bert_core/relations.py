"""Which attention head links which words: heads held against annotated sentences.

A head gives every word one answer, the other word that it attends to most, and scores the share of
right ones. Beside it stands what needs no head at all: always the word at one fixed distance.

Source: Clark et al. 2019, section 4 and table 1; details as in their `Syntax_Analysis.ipynb`. In
"dependent" and "governor" the second is their "head", a word that means something else here.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bert_core.batched import Report, attention_probs_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.shelves import AnnotatedSentence

Looks = Literal["dependent", "governor"]
LOOKS: tuple[Looks, ...] = ("dependent", "governor")
"""Which of the two words attends to the other. With `dependent`, the answer for a dependent is the
word that it attends to most; with `governor`, the word that attends most to it."""


@dataclass(frozen=True)
class LinkingHead:
    """A head that links the words of a relation, and how often it is right, 0..1."""

    looks: Looks
    layer: int
    head: int
    share: float


@dataclass(frozen=True)
class RelationScore:
    """How well every head links the words of one relation."""

    relation: str
    count: int
    """Pairs of words that were asked for, at least one."""
    shares: Float[Tensor, "looks layers heads"]
    """Share of the dependents for which the head's answer is the governor, 0..1."""
    offset: int
    """Words from a dependent to its governor, as most pairs have it; negative to the left."""
    offset_share: float
    """Share of the pairs that have this offset: the best that a fixed one can score."""

    def best(self, most: int = 1) -> tuple[LinkingHead, ...]:
        """The heads that link best, each with the better of its directions."""
        shares = self.shares.amax(dim=0)  # [layers, heads]
        order = shares.flatten().argsort(descending=True, stable=True)[:most]
        return tuple(self.of_head(*divmod(place, shares.shape[1])) for place in order.tolist())

    def of_head(self, layer: int, head: int) -> LinkingHead:
        """One head, with the better of its directions."""
        share, looks = self.shares[:, layer, head].max(dim=0)
        return LinkingHead(LOOKS[int(looks)], layer, head, share.item())


@dataclass(frozen=True)
class RelationScores:
    """The relations that a model could be asked for."""

    relations: dict[str, RelationScore]
    """By name, in the order of the shelf."""
    unknown: float
    """Share of the words, 0..1, of which the vocabulary lacks a part: there a head sees [UNK]."""


def word_tokens(
    encoding: Encoding, spans: Sequence[tuple[int, int]]
) -> tuple[tuple[int, ...], ...]:
    """Positions of the tokens of each word of text A; none for a word that was cut off."""
    own = [(position, encoding.offsets[position]) for position in encoding.own]
    return tuple(
        tuple(at for at, span in own if span and start <= span[0] and span[1] <= end)
        for start, end in spans
    )


def word_weights(
    weights: Float[Tensor, "*heads query key"], words: Sequence[Sequence[int]]
) -> Float[Tensor, "*heads word word"]:
    """Attention from word to word: summed over the pieces looked at, mean over those that look.

    What goes to tokens of no word, [CLS] and [SEP] among them, is left out, so that rows sum to
    less than 1. Source: Clark et al. 2019, section 4.1.
    """
    member = torch.zeros(len(words), weights.shape[-1])
    for row, positions in enumerate(words):
        member[row, list(positions)] = 1.0
    return (member / member.sum(dim=1, keepdim=True)) @ weights @ member.T


def most_attended(weights: Float[Tensor, "*heads word word"]) -> Int[Tensor, "*heads word"]:
    """For each word the other word that draws most of its weight; itself where there is no other.

    Of the transposed weights: for each word the one that attends to it most.
    """
    itself = torch.eye(weights.shape[-1], dtype=torch.bool)
    return weights.masked_fill(itself, -1.0).argmax(dim=-1)


def score_relations(
    bert: Bert, sentences: Sequence[AnnotatedSentence], report: Report | None = None
) -> RelationScores:
    """Score every head on every relation of the sentences.

    A pair of words that a model with few positions does not read to its end is left out, and so is
    a relation without any pair.
    """
    encodings = [bert.encode(sentence.text) for sentence in sentences]
    hits: dict[str, Tensor] = {}
    offsets: defaultdict[str, Counter[int]] = defaultdict(Counter)
    unknown, read = 0, 0
    for index, weights in attention_probs_of(bert, encodings, report):
        words = word_tokens(encodings[index], sentences[index].spans)
        there = [number for number, positions in enumerate(words) if positions]
        row_of = {number: row for row, number in enumerate(there)}
        between = word_weights(weights, [words[number] for number in there])
        answers = torch.stack([most_attended(between), most_attended(between.mT)])
        for name, pairs in sentences[index].relations.items():
            for dependent, governor in pairs:
                if dependent in row_of and governor in row_of:
                    right = answers[..., row_of[dependent]] == row_of[governor]
                    hits[name] = hits.get(name, 0) + right.float()
                    offsets[name][governor - dependent] += 1
        ids = encodings[index].input_ids
        read += len(there)
        unknown += sum(
            any(ids[at] == bert.tokenizer.unk_id for at in words[number]) for number in there
        )
    names = dict.fromkeys(name for sentence in sentences for name in sentence.relations)
    return RelationScores(
        {name: _score(name, hits[name], offsets[name]) for name in names if name in hits},
        unknown / read if read else 0.0,
    )


def _score(
    relation: str, hits: Float[Tensor, "looks layers heads"], offsets: Counter[int]
) -> RelationScore:
    count = offsets.total()
    ((offset, times),) = offsets.most_common(1)
    return RelationScore(relation, count, hits / count, offset, times / count)
