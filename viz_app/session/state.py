"""What the reader has chosen: one table of keys, kept in the session and in the address.

Each choice lives in `st.session_state` under its own name and in the URL under a short one, so
that a reload, a new tab and a copied link show the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from viz_app.messages import LANGUAGES
from viz_app.session import address, service
from viz_app.session.defaults import DEFAULTS

URL_NAMES = {
    "language": "lang",
    "model": "model",
    "text_a": "a",
    "text_b": "b",
    "layer": "layer",
    "head": "head",
    "query": "token",
    "step": "step",
}
"""Field of `Selection` → name in the address."""
NUMBERS = ("layer", "head", "query")
READ = ("model", "text_a", "text_b")
"""What layer, head and query token belong to."""

LAG_SECONDS = 1.0
"""For so long a browser may send the address from before the last change."""
ADDRESS = address.Part("selection", frozenset(URL_NAMES.values()).__contains__, LAG_SECONDS)
_SHOWN = "_selection_shown"
_ASKED = "_models_asked"


@dataclass(frozen=True)
class Selection:
    """One reader's choices. Layer, head and query token count from zero."""

    language: str
    model: str
    text_a: str
    text_b: str = ""
    """Empty: no second sentence."""
    layer: int = 0
    head: int = 0
    query: int = 0
    step: str = ""
    """Name of a step of the walkthrough; empty: the first."""

    @property
    def pair(self) -> tuple[str, str | None]:
        """Both texts as a model takes them: no second one where there is nothing in it."""
        return self.text_a, self.text_b if self.text_b.strip() else None

    def within(self, layers: int, heads: int, tokens: int) -> Selection:
        """The same choices, moved into the model and the sentence at hand."""
        return replace(
            self,
            layer=min(self.layer, layers - 1),
            head=min(self.head, heads - 1),
            query=min(self.query, tokens - 1),
        )


def default_selection(locale: str | None) -> Selection:
    """What a new visitor sees, by the language of a link or of the browser."""
    language = "zh" if (locale or "").lower().startswith("zh") else "en"
    default = DEFAULTS[language]
    entry, seen = default.example, default.example.seen
    return Selection(
        language,
        default.model,
        entry.text_a,
        entry.text_b,
        layer=seen.layer,
        head=seen.head,
        query=seen.query,
    )


def from_address(params: Mapping[str, str], base: Selection) -> Selection:
    """Read a selection from the address; what is missing or makes no sense stays as in `base`.

    An address that names a text has no second one unless it names that too; one that names
    another text or model begins at the first layer, head and token unless it names those.
    """
    found: dict[str, str | int] = {}
    for choice, name in URL_NAMES.items():
        value = params.get(name)
        if value is None:
            continue
        if choice in NUMBERS:
            if value.isascii() and value.isdecimal() and len(value) <= 6:
                found[choice] = int(value)
        elif value or choice != "model":  # no model has an empty name
            found[choice] = value[: service.current().longest_text]
    if "text_a" in found:
        found.setdefault("text_b", "")
    if found.get("language", base.language) not in LANGUAGES:
        del found["language"]
    if any(found.get(name, getattr(base, name)) != getattr(base, name) for name in READ):
        found = {**dict.fromkeys(NUMBERS, 0), **found}
    return replace(base, **found)  # type: ignore[arg-type]  # each value has its field's type


def to_address(selection: Selection) -> dict[str, str]:
    """The parameters that bring this selection back; empty texts are left out."""
    values = {name: str(getattr(selection, field)) for field, name in URL_NAMES.items()}
    return {name: value for name, value in values.items() if value or name == URL_NAMES["text_a"]}


def current() -> Selection:
    """The selection of this session; of a text as much as is read."""
    found = {field: st.session_state[field] for field in URL_NAMES}
    most = service.current().longest_text
    return Selection(**found | {name: found[name][:most] for name in ("text_a", "text_b")})


def choose(**changes: str | int) -> None:
    """Change choices; for callbacks, which run before the widgets are drawn again.

    Words in place of a number change nothing: that is how a menu reports an option that has gone
    with the text it belonged to, because the reader was quicker than the server.

    Raises:
        KeyError: no such choice.
    """
    for choice, value in changes.items():
        if choice not in URL_NAMES:
            raise KeyError(choice)
        if choice not in NUMBERS or not isinstance(value, str):
            st.session_state[choice] = value


def ask_for_model(name: str) -> None:
    """Remember that the reader, not a link, asked for this model."""
    st.session_state.setdefault(_ASKED, set()).add(name)


def model_was_asked(name: str) -> bool:
    """Whether the reader asked for this model in this session."""
    return name in st.session_state.get(_ASKED, ())


def synchronise(*also: tuple[address.Part, Mapping[str, str]]) -> None:
    """Bring session and address together; once at the start of every run, before any widget.

    The address wins on a first visit, and later when it is news: a link or the back button. It is
    no news when the reader has just chosen something here, or when it is the address from a moment
    ago: a browser sends the address it has with every click, so a reader who is quicker than the
    server sends an old one.

    Args:
        also: Parts of the address that have changed with the selection, each with its parameters.
    """
    if _SHOWN not in st.session_state:
        asked = ADDRESS.news() or {}
        language = asked.get(URL_NAMES["language"], st.context.locale)
        _store(from_address(asked, default_selection(language)))
    else:
        shown: Selection = st.session_state[_SHOWN]
        for name in URL_NAMES:  # a widget that was cut off while it was drawn leaves None behind
            if st.session_state.get(name) is None:
                st.session_state[name] = getattr(shown, name)
        news = ADDRESS.news(touched=current() != shown)
        if news is not None:
            _store(from_address(news, current()))
    st.session_state[_SHOWN] = current()
    address.write((ADDRESS, to_address(current())), *also)


def open_page(file: Path) -> None:
    """Go on to another page with what is chosen now.

    The address as it was at the click would otherwise bring back what was selected then.
    """
    address.open_page(file, (ADDRESS, to_address(current())))


def _store(selection: Selection) -> None:
    for name in URL_NAMES:
        st.session_state[name] = getattr(selection, name)
