"""Two sentences that differ in one place: which one does the model prefer, and where?

Source of the method: Warstadt et al. 2020 (BLiMP); the scores are `bert_core.pseudo_likelihood`'s.
"""

from dataclasses import dataclass

from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.pseudo_likelihood import PseudoLikelihood, pseudo_likelihoods


@dataclass(frozen=True)
class PairScore:
    """Both sentences of a minimal pair, token by token."""

    right: PseudoLikelihood
    wrong: PseudoLikelihood

    @property
    def difference(self) -> float:
        """By how many nats the right sentence is ahead; negative where the wrong one is."""
        return self.right.total - self.wrong.total


def score(bert: Bert, right: str, wrong: str, report: Report | None = None) -> PairScore:
    """Score both sentences of a pair.

    Raises:
        ValueError: the checkpoint has no MLM head, or a sentence is too long for the model.
    """
    return PairScore(*pseudo_likelihoods(bert, [bert.encode(right), bert.encode(wrong)], report))
