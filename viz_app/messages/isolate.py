"""Keeping right-to-left words from turning the text around them."""

import unicodedata

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def isolated(text: str) -> str:
    """`text` as a unit of its own direction, where it has characters that run right to left.

    Without it the browser would order a position, a weight or the next word after such a token as
    part of its line, and "ל 0.23" would read "0.23 ל". Source: Unicode Annex 9, section 2.5.
    """
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def without_isolates(text: str) -> str:
    """The same text for other programs."""
    return text.replace(FIRST_STRONG_ISOLATE, "").replace(POP_ISOLATE, "")
