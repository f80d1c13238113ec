"""Claims held to a model: whether each is so, and the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_core.bert import Bert, mask_positions
from bert_core.claims import (
    Claim,
    GuessChanges,
    GuessRises,
    HeadClaim,
    InTop,
    NextSentence,
    NoFavourite,
    Pieces,
    Prefers,
    WeightAtLeast,
    WeightRises,
)
from bert_core.predict import top_tokens
from bert_core.trace import Trace


@dataclass(frozen=True)
class Finding:
    """What a model does about a claim."""

    holds: bool
    measured: str
    """The figures, in words for whoever wrote the claim."""


def check(claim: Claim, bert: Bert, text_a: str, text_b: str = "") -> Finding:
    """Hold a claim about a text to a model.

    Raises:
        ValueError: the claim cannot be looked at: no such mask, token, layer or head.
    """
    trace = bert.trace(text_a, text_b or None)
    match claim:
        case InTop():
            best = _guesses(bert, trace, claim.mask, claim.k)
            return Finding(claim.token in best, _listed(best))
        case NoFavourite():
            best = _guesses(bert, trace, claim.mask, 1)
            return Finding(max(best.values()) <= claim.at_most, _listed(best))
        case GuessChanges():
            here = _guesses(bert, trace, claim.mask, 1)
            there = _guesses(bert, _other(claim, bert), claim.mask, 1)
            changes = claim.token in here and claim.other_token in there
            return Finding(changes, f"{_listed(here)}; {_listed(there)}")
        case GuessRises():
            everything = bert.tokenizer.vocab_size
            share, other = (
                _guesses(bert, each, claim.mask, everything).get(claim.token, 0.0)
                for each in (trace, _other(claim, bert))
            )
            return Finding(share - other >= claim.by, f"{share:.3f} against {other:.3f}")
        case WeightAtLeast():
            weight = _weight(claim, claim.key, trace)
            return Finding(weight >= claim.weight, f"{weight:.3f}")
        case Prefers():
            weight, other = (_weight(claim, one, trace) for one in (claim.key, claim.than))
            return Finding(weight > other, f"{weight:.3f} against {other:.3f}")
        case WeightRises():
            weight, other = (
                _weight(claim, claim.key, each) for each in (trace, _other(claim, bert))
            )
            return Finding(weight - other >= claim.by, f"{weight:.3f} against {other:.3f}")
        case NextSentence():
            found = bert.next_sentence(text_a, text_b)
            probability = found.is_next if claim.is_next else found.random
            return Finding(probability >= claim.at_least, f"{probability:.3f}")
        case Pieces():
            pieces = tuple(bert.tokenizer.pieces(claim.word)[0])
            tokens, count = trace.tokens, len(pieces)
            read = any(tuple(tokens[i : i + count]) == pieces for i in range(len(tokens)))
            return Finding(read and pieces == claim.pieces, " ".join(pieces))


def _other(claim: GuessChanges | GuessRises | WeightRises, bert: Bert) -> Trace:
    return bert.trace(claim.other_a, claim.other_b or None)


def _guesses(bert: Bert, trace: Trace, mask: int, k: int) -> dict[str, float]:
    """The `k` best tokens for a [MASK] and their probabilities, best first."""
    masks = mask_positions(trace.encoding, bert.tokenizer)
    if mask >= len(masks):
        raise ValueError(f"no [MASK] number {mask} in {trace.encoding.text_a!r}")
    best = top_tokens(trace.mlm_logits_at(masks[mask]).cpu(), bert.tokenizer, k)
    return {one.token: one.probability for one in best}


def _weight(claim: HeadClaim, keys: tuple[str, ...], trace: Trace) -> float:
    if claim.layer >= trace.num_layers or claim.head >= trace.config.num_attention_heads:
        raise ValueError(f"the model has no L{claim.layer} H{claim.head}")
    query = position_of(claim.query, trace.tokens)
    row = trace.layer(claim.layer).attention_probs[claim.head, query]
    return sum(float(row[position_of(key, trace.tokens)]) for key in keys)


def position_of(label: str, tokens: Sequence[str]) -> int:
    """Where a token stands that is named as on the pages, `bank (13)` where there are several.

    Raises:
        ValueError: it does not stand there, or several times.
    """
    places = [place for place, token in enumerate(tokens) if token == label]
    if len(places) == 1:
        return places[0]
    for place, token in enumerate(tokens):
        if label == f"{token} ({place})":
            return place
    raise ValueError(f"{label!r} stands {len(places)} times in {' '.join(tokens)}")


def _listed(guesses: Mapping[str, float]) -> str:
    return ", ".join(f"{token} {probability:.3f}" for token, probability in guesses.items())
