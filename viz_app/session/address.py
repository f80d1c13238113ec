"""The address in the browser: the one place that reads it, tells news from lag, and writes it.

Its parameters are shared out among parts: what every page knows (`state`), the choices of one page
(`page_choices`), what one section keeps. Each part has parameters of its own and leaves the others
alone, also those that Streamlit binds to a widget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_MEMORIES = "_address"


@dataclass
class _Memory:
    """What one session wrote into its address last, and what that replaced."""

    written: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    replaced_until: float = 0.0


@dataclass(frozen=True)
class Part:
    """The parameters of one owner.

    A browser sends the address it has with every click, so the click after a choice can come with
    the address from before that choice: for `lag` seconds that one is no news.
    """

    name: str
    owns: Callable[[str], bool]
    """Whether a parameter of this name is one of them."""
    lag: float = 1.0

    @property
    def asked(self) -> dict[str, str]:
        """What the address says now."""
        return {name: text for name, text in st.query_params.items() if self.owns(name)}

    @property
    def written(self) -> dict[str, str]:
        """What was written or taken over last."""
        return self._memory.written

    def news(self, *, touched: bool = False) -> dict[str, str] | None:
        """What a link, a reload or the back button asks for; None where nothing of the kind came.

        Going back or forward asks for the defaults too: for what the address does not have.

        Args:
            touched: The reader has chosen something here since, so that the address is behind.
        """
        asked, memory = self.asked, self._memory
        if _went_through_history():
            if asked == memory.written and not touched:
                return None
            memory.written = asked
            return asked
        if not asked or asked == memory.written or touched:
            return None
        if asked == memory.replaced and monotonic() < memory.replaced_until:
            return None
        memory.written = asked
        return asked

    def write(self, wanted: Mapping[str, str]) -> None:
        """Make these the part's parameters; the others of the part go."""
        write((self, wanted))

    @property
    def _memory(self) -> _Memory:
        memories: dict[str, _Memory] = st.session_state.setdefault(_MEMORIES, {})
        return memories.setdefault(self.name, _Memory())

    def _remember(self, wanted: dict[str, str]) -> None:
        memory = self._memory
        if wanted != memory.written:
            memory.replaced, memory.replaced_until = memory.written, monotonic() + self.lag
        memory.written = wanted


def _went_through_history() -> bool:
    """Whether this run answers the browser's back or forward button, whose address is never old."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def write(*parts: tuple[Part, Mapping[str, str]]) -> None:
    """Bring parts up to date at once: of each message the browser makes an entry of its history."""
    changed: dict[str, str] = {}
    for part, wanted in parts:
        asked = part.asked
        for name in set(asked) - set(wanted):
            del st.query_params[name]
        changed |= {name: text for name, text in wanted.items() if asked.get(name) != text}
        part._remember(dict(wanted))
    if changed:
        st.query_params.update(changed)


def open_page(
    file: Path, *parts: tuple[Part, Mapping[str, str]], others: Mapping[str, str] | None = None
) -> None:
    """Go on to another page of the app, with no parameters but these.

    Args:
        others: Parameters of the page's own, which are news to it.
    """
    wanted: dict[str, str] = {}
    for part, own in parts:
        part._remember(dict(own))
        wanted |= own
    st.switch_page(file, query_params=wanted | dict(others or {}))


def link() -> str:
    """The address as it is now, to be copied."""
    return f"{st.context.url or ''}?{urlencode(st.query_params.to_dict())}"
