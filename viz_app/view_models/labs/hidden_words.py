"""Which words the reader hid behind the text's [MASK] tokens, and how an address carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote


@dataclass(frozen=True)
class HiddenWord:
    """What stands behind one or more neighbouring [MASK] tokens."""

    text: str = ""
    """The word as it was typed; empty where the reader typed [MASK] and no word is known."""
    pieces: int = 1
    """How many [MASK] tokens stand for it."""


def to_parameter(words: Sequence[HiddenWord]) -> str:
    """For the address: `street,unbelievably*4,` (the last one unknown)."""
    return ",".join(
        quote(word.text, safe="") + (f"*{word.pieces}" if word.pieces > 1 else "") for word in words
    )


def from_parameter(value: str) -> tuple[HiddenWord, ...]:
    """Read back what `to_parameter` wrote; what makes no sense counts as unknown."""
    words = []
    for entry in value.split(","):
        text, _, pieces = entry.partition("*")
        many = pieces.isascii() and pieces.isdecimal() and len(pieces) <= 2
        words.append(HiddenWord(unquote(text), max(1, int(pieces)) if many else 1))
    return tuple(words)


def word_of_mask(words: Sequence[HiddenWord], mask: int) -> tuple[int, int]:
    """(index of the word, index of the piece within it) of one [MASK], counted from zero.

    Raises:
        ValueError: there are fewer masks.
    """
    first = 0
    for index, word in enumerate(words):
        if mask < first + word.pieces:
            return index, mask - first
        first += word.pieces
    raise ValueError(f"mask {mask} is not one of {first}")
