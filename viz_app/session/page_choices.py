"""One page's own choices, kept in the session and in the address under language-free names.

Streamlit can bind a widget to the address, but writes the option as it is worded on the page, so a
link would break when the language changes; and it does not let `state.synchronise` write beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from viz_app.session.address import Part

Option = TypeVar("Option", str, int)
LAG_SECONDS = 3.0
"""For so long a browser may send the address from before a choice; a page may take its time."""


@dataclass
class _Memory:
    """What one session has chosen on one page."""

    shown: dict[str, Any] = field(default_factory=dict)
    """The widgets' values at the end of the last run."""
    kept: dict[str, str] = field(default_factory=dict)
    """All choices that are not their defaults, also of widgets that are not drawn now."""
    defaults: dict[str, Any] = field(default_factory=dict)
    language: str = ""
    """Of the page in the last run."""


def is_reworded(key: str, wording: Hashable) -> bool:
    """Whether a widget's options are called by something else than in the last run."""
    name = f"_{key}_wording"
    before = st.session_state.get(name, wording)
    st.session_state[name] = wording
    return bool(before != wording)


class PageChoices:
    """Made at the start of a page's run; `write` at its end brings the address up to date.

    Each method prepares one choice and returns the key for its widget, which must be given neither
    a default nor a value. A choice that equals its default is left out of the address. What is
    chosen survives a visit to another page, and a widget that is not drawn for a while.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._used: dict[str, tuple[Any, Callable[[Any], str]]] = {}
        self._memory: _Memory = st.session_state.setdefault(f"_{prefix}_choices", _Memory())
        language = st.session_state.get("language", "")
        self._reworded = self._memory.language not in ("", language)
        self._memory.language = language
        start = f"{prefix}_"
        self._address = Part(prefix, lambda name: name.startswith(start), LAG_SECONDS)
        before = self._address.written
        touched = any(
            key in st.session_state and st.session_state[key] != value
            for key, value in self._memory.shown.items()
        )
        asked = self._address.news(touched=touched)
        if asked is not None:  # the address wins over what was chosen here
            for name in {*asked, *before, *self._memory.shown}:
                st.session_state.pop(name, None)
                self._memory.kept.pop(name, None)
            self._memory.kept.update(asked)

    def one_of(
        self, name: str, options: Sequence[Option], default: Option, wording: Hashable = None
    ) -> str:
        """One of a few words or numbers.

        Args:
            wording: What the options are called by, where that changes: a head, the sentence.
        """
        texts = {str(option): option for option in options}
        again = is_reworded(f"{self._prefix}_{name}", wording)
        return self._prepare(name, default, texts.get, options.__contains__, str, again)

    def some_of(self, name: str, options: Sequence[Option], default: Sequence[Option]) -> str:
        """Any number of a few words or numbers; kept as a list in the order of choosing."""
        texts = {str(option): option for option in options}

        def read(text: str) -> list[Option]:
            return [texts[part] for part in text.split(",") if part in texts]

        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(part in options for part in value)

        def write(value: Collection[Option]) -> str:
            return ",".join(str(part) for part in value)

        return self._prepare(name, list(default), read, fits, write)

    def number(self, name: str, low: int, high: int, default: int) -> str:
        """A whole number within bounds."""

        def read(text: str) -> int | None:
            plain = text.isascii() and text.isdecimal() and len(text) <= 9
            return int(text) if plain else None

        def fits(value: Any) -> bool:
            return isinstance(value, int) and low <= value <= high

        return self._prepare(name, default, read, fits, str)

    def switch(self, name: str) -> str:
        """On or, by default, off."""

        def read(text: str) -> bool | None:
            return {"1": True, "0": False}.get(text)

        return self._prepare(name, False, read, (True, False).__contains__, lambda on: str(int(on)))

    def text(self, name: str, longest: int, default: str = "") -> str:
        """A short text that its reader checks, such as a component's own settings."""

        def fits(value: Any) -> bool:
            return isinstance(value, str) and len(value) <= longest

        return self._prepare(name, default, str, fits, str)

    def __getitem__(self, name: str) -> Any:
        """The value of a choice that was prepared in this run."""
        return st.session_state[f"{self._prefix}_{name}"]

    def write(self) -> None:
        """Put the choices of this run into the address; those not drawn stay in the session."""
        for key in self._used:
            self._keep(key)
        kept = self._memory.kept
        self._address.write({key: kept[key] for key in self._used if key in kept})
        self._memory.shown = {key: st.session_state[key] for key in self._used}

    def keep(self, name: str) -> None:
        """Keep what a widget has now; for its callback.

        A text is sent when its box is left, often by a click on what is drawn in its place: the run
        that would write it is cut off, and the widget gone.
        """
        self._keep(f"{self._prefix}_{name}")

    def _keep(self, key: str) -> None:
        default, to_text = self._used[key]
        value = st.session_state[key]
        if value == default:
            self._memory.kept.pop(key, None)
        else:
            self._memory.kept[key] = to_text(value)

    def _prepare(
        self,
        name: str,
        default: Any,
        read: Callable[[str], Any],
        fits: Callable[[Any], bool],
        to_text: Callable[[Any], str],
        reworded: bool = False,
    ) -> str:
        key = f"{self._prefix}_{name}"
        if key in st.session_state:
            value = st.session_state[key]
            # untouched choices follow a default that moves with the sentence or the model
            if value == self._memory.defaults.get(key, value) != default:
                value = default
        else:
            text = self._memory.kept.get(key)
            value = default if text is None else read(text)
        if value is None or not fits(value):
            value = default
        # Writing a value back that is there already would make the browser drop a newer one that a
        # reader, quicker than the server, has chosen meanwhile. With other words it must: the
        # browser would go on showing the option as it was worded before.
        reworded = reworded or self._reworded
        if key not in st.session_state or st.session_state[key] != value or reworded:
            st.session_state[key] = value
        self._memory.defaults[key] = default
        self._used[key] = (default, to_text)
        return key
