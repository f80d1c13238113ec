"""The field's words in English and Chinese, fixed in one table: terms.json.

A text in one language can say what its terms are called in the other. Which language it is in needs
no telling: the term itself says it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

_OTHER_WORDS = ("运行", "进行", "开头", "值得", "关键", "片段")
"""Words in which the character of a term means something else."""


@cache
def terms() -> tuple[tuple[str, str], ...]:
    """All terms as (English, Chinese)."""
    text = files(__package__).joinpath("terms.json").read_text(encoding="utf-8")
    return tuple((english, chinese) for english, chinese in json.loads(text))


def pieces(text: str) -> list[tuple[str, str]]:
    """A text cut at its terms, each where it first occurs.

    Returns:
        The parts in order, with what the part is called in the other language; "" for all but
        terms.
    """
    pattern, other = _lookup()
    parts, end, seen = [], 0, set()
    for match in pattern.finditer(text):
        if match[0] in _OTHER_WORDS:
            continue
        found = other[(match["english"] or match[0]).lower()]
        if found in seen:
            continue
        seen.add(found)
        parts += [(text[end : match.start()], ""), (match[0], found)]
        end = match.end()
    return [part for part in [*parts, (text[end:], "")] if part[0]]


Card = Callable[[str], tuple[str, str] | None]
"""Leads from a term's other name to its card: the address and what it says; None: it has none."""


def marked(text: str, card: Card = lambda _: None) -> str:
    """A text of our own, safe as HTML: pointing at a term shows its other name.

    A term with a card also shows what the card says, and leads there.
    """
    return "".join(
        _marked_term(part, other, card(other)) if other else html.escape(part)
        for part, other in pieces(text)
    )


def _marked_term(part: str, other: str, card: tuple[str, str] | None) -> str:
    shown = other if card is None else f"{other}: {card[1]}"
    name = f'<abbr title="{html.escape(shown)}">{html.escape(part)}</abbr>'
    return name if card is None else f'<a href="{html.escape(card[0])}">{name}</a>'


@cache
def _lookup() -> tuple[re.Pattern[str], dict[str, str]]:
    other = dict(terms()) | {chinese: english for english, chinese in terms()}
    # the longest first, so that "attention weight" is not read as "attention"
    english, chinese = (
        "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        for names in zip(*terms(), strict=True)
    )
    chinese = "|".join(_OTHER_WORDS) + "|" + chinese
    return re.compile(rf"\b(?P<english>{english})s?\b|{chinese}", re.IGNORECASE), other
