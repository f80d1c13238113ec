"""Register and mount the interactive views: plain JS and CSS files, no build step.

A view lives in `views/<folder>/<folder>.js` and `.css`. Its source is `common.js`, then any
other `.js` files of its folder by name, then its own file: one ES module, so the same text can be
put into an exported HTML file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st

from viz_app.palette import palette_json


def _read(*parts: str) -> str:
    return files("viz_app.views").joinpath(*parts).read_text(encoding="utf-8")


@cache
def common_js() -> str:
    """What every view's source begins with: palette, payloads, colours, mounting."""
    return f"const PALETTE = {palette_json()};\n{_read('common.js')}"


@cache
def view_js(folder: str) -> str:
    """The JavaScript module of one view; its default export is the Streamlit entry point."""
    own = files("viz_app.views").joinpath(folder)
    names = sorted(file.name for file in own.iterdir() if file.name.endswith(".js"))
    names.sort(key=lambda name: name == f"{folder}.js")  # the one with the export comes last
    return "\n".join([common_js(), *(_read(folder, name) for name in names)])


@cache
def view_css(folder: str) -> str:
    """The style sheet of one view, shared rules first."""
    return _read("common.css") + "\n" + _read(folder, f"{folder}.css")


@cache
def view_component(folder: str) -> Callable[..., Any]:
    """The mounting command of one view, registered once per process."""
    return st.components.v2.component(
        f"headlight_{folder}", css=view_css(folder), js=view_js(folder)
    )


@cache
def _signal_component() -> Callable[..., Any]:
    source = common_js() + "\nexport default ({ data }) => deliver(data.view, data.values);"
    return st.components.v2.component("headlight_signal", js=source)


def signal(view: str, values: Mapping[str, Any]) -> None:
    """Send small values (a selection) to the view mounted with `key=view`, without its arrays.

    A payload that changes is sent again whole, and a small one even if it does not
    (`.streamlit/config.toml` says why). Selections change at every click, arrays seldom, so the
    selection travels on its own and a click on a large view costs a few bytes.
    """
    _signal_component()(key=f"{view}_signal", data={"view": view, "values": dict(values)})


@cache
def _ahead_component() -> Callable[..., Any]:
    source = common_js() + "\nexport default ({ data }) => bringAhead(data);"
    return st.components.v2.component("headlight_ahead", js=source)


def mount_view(
    folder: str,
    payload: bytes,
    *,
    key: str,
    values: Mapping[str, Any],
    triggers: Mapping[str, Callable[[], None] | None],
    ahead: bytes | None = None,
) -> dict[str, Any]:
    """Mount one view and return the triggers fired in this run (None for the others).

    Args:
        payload: From `payload.pack`, its header holding `"view": key`.
        values: What the view should show as selected; see `signal`.
        triggers: Names of one-shot events with their callbacks, each without arguments; a callback
            reads `st.session_state[key].<name>`. By then the text or the model may be others: a
            reader who is quicker than the server clicks on what is on its way out.
        ahead: A payload of what may be asked for next, its header holding `"view": key`. It changes
            less often than the view's own payload.
    """
    with st.container(gap=None):
        result = view_component(folder)(
            key=key,
            data=payload,
            **{f"on_{name}_change": _while_shown(key, call) for name, call in triggers.items()},
        )
        signal(key, values)
        if ahead is not None:
            _ahead_component()(key=f"{key}_ahead", data=ahead)
    return {name: getattr(result, name, None) for name in triggers}


def _while_shown(key: str, call: Callable[[], None] | None) -> Callable[[], None]:
    """A trigger's callback, not called once the view has gone from the page.

    A trigger exists only with a callback; without one the reading is left to the return value.
    """

    def answer() -> None:
        if call is not None and key in st.session_state:
            call()

    return answer
