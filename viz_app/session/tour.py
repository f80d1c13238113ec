"""The tour through all pages: its stops, and what a reader has answered, as the address keeps it.

What each stop asks is worked out in `view_models.tour`, once torch is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_lowercase, digits

from viz_app.session.examples import Place

_LETTERS = digits + ascii_lowercase
SHOWN = "s"
"""In place of an option: the reader wanted to be shown the answer."""


@dataclass(frozen=True)
class Stop:
    """One stop: where it is; its words are the messages `tour.<id>.…`."""

    id: str
    place: Place
    """Page and section; layer, head and token follow from the reader's text."""


def _stop(id: str, page: str, section: str = "") -> Stop:
    return Stop(id, Place(page, section))


STOPS = (
    _stop("tokens", "start"),
    _stop("pieces", "start"),
    _stop("embedding", "walkthrough", "step=embedding_sum"),
    _stop("score", "walkthrough", "step=attention_scores"),
    _stop("look", "attention", "at_view=head"),
    _stop("previous", "attention", "at_view=roles"),
    _stop("rest", "attention", "at_view=lines"),
    _stop("near", "positions", "pos_section=learned"),
    _stop("order", "positions", "pos_section=order"),
    _stop("hardest", "masked_words", "mw_section=guess"),
    _stop("chosen", "masked_words", "mw_section=training"),
    _stop("swap", "next_sentence", "ns_section=pair"),
    _stop("variant", "next_sentence", "ns_section=pair"),
    _stop("senses", "words_in_context"),
    _stop("cells", "concepts"),
    _stop("parts", "models"),
)


@dataclass(frozen=True)
class Told:
    """What a reader answered at one stop."""

    option: int | None
    """Index of the option; None: was shown the answer without one."""
    right: bool


def answered(text: str, stop: int, subject: tuple[str, ...]) -> Told | None:
    """The answer at a stop, from the text in the address; None for none about this subject.

    Args:
        stop: 0 for the first.
        subject: Model and texts: an answer about another sentence does not count here.
    """
    entry = _entries(text).get(stop, "")
    mark, option, right = entry[:2], entry[2:3], entry[3:]
    if mark != _mark(subject) or option not in {*_LETTERS} or right not in ("y", "n"):
        return None
    return Told(None if option == SHOWN else int(option, 36), right == "y")


def with_answer(text: str, stop: int, subject: tuple[str, ...], told: Told) -> str:
    """The text in the address with one more answer."""
    option = SHOWN if told.option is None else _LETTERS[told.option]
    entry = f"{_mark(subject)}{option}{'y' if told.right else 'n'}"
    entries = {**_entries(text), stop: entry}
    return ".".join(entries.get(at, "") for at in range(len(STOPS))).rstrip(".")


def marks(text: str) -> Mapping[int, Told]:
    """Stop → its answer, about whatever sentence it was."""
    found = {}
    for stop, entry in _entries(text).items():
        if len(entry) == 4 and entry[2] in _LETTERS and entry[3] in "yn":
            option = None if entry[2] == SHOWN else int(entry[2], 36)
            found[stop] = Told(option, entry[3] == "y")
    return found


def _entries(text: str) -> dict[int, str]:
    return {at: entry for at, entry in enumerate(text.split(".")[: len(STOPS)]) if entry}


def _mark(subject: tuple[str, ...]) -> str:
    """Two letters that tell one sentence and model from another, well enough for one reader."""
    number = int.from_bytes(hashlib.blake2s(repr(subject).encode(), digest_size=4).digest(), "big")
    return _LETTERS[number % 36] + _LETTERS[number // 36 % 36]
