"""Tokens as they are written on screen: safe characters, unique labels, segments."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from bert_core.encoding import CONTINUED, Encoding
from bert_core.memo import kept
from bert_core.words import Word
from viz_app.messages.isolate import isolated
from viz_app.view_models.views import TokenLabel

_EMPTY = "∅"
_CONTROL_PICTURES = 0x2400  # U+2400 + code shows a C0 control character, e.g. ␉ for a tab


def display_text(token: str) -> str:
    """`token` with every invisible character made visible; never empty, one line.

    Control characters become their pictures (tab ␉), other invisible or direction-changing ones
    their code (⟨U+202E⟩), and right-to-left letters are isolated, so that a token can neither hide
    nor turn the text around it.
    """
    return isolated("".join(map(_visible, token))) or _EMPTY


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}:
        return " " if character == " " else f"⟨U+{code:04X}⟩"
    return character


def reads_upright(text: str) -> bool:
    """Whether a column label keeps these characters upright (Chinese, Japanese, Korean, emoji)."""
    letters = text.removeprefix(CONTINUED)
    return bool(letters) and all(
        unicodedata.east_asian_width(character) in {"W", "F"} for character in letters
    )


def unique_labels(texts: Sequence[str]) -> tuple[str, ...]:
    """Each text as it is, or with its position where it occurs more than once: `the (4)`."""
    counts = Counter(texts)
    labels = tuple(
        f"{text} ({position})" if counts[text] > 1 else text for position, text in enumerate(texts)
    )
    if len(set(labels)) == len(labels):
        return labels
    # A token such as "the (4)" can itself stand in the text: then every label has its position.
    return tuple(f"{text} ({position})" for position, text in enumerate(texts))


def word_labels(words: Sequence[Word]) -> tuple[str, ...]:
    """Each word as it was typed, with its first token's position where it occurs more than once."""
    texts = [display_text(word.text) for word in words]
    return tuple(
        f"{text} ({word.positions[0]})" if texts.count(text) > 1 else text
        for text, word in zip(texts, words, strict=True)
    )


@kept
def token_labels(encoding: Encoding) -> tuple[TokenLabel, ...]:
    """One label per token of an input, special tokens included."""
    texts = [display_text(token) for token in encoding.tokens]
    return tuple(
        TokenLabel(
            position=position,
            text=text,
            label=label,
            segment=encoding.token_type_ids[position],
            special=bool(encoding.special_tokens_mask[position]),
            upright=reads_upright(text),
        )
        for position, (text, label) in enumerate(zip(texts, unique_labels(texts), strict=True))
    )
