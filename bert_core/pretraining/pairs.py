"""Sentence pairs for next-sentence prediction (Devlin et al. 2018, §3.1 and appendix A.1).

A plan lists the examples of one pass over the corpus as sentence numbers. It depends on the corpus
and one `Random` alone, so that a run can be continued, or split over processes, from its seed and
position.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from bert_core.pretraining.documents import Corpus

IntArray = npt.NDArray[np.int64]

SPECIAL_TOKENS_IN_PAIR = 3
"""[CLS] A [SEP] B [SEP]."""

SINGLE_SENTENCES = 0
"""Key of `PairMix.shares` for pairs of one sentence each, whatever their length."""


@dataclass(frozen=True)
class PairMix:
    """How often each kind of pair is started.

    `shares` maps the length to which a pair is packed (tokens, special tokens counted), or
    `SINGLE_SENTENCES`, to the share of pairs of that kind. `longest` cuts every pair (tokens).
    `same_source` is the share of the random second spans that come from the same source as the
    first, 0..1; the others come from anywhere. A corpus of several styles gives most random pairs
    away by style, so that a model need not read them.
    """

    shares: Mapping[int, float]
    longest: int = 128
    same_source: float = 0.0

    def __post_init__(self) -> None:
        lengths = [length for length in self.shares if length != SINGLE_SENTENCES]
        if not self.shares or min(self.shares.values()) < 0 or sum(self.shares.values()) <= 0:
            raise ValueError(f"Expected positive shares of kinds of pairs, got {self.shares}.")
        if any(not SPECIAL_TOKENS_IN_PAIR + 2 <= length <= self.longest for length in lengths):
            raise ValueError(
                f"Pairs are packed to between {SPECIAL_TOKENS_IN_PAIR + 2} and {self.longest} "
                f"tokens, got {sorted(lengths)}."
            )
        if not 0 <= self.same_source <= 1:
            raise ValueError(f"same_source is a share from 0 to 1, got {self.same_source}.")


TRAINING_MIX = PairMix({128: 0.25, 64: 0.35, SINGLE_SENTENCES: 0.40}, same_source=0.5)
"""About 40 % of the tokens in pairs of 128, 30 % in pairs of 64, 30 % in single-sentence pairs;
every second random span B from the source of A, the others from anywhere."""


@dataclass(frozen=True)
class Plan:
    """Examples of one pass; each field has one entry per example.

    Span A is the sentences `a_first:a_stop`, span B `b_first:b_stop`; `limit` is the length in
    tokens to which the pair is cut, `length` what remains, special tokens counted.
    """

    a_first: IntArray
    a_stop: IntArray
    b_first: IntArray
    b_stop: IntArray
    is_next: npt.NDArray[np.bool_]
    limit: IntArray
    length: IntArray

    def __len__(self) -> int:
        return len(self.length)


def plan_pairs(
    corpus: Corpus, mix: PairMix, random: Random, source_weights: Mapping[str, float] | None = None
) -> Plan:
    """Walk through every document once and cut it into pairs.

    Half of the pairs keep the true continuation; the others take B from a random place of another
    document, `mix.same_source` of them from one of the same source if it has another, and the
    sentences so left over start the next pair. `source_weights` repeats (or leaves out) the
    documents of a source: 2.5 means twice, and a third time for half of them.

    Raises:
        ValueError: fewer than two documents, or no document with two sentences, or a weight for a
            source that does not exist.
    """
    weights = dict.fromkeys(corpus.sources, 1.0) | dict(source_weights or {})
    unknown = set(weights) - set(corpus.sources)
    if unknown:
        raise ValueError(f"No source {sorted(unknown)} in the corpus; it has {corpus.sources}.")
    if corpus.num_documents < 2:
        raise ValueError("Random second sentences need at least two documents.")
    kinds, shares = list(mix.shares), list(mix.shares.values())
    token_starts = corpus.sentence_starts.tolist()
    document_starts = corpus.document_starts.tolist()
    everywhere = range(corpus.num_documents)
    of_source = _documents_of_sources(corpus)
    rows: list[tuple[int, int, int, int, bool, int]] = []
    for document, source in enumerate(corpus.document_sources.tolist()):
        weight = weights[corpus.sources[source]]
        for _ in range(int(weight + random.random())):
            first, end = document_starts[document], document_starts[document + 1]
            while end - first >= 2:
                kind = random.choices(kinds, shares)[0]
                limit = mix.longest if kind == SINGLE_SENTENCES else kind
                stop = first + 2
                if kind != SINGLE_SENTENCES:
                    full = token_starts[first] + limit - SPECIAL_TOKENS_IN_PAIR
                    while stop < end and token_starts[stop] < full:
                        stop += 1
                split = random.randrange(first + 1, stop)
                follows = random.random() < 0.5
                b_span = (split, stop)
                if not follows:
                    # no draw where none is needed: evaluation keeps its pairs
                    near = mix.same_source > 0 and random.random() < mix.same_source
                    others = of_source[source] if near else everywhere
                    if len(others) == 1:
                        others = everywhere
                    b_span = _elsewhere(document_starts, others, document, stop - split, random)
                rows.append((first, split, *b_span, follows, limit))
                first = stop if follows else split
    if not rows:
        raise ValueError("No document has two sentences, so there is no pair to learn from.")
    table = np.array(rows, dtype=np.int64)  # [example, column]
    a_first, a_stop, b_first, b_stop, is_next, limit = table.T
    tokens = corpus.sentence_starts.astype(np.int64)
    whole = tokens[a_stop] - tokens[a_first] + tokens[b_stop] - tokens[b_first]
    return Plan(
        a_first=a_first,
        a_stop=a_stop,
        b_first=b_first,
        b_stop=b_stop,
        is_next=is_next.astype(np.bool_),
        limit=limit,
        length=np.minimum(whole + SPECIAL_TOKENS_IN_PAIR, limit),
    )


def _documents_of_sources(corpus: Corpus) -> list[range]:
    """The documents of each source; they lie one behind the other, as the files were read."""
    numbers = np.arange(len(corpus.sources))
    firsts = np.searchsorted(corpus.document_sources, numbers, side="left")
    stops = np.searchsorted(corpus.document_sources, numbers, side="right")
    return [range(first, stop) for first, stop in zip(firsts.tolist(), stops.tolist(), strict=True)]


def _elsewhere(
    document_starts: list[int], others: range, document: int, sentences: int, random: Random
) -> tuple[int, int]:
    """Up to `sentences` sentences of one of `others`, not of `document`: first, one past the last.

    `document` is one of `others`, and not the only one.
    """
    other = random.randrange(others.start, others.stop - 1)
    other += other >= document
    start, end = document_starts[other], document_starts[other + 1]
    first = random.randrange(start, max(start, end - sentences) + 1)
    return first, min(first + sentences, end)


def pair_ids(
    corpus: Corpus, plan: Plan, example: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Ids of spans A and B of one example, cut to its limit.

    The longer span gives up tokens first; A loses its beginning and B its end, so that the place
    where the two meet stays whole.
    """
    span_a = corpus.span(int(plan.a_first[example]), int(plan.a_stop[example]))
    span_b = corpus.span(int(plan.b_first[example]), int(plan.b_stop[example]))
    room = int(plan.limit[example]) - SPECIAL_TOKENS_IN_PAIR
    keep_a, keep_b = lengths_within(len(span_a), len(span_b), room)
    return span_a[len(span_a) - keep_a :], span_b[:keep_b]


def lengths_within(length_a: int, length_b: int, room: int) -> tuple[int, int]:
    """Cut the longer of two lengths until both fit into `room` (tokens), as one by one would."""
    excess = length_a + length_b - room
    if excess <= 0:
        return length_a, length_b
    from_longer = min(excess, abs(length_a - length_b))
    if length_a > length_b:
        length_a -= from_longer
    else:
        length_b -= from_longer
    rest = excess - from_longer
    return length_a - rest // 2, length_b - (rest + 1) // 2
