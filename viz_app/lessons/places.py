"""The places that a stop of a lesson can be at: pages, their sections, the steps of a walkthrough.

A test holds the table to the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAGES_FOLDER = Path(__file__).parents[1] / "app_pages"


@dataclass(frozen=True)
class Page:
    """How a page is told what to show."""

    prefix: str = ""
    """Of its own parameters in the address; empty: it has none."""
    choice: str = ""
    """The parameter that chooses the section."""
    sections: tuple[str, ...] = ()
    """As in the address, the first one first."""


PAGES: Mapping[str, Page] = {
    "start": Page(),
    "attention": Page(
        "at_",
        "at_view",
        ("head", "lines", "neurons", "pair", "roles", "find", "flow", "off", "compare", "save"),
    ),
    "walkthrough": Page(),
    "positions": Page(
        "pos_",
        "pos_section",
        ("schemes", "lengths", "sinusoid", "learned", "sum", "order", "heads"),
    ),
    "masked_words": Page("mw_", "mw_section", ("guess", "layers", "training", "reasons", "pairs")),
    "next_sentence": Page("ns_", "ns_section", ("pair", "blocks", "shelf", "play")),
    "words_in_context": Page("wc_"),
    "concepts": Page("con_"),
    "models": Page(),
}
"""Folder in `app_pages` → what its address understands."""


def page_file(name: str) -> Path:
    """What Streamlit runs."""
    return PAGES_FOLDER / name / "page.py"


def page_parameters(name: str, section: str, settings: Mapping[str, str | int]) -> dict[str, str]:
    """The page's own part of the address; without a section, its first one."""
    page = PAGES[name]
    chosen = {page.choice: section or page.sections[0]} if page.choice else {}
    return chosen | {key: str(value) for key, value in settings.items()}
