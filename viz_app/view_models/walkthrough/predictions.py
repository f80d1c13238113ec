"""Tables of the two predictions: scores of words, and softmax over words or answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bert_core.provenance import Cell
from viz_app.view_models.tokens import display_text
from viz_app.view_models.walkthrough.parts import At, Sheet, check, dimensions, edge, number, share
from viz_app.view_models.walkthrough.products import linear_pieces
from viz_app.view_models.walkthrough.views import CellPattern, Floats, Row, Unit

CANDIDATES = 10
"""Words listed at the vocabulary."""


def _candidates(at: At, logits: Floats) -> tuple[list[int], int]:
    """The likeliest token ids, the one being followed among them, and that one."""
    best = [int(i) for i in np.argsort(-logits, kind="stable")[:CANDIDATES]]
    chosen = best[0] if at.candidate is None else at.candidate
    return (best if chosen in best else [*best, chosen]), chosen


def mlm_logits(at: At) -> Sheet:
    """The score of one word: the head's vector times that word's embedding."""
    listed, chosen = _candidates(at, at.vector("mlm_logits", at.query))
    pieces = linear_pieces(at, Cell("mlm_logits", (at.query, chosen)), "", ("y", "E_v"))
    vocabulary = at.trace.config.vocab_size
    choices = tuple((i, display_text(at.token_of(i))) for i in listed)
    return Sheet(
        row_kind="hidden",
        rows=dimensions(at.trace.config.hidden_size),
        columns=pieces.columns,
        foot=pieces.foot,
        checks={"mlm_logits": pieces.check},
        pictures={"mlm_logits": pieces.picture(at, r"E_{\text{word}}", "word")},
        unit=Unit(chosen, vocabulary, choices),
    )


def _softmax_sheet(
    family: str,
    listed: Sequence[int],
    labels: Sequence[str],
    lead: tuple[int, ...],
    at: At,
    row_kind: str,
    steps: tuple[str | None, str],
) -> Sheet:
    logits = at.vector(f"{family}_logits", *lead)
    exponentials = at.vector(f"{family}_exponentials", *lead)
    probs = at.vector(f"{family}_probs", *lead)
    total = at.value(f"{family}_exponential_sum", *lead)
    largest = at.value(f"{family}_max", *lead)
    chosen = list(listed)

    def pattern(stage: str) -> CellPattern:
        return CellPattern(f"{family}_{stage}", None, (*lead, "row0"))

    exponential_check = check(
        lambda z, m: np.exp(z - m), [logits[chosen], largest], exponentials[chosen]
    )
    checks = {
        steps[1]: check(lambda e, z: e / z, [exponentials[chosen], total], probs[chosen]),
    }
    if steps[0]:
        checks[steps[0]] = exponential_check
    return Sheet(
        row_kind=row_kind,
        rows=tuple(
            Row(label, label, (place,)) for place, label in zip(chosen, labels, strict=True)
        ),
        columns=(
            number("logits", "z", logits[chosen], pattern("logits")),
            share(
                "exponentials",
                "number",
                r"e^{z - \max z}",
                exponentials[chosen],
                pattern("exponentials"),
            ),
            share("probs", "bar", "P", probs[chosen], pattern("probs")),
        ),
        foot={
            "exponentials": edge("Z", total, CellPattern(f"{family}_exponential_sum", None, lead)),
        },
        checks=checks,
        facts={"largest": largest, "entries": len(logits)},
    )


def mlm_probs(at: At) -> Sheet:
    """Softmax over the vocabulary, for the likeliest words and the one that is followed."""
    listed, _ = _candidates(at, at.vector("mlm_logits", at.query))
    labels = [display_text(at.token_of(i)) for i in listed]
    return _softmax_sheet(
        "mlm", listed, labels, (at.query,), at, "candidate", ("mlm_exponentials", "mlm_probs")
    )


def nsp_probs(at: At) -> Sheet:
    """Softmax over the two answers of the next-sentence head."""
    return _softmax_sheet(
        "nsp", (0, 1), ("is_next", "random"), (), at, "class", (None, "nsp_probs")
    )
