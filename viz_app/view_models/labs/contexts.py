"""One word in several sentences, ready to be drawn: sentences found, senses, vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.studies.words_in_context import find_word, word_vectors
from viz_app.messages import Say

FEWEST, MOST = 2, 8
"""Sentences on the page."""


@dataclass(frozen=True)
class Use:
    """The word in one sentence."""

    sentence: str
    sense: str
    positions: tuple[int, ...]
    """Its tokens; empty where the sentence does not hold the word."""
    pieces: tuple[str, ...]
    before: str
    written: str
    after: str
    """The sentence in three parts, the word in the middle."""


def uses_of(
    bert: Bert, word: str, sentences: Sequence[str], senses: Sequence[str]
) -> tuple[tuple[Use, ...], tuple[Encoding, ...]]:
    """Where the word stands in each sentence, and the sentences as the model reads them."""
    encodings = tuple(bert.encode(sentence) for sentence in sentences)
    uses = []
    for sentence, sense, encoding in zip(sentences, senses, encodings, strict=True):
        positions = find_word(encoding, word)
        spans = [span for position in positions if (span := encoding.offsets[position])]
        start, end = (spans[0][0], spans[-1][1]) if spans else (len(sentence), len(sentence))
        uses.append(
            Use(
                sentence=sentence,
                sense=sense,
                positions=positions,
                pieces=tuple(encoding.tokens[position] for position in positions),
                before=sentence[:start],
                written=sentence[start:end],
                after=sentence[end:],
            )
        )
    return tuple(uses), encodings


def vectors_of(
    bert: Bert,
    uses: Sequence[Use],
    encodings: Sequence[Encoding],
    report: Report | None = None,
) -> Tensor:
    """[uses, stages, hidden] of the sentences that hold the word."""
    held = [index for index, use in enumerate(uses) if use.positions]
    return word_vectors(
        bert,
        [encodings[index] for index in held],
        [uses[index].positions for index in held],
        report,
    )


def context_stages(layers: int, say: Say) -> list[str]:
    """The word embedding alone, the embedding output, then every layer."""
    return [
        say("words_in_context.stage.word"),
        say("words_in_context.stage.embedding"),
        *(f"L{layer}" for layer in range(layers)),
    ]
