"""Two sentences that differ in one place: which one does the model prefer, and where?

Source of the method: Warstadt et al. 2020 (BLiMP); the scores are `bert_core.pseudo_likelihood`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.pseudo_likelihood import PseudoLikelihood, pseudo_likelihoods


@dataclass(frozen=True)
class PairScore:
    """Both sentences of a pair, token by token."""

    first: PseudoLikelihood
    second: PseudoLikelihood

    @property
    def difference(self) -> float:
        """By how many nats the first sentence is ahead; negative where the second one is."""
        return self.first.total - self.second.total


@dataclass(frozen=True)
class AlignedTokens:
    """Tokens that stand beside each other: indices into the own tokens of either sentence."""

    first: int | None
    second: int | None
    shared: bool
    """Whether it is the same token in both."""


def score_pairs(
    bert: Bert, pairs: Sequence[tuple[str, str]], report: Report | None = None
) -> tuple[PairScore, ...]:
    """Score both sentences of every pair.

    Raises:
        ValueError: the checkpoint has no MLM head, or a sentence is too long for the model.
    """
    found = pseudo_likelihoods(bert, [bert.encode(text) for pair in pairs for text in pair], report)
    return tuple(map(PairScore, found[::2], found[1::2]))


def align(first: Sequence[str], second: Sequence[str]) -> tuple[AlignedTokens, ...]:
    """The tokens of two sentences side by side, in reading order.

    Place by place, unless more of them find their like when some are left alone: where a word was
    put in, left out or moved.
    """
    moved = _aligned_by_blocks(first, second)
    if len(first) != len(second):
        return moved
    placed = tuple(
        AlignedTokens(place, place, a == b)
        for place, (a, b) in enumerate(zip(first, second, strict=True))
    )
    return placed if _shared(placed) >= _shared(moved) else moved


def _shared(rows: Sequence[AlignedTokens]) -> int:
    return sum(row.shared for row in rows)


def _aligned_by_blocks(first: Sequence[str], second: Sequence[str]) -> tuple[AlignedTokens, ...]:
    """Like stretches side by side; between them, one for one as far as it goes."""
    rows = []
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    for kind, start, end, other_start, other_end in blocks:
        for step in range(max(end - start, other_end - other_start)):
            rows.append(
                AlignedTokens(
                    start + step if start + step < end else None,
                    other_start + step if other_start + step < other_end else None,
                    kind == "equal",
                )
            )
    return tuple(rows)
