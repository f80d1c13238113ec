"""The concept cards: which there are, where each is seen, and which match a search.

The table is `assets/concepts.json`; the words of a card are the messages `concepts.<id>.name`,
`.text` and `.here`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bert_core.assets import ASSETS
from bert_core.claims import read_record
from viz_app.messages import LANGUAGES, text
from viz_app.messages.terms import terms
from viz_app.session.examples import Place

FILE = ASSETS / "concepts.json"
GROUPS = ("idea", "text", "layer", "task", "learning")
"""In the order of the page."""
_PLAIN = frozenset({"id", "group", "formula", "source"})


@dataclass(frozen=True)
class Concept:
    """One entry of the table."""

    id: str
    group: str
    """One of GROUPS."""
    formula: str
    """LaTeX; empty: it has none."""
    seen: Place
    source: str
    terms: tuple[str, ...]
    """English names in `terms.json` that lead to this card."""


@cache
def concepts() -> tuple[Concept, ...]:
    """All cards in the order of the page."""
    return read_concepts(FILE)


def read_concepts(path: Path) -> tuple[Concept, ...]:
    """The cards in a file.

    Raises:
        ValueError: an entry is not as it should be; the message names it.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    found = tuple(
        _concept(entry, f"{path.name}: {number}") for number, entry in enumerate(entries, start=1)
    )
    for names in ([one.id for one in found], [name for one in found for name in one.terms]):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{path.name}: {twice} stand there more than once")
    return found


def _concept(entry: Mapping[str, Any], what: str) -> Concept:
    if set(entry) != _PLAIN | {"seen", "terms"}:
        raise ValueError(f"{what}: its fields should be {sorted(_PLAIN | {'seen', 'terms'})}")
    plain = {name: entry[name] for name in _PLAIN}
    if not all(isinstance(value, str) for value in plain.values()):
        raise ValueError(f"{what}: {sorted(_PLAIN)} should be texts")
    what = f"{what}, {entry['id']}"
    if entry["group"] not in GROUPS:
        raise ValueError(f"{what}: the group {entry['group']!r} is none of {GROUPS}")
    if not entry["source"].strip():
        raise ValueError(f"{what}: it names no source")
    unknown = sorted(set(entry["terms"]) - {english for english, _ in terms()})
    if unknown:
        raise ValueError(f"{what}: terms.json does not have {unknown}")
    try:
        seen = read_record(Place, entry["seen"], "the place")
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
    if not seen.file.is_file():
        raise ValueError(f"{what}: there is no page {seen.page!r}")
    return Concept(**plain, seen=seen, terms=tuple(entry["terms"]))


@cache
def concept_of_term() -> Mapping[str, Concept]:
    """Term, in English or Chinese → the card that it leads to."""
    chinese = dict(terms())
    return {
        name: concept
        for concept in concepts()
        for term in concept.terms
        for name in (term, chinese[term])
    }


def matching(search: str, language: str) -> tuple[Concept, ...]:
    """The cards that hold every word of a search, those with it in their name first.

    Names and terms count in every language, sentences in that of the page; case does not matter.
    """
    wanted = search.casefold().split()
    if not wanted:
        return concepts()
    ranked = []
    for concept in concepts():
        names = [text(each, f"concepts.{concept.id}.name").casefold() for each in LANGUAGES]
        terms_of = [name for name, found in concept_of_term().items() if found is concept]
        said = text_of_card(concept, language)
        whole = " ".join((*names, *terms_of, said, concept.source)).casefold()
        if not all(word in whole for word in wanted):
            continue
        joined = " ".join(wanted)
        rank = (
            joined not in {*names, *terms_of},
            not any(all(word in name for word in wanted) for name in (*names, *terms_of)),
        )
        ranked.append((rank, concept))
    return tuple(concept for _, concept in sorted(ranked, key=lambda pair: pair[0]))


def text_of_card(concept: Concept, language: str) -> str:
    """The sentences of a card that hold for every model and text."""
    return text(language, f"concepts.{concept.id}.text")
