"""Whole words among the tokens of an input, and texts in which one of them is replaced.

A word of several pieces is hidden whole: hiding its first piece alone would let the tokenizer read
the rest as a word of its own, and other tokens would change than the one that was hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bert_core.encoding import CONTINUED, Encoding
from bert_core.tokenizer import BertTokenizer

MASK = "[MASK]"


@dataclass(frozen=True)
class Word:
    """One word of an input: its tokens and the characters they stand for."""

    positions: tuple[int, ...]
    """Indices of its tokens, neighbours."""
    in_b: bool
    """Whether it stands in the second sentence."""
    start: int
    end: int
    """Characters start to end (exclusive) of its own sentence."""
    text: str
    """Those characters, as they were typed."""


def words_of(encoding: Encoding) -> tuple[Word, ...]:
    """The words of both sentences in reading order; added [CLS] and [SEP] belong to none."""
    groups: list[list[int]] = []
    for position in encoding.own:
        continues = encoding.tokens[position].startswith(CONTINUED)
        if continues and groups and groups[-1][-1] == position - 1:
            groups[-1].append(position)
        else:
            groups.append([position])
    return tuple(_word(encoding, tuple(group)) for group in groups)


def word_at(encoding: Encoding, position: int) -> Word | None:
    """The word that a token belongs to; None for an added [CLS] or [SEP]."""
    return next((word for word in words_of(encoding) if position in word.positions), None)


def replace_word(encoding: Encoding, word: Word, written: str) -> tuple[str, str | None]:
    """Both texts with one word written anew.

    A piece that continues a word (`##ing`) is joined to what stands before it.
    """
    text = (encoding.text_b or "") if word.in_b else encoding.text_a
    before, after = text[: word.start], text[word.end :]
    if written.startswith(CONTINUED):
        before, written = before.rstrip(), written.removeprefix(CONTINUED)
    changed = before + written + after
    return (encoding.text_a, changed) if word.in_b else (changed, encoding.text_b)


def hide_word(encoding: Encoding, word: Word) -> tuple[str, str | None]:
    """Both texts with one [MASK] for every piece of a word; all other tokens stay as they are."""
    return replace_word(encoding, word, MASK * len(word.positions))


def with_ids(encoding: Encoding, ids: Mapping[int, int], tokenizer: BertTokenizer) -> Encoding:
    """The same input with other token ids at some positions; its texts stay as they were typed.

    Raises:
        ValueError: no such id in the vocabulary.
    """
    input_ids, tokens = list(encoding.input_ids), list(encoding.tokens)
    for position, token_id in ids.items():
        input_ids[position] = token_id
        tokens[position] = tokenizer.token(token_id)
    return replace(encoding, input_ids=tuple(input_ids), tokens=tuple(tokens))


def _word(encoding: Encoding, positions: tuple[int, ...]) -> Word:
    spans = [span for position in positions if (span := encoding.offsets[position]) is not None]
    start, end = spans[0][0], spans[-1][1]
    in_b = encoding.in_b(positions[0])
    text = (encoding.text_b or "") if in_b else encoding.text_a
    return Word(positions, in_b, start, end, text[start:end])
