"""The examples menu: texts to begin with, what a reader sees in them, and where.

What an example says of the model is also there as claims, which a test holds to the default model
of the example's language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bert_core.assets import ASSETS
from bert_core.claims import Claim, read_claim, read_record

FILE = ASSETS / "examples.json"
PAGES = Path(__file__).parents[1] / "app_pages"
FIRST_SECTIONS = {
    "attention": "at_view=head",
    "masked_words": "mw_section=guess",
    "next_sentence": "ns_section=pair",
}
"""Named in a link, since a page otherwise opens where the reader left it."""
TEXTS = frozenset({"id", "title", "text_a", "text_b", "shows"})


@dataclass(frozen=True)
class Place:
    """Where an example is seen: a page, its section, and what is selected there."""

    page: str
    """Name of a folder in `app_pages`."""
    section: str = ""
    """The choice of a section as it stands in the address: `at_view=lines`; empty: the first."""
    layer: int = 0
    head: int = 0
    query: int = 0

    @property
    def file(self) -> Path:
        """What Streamlit runs."""
        return PAGES / self.page / "page.py"

    @property
    def choices(self) -> dict[str, str]:
        """The page's own parameters in the address."""
        section = self.section or FIRST_SECTIONS.get(self.page, "")
        name, _, value = section.partition("=")
        return {name: value} if name else {}


@dataclass(frozen=True)
class Example:
    """One entry of the menu."""

    id: str
    title: str
    text_a: str
    text_b: str
    """Empty: no second sentence."""
    shows: str
    """What to do and what to see, for the reader."""
    seen: Place
    expect: tuple[Claim, ...]
    """What `shows` promises of the default model of the example's language."""


@cache
def examples() -> Mapping[str, tuple[Example, ...]]:
    """The menu: language → examples in their order."""
    return read_examples(FILE)


def example(example_id: str) -> tuple[str, Example]:
    """Language and entry of an example.

    Raises:
        KeyError: no example has this id.
    """
    for language, entries in examples().items():
        for entry in entries:
            if entry.id == example_id:
                return language, entry
    raise KeyError(example_id)


def read_examples(path: Path) -> Mapping[str, tuple[Example, ...]]:
    """The examples in a file.

    Raises:
        ValueError: an entry is not as it should be; the message names it.
    """
    menu = json.loads(path.read_text(encoding="utf-8"))
    return {
        language: tuple(
            _example(entry, f"{path.name}: {language}, {number}")
            for number, entry in enumerate(entries, start=1)
        )
        for language, entries in menu.items()
    }


def _example(entry: dict[str, Any], what: str) -> Example:
    texts = {name: value for name, value in entry.items() if name not in {"seen", "expect"}}
    if set(texts) != TEXTS or not all(isinstance(value, str) for value in texts.values()):
        raise ValueError(f"{what}: beside seen and expect it has the texts {sorted(TEXTS)}")
    if not entry.get("expect"):
        raise ValueError(f"{what}: say what to expect, one claim at least")
    try:
        seen = read_record(Place, entry.get("seen", {}), "the place")
        claims = tuple(map(read_claim, entry["expect"]))
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
    if not seen.file.is_file():
        raise ValueError(f"{what}: there is no page {seen.page!r}")
    return Example(**texts, seen=seen, expect=claims)
