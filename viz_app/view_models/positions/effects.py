"""What positions do in this model for this text: the sum of three vectors, and the shuffle test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch

from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.predict import next_sentence_probabilities, top_tokens
from bert_core.studies.order import (
    attention_shift,
    distance_from_uniform,
    favourite_offset,
    order_effect,
    position_only_attention,
    word_order,
)
from bert_core.trace import Trace, trace_forward
from bert_core.words import with_ids, words_of
from viz_app.number_text import share_text
from viz_app.view_models.positions.views import Floats, Grid
from viz_app.view_models.tokens import display_text, token_labels
from viz_app.view_models.views import BarView, Reading, TokenLabel, read_only

PARTS = ("word", "position", "segment")


# --- word + position + segment ---------------------------------------------------------------


@dataclass(frozen=True)
class Composition:
    """The first layer's input of every token, taken apart; arrays [token, dimension]."""

    tokens: tuple[TokenLabel, ...]
    parts: dict[str, Floats]
    """word, position, segment → what it contributes."""
    total: Floats
    """Sum of the parts that are on."""
    output: Floats
    """LayerNorm of that sum."""
    mean: Floats
    """[token]: mean of the sum over dimensions."""
    deviation: Floats
    """[token]: square root of the variance of the sum plus epsilon."""
    gain: Floats
    """[dimension]: LayerNorm's weight."""
    bias: Floats
    """[dimension]: LayerNorm's bias."""
    on: frozenset[str]
    worst: float | None
    """Largest difference to the model's own input; None where a part is switched off."""


def composition(trace: Trace, on: Collection[str] = PARTS) -> Composition:
    """Word + position + segment of a trace, and LayerNorm worked by its formula.

    Args:
        on: The parts to add; the model adds all three.

    Raises:
        ValueError: an unknown part.
    """
    if unknown := set(on) - set(PARTS):
        raise ValueError(f"{sorted(unknown)} are not among {PARTS}")
    steps = trace.embeddings
    parts = {
        "word": steps.word_embeddings,
        "position": steps.position_embeddings,
        "segment": steps.token_type_embeddings,
    }
    # the model's own order of addition, so that the sum is the same to the last bit
    total = torch.zeros_like(steps.word_embeddings)
    for name in ("word", "segment", "position"):
        if name in on:
            total = total + parts[name]
    norm = trace.model.bert.embeddings.LayerNorm
    gain, bias = norm.weight.detach().float().cpu(), norm.bias.detach().float().cpu()
    mean = total.mean(-1)
    deviation = (total.var(-1, unbiased=False) + norm.eps).sqrt()
    output = (total - mean[:, None]) / deviation[:, None] * gain + bias
    worst = None
    if set(on) == set(PARTS):
        worst = max(
            (total - steps.embedding_sum).abs().max().item(),
            (output - steps.embedding_output).abs().max().item(),
        )
        output = steps.embedding_output
    return Composition(
        token_labels(trace.encoding),
        {name: read_only(part.numpy()) for name, part in parts.items()},
        read_only(total.numpy()),
        read_only(output.numpy()),
        read_only(mean.numpy()),
        read_only(deviation.numpy()),
        read_only(gain.numpy()),
        read_only(bias.numpy()),
        frozenset(on),
        worst,
    )


def composition_grid(view: Composition, stage: str) -> Grid:
    """One stage for all tokens; the three parts and their sum share one scale.

    Args:
        stage: word, position, segment, total or output.
    """
    values = view.parts[stage] if stage in view.parts else getattr(view, stage)
    together = [*view.parts.values(), view.total] if stage != "output" else [view.output]
    top = max(float(np.abs(part).max()) for part in together)
    return Grid(
        values,
        "token",
        "dimension",
        Reading(f"positions.stage.{stage}"),
        low=-top,
        high=top,
    )


def part_norms(view: Composition) -> dict[str, Floats]:
    """Length of each part's vector, per token."""
    return {
        name: np.linalg.norm(part, axis=1).astype(np.float32) for name, part in view.parts.items()
    }


def repeated_tokens(view: Composition) -> tuple[int, int]:
    """Two places of one word, or the first two words of the text where none is repeated."""
    own = [token for token in view.tokens if not token.special] or list(view.tokens)
    counts = Counter(token.text for token in own)
    for token in own:
        if counts[token.text] > 1:
            first, second = [other.position for other in own if other.text == token.text][:2]
            return first, second
    return own[0].position, own[min(1, len(own) - 1)].position


def cosine(first: Floats, second: Floats) -> float:
    """Cosine of two vectors; 0 where one is all zeros."""
    scale = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / scale if scale else 0.0


# --- does order matter -----------------------------------------------------------------------


@dataclass(frozen=True)
class OrderRun:
    """One forward pass of the shuffle test."""

    tokens: tuple[str, ...]
    """Safe to display, in the order the model read them."""
    masked: int
    """Where the hidden word stands in this order."""
    predictions: BarView | None
    """Best candidates for it; None where the model has no masked-word head."""
    is_next: float | None
    """P(B follows A), for a pair and a model with that head."""
    effect: Floats | None
    """Per token of the original: how far its output moved; None for the original itself."""


@dataclass(frozen=True)
class ShuffleTest:
    """The same words in the old order, a new one, and at shifted positions, with and without."""

    original: OrderRun
    moved: OrderRun
    shifted: OrderRun
    original_off: OrderRun
    moved_off: OrderRun
    order: tuple[int, ...]

    def highest_probability(self) -> float:
        """Of all candidates of all runs, so that their bars can share one scale."""
        runs = (self.original, self.moved, self.shifted, self.original_off, self.moved_off)
        shown = [float(run.predictions.values.max()) for run in runs if run.predictions]
        return max(shown, default=1.0)


def shuffle_test(
    bert: Bert,
    encoding: Encoding,
    *,
    masked: int,
    kind: str,
    seed: int,
    shift: int,
    top_k: int = 5,
    report: Report | None = None,
) -> ShuffleTest:
    """Five forward passes; "off" gives every token the vector of position 0.

    Args:
        masked: Index of the token to hide behind [MASK].
        kind, seed: As `word_order`.
        shift: Added to every position.

    Raises:
        ValueError: the shifted positions do not exist, or `masked` is no token.
    """
    tokenizer = bert.tokenizer
    if not 0 <= masked < len(encoding):
        raise ValueError(f"token {masked} is not one of 0 to {len(encoding) - 1}")
    hidden = with_ids(encoding, {masked: tokenizer.mask_id}, tokenizer)
    order = word_order(encoding, kind, seed)
    other = hidden.reordered(order)
    places = range(len(encoding))
    nowhere = (0,) * len(encoding)

    def trace(which: Encoding, positions: tuple[int, ...] | range) -> Trace:
        found = trace_forward(bert.model, which, position_ids=tuple(positions))
        done.append(which)
        if report is not None:
            report(len(done), 5)
        return found

    done: list[Encoding] = []
    plain, plain_off = trace(hidden, places), trace(hidden, nowhere)
    moved, moved_off = trace(other, places), trace(other, nowhere)
    shifted = trace(hidden, range(shift, shift + len(encoding)))

    def run(found: Trace, against: Trace | None, new_order: tuple[int, ...]) -> OrderRun:
        place = new_order.index(masked)
        effect = None
        if against is not None:
            effect = read_only(order_effect(against, found, new_order).numpy())
        return OrderRun(
            tuple(display_text(token) for token in found.tokens),
            place,
            _predictions(bert, found, place, top_k),
            _is_next(bert, found),
            effect,
        )

    same = tuple(places)
    return ShuffleTest(
        run(plain, None, same),
        run(moved, plain, order),
        run(shifted, plain, same),
        run(plain_off, None, same),
        run(moved_off, plain_off, order),
        order,
    )


def hideable(encoding: Encoding) -> tuple[int, ...]:
    """Tokens that can be hidden: the text's own, first pieces of words."""
    return tuple(word.positions[0] for word in words_of(encoding))


def _predictions(bert: Bert, found: Trace, place: int, top_k: int) -> BarView | None:
    if "mlm" in bert.missing:
        return None
    best = top_tokens(found.mlm_logits_at(place).cpu(), bert.tokenizer, top_k)
    return BarView(
        np.array([candidate.probability for candidate in best]),
        tuple(display_text(candidate.token) for candidate in best),
        0.0,
        1.0,
        Reading("positions.reading.best", {"token": display_text(best[0].token)}),
    )


def _is_next(bert: Bert, found: Trace) -> float | None:
    if "nsp" in bert.missing or not found.encoding.is_pair:
        return None
    return next_sentence_probabilities(found.nsp_logits).is_next


# --- heads and positions ---------------------------------------------------------------------


@dataclass(frozen=True)
class PositionHead:
    """What one head of layer 0 does when it sees positions only."""

    decided: float
    """Distance of its rows from equal weights, 0..1."""
    offset: int
    """Its favourite distance, key - query."""
    weight: float
    """Mean weight at that distance."""
    overlap: float
    """Part of its real attention on this text that positions alone would give, 0..1."""


@dataclass(frozen=True)
class PositionHeads:
    """All heads of layer 0 from positions alone, and how positions steer every head."""

    probs: Floats
    """[head, query, key], each row sums to 1."""
    actual: Floats
    """The same heads on the text."""
    heads: tuple[PositionHead, ...]
    shift: Grid
    """[layer, head]: part of the attention that moves when positions are switched off."""
    lengths: tuple[float, float]
    """Mean length of the position vectors before and after the LayerNorm that these heads read."""


def position_heads(trace: Trace, trace_off: Trace) -> PositionHeads:
    """Compare a text's attention with that from positions alone, and with that without them.

    Args:
        trace_off: The same text with every token at position 0.
    """
    probs = position_only_attention(trace.model, len(trace.tokens))
    actual = trace.attention_probs(0)
    decided = distance_from_uniform(probs).tolist()
    overlap = torch.minimum(probs, actual).sum(-1).mean(-1).tolist()
    heads = []
    for head in range(len(probs)):
        offset, weight = favourite_offset(probs[head])
        heads.append(PositionHead(decided[head], offset, weight, overlap[head]))
    shift = attention_shift(trace, trace_off).numpy()
    embeddings = trace.model.bert.embeddings
    table = embeddings.position_embeddings.weight.detach()[: len(trace.tokens)]
    before, after = (
        float(x.norm(dim=1).mean()) for x in (table, embeddings.LayerNorm(table).detach())
    )
    strongest = divmod(int(shift.argmax()), shift.shape[1])
    return PositionHeads(
        read_only(probs.numpy()),
        read_only(actual.numpy()),
        tuple(heads),
        Grid(
            shift,
            "layer",
            "head",
            Reading(
                "positions.reading.shift",
                {
                    "layer": strongest[0],
                    "head": strongest[1],
                    "share": share_text(shift[strongest], 0),
                    "mean": share_text(shift.mean(), 0),
                },
            ),
            signed=False,
            low=0.0,
            high=1.0,
        ),
        (before, after),
    )
