"""Register and mount the interactive views: plain JS and CSS files, no build step.

A view lives in `views/<folder>/<folder>.js` and `.css`; the module's export `mount` is what
Streamlit calls. Streamlit itself is loaded when the first view is mounted: exported files and
notebooks take sources and payloads from here and do without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from viz_app.palette import tokens_css
from viz_app.views.modules import bundle
from viz_app.views.payload import pack


def view_module(folder: str) -> str:
    """The path of a view's main module, below viz_app."""
    return f"views/{folder}/{folder}.js"


@cache
def view_css(folder: str) -> str:
    """The style sheet of one view: colours and sizes, shared rules, its own."""
    views = files("viz_app.views")
    sheets = (("shared", "shared.css"), (folder, f"{folder}.css"))
    rules = (views.joinpath(*path).read_text(encoding="utf-8") for path in sheets)
    return "\n".join((tokens_css(".headlight"), *rules))


def component_js(module: str) -> str:
    """The script that Streamlit loads for a module below viz_app that exports `mount`."""
    return f'{bundle(module)}\nexport default modules["{module}"].mount;\n'


@cache
def component(path: str) -> Callable[..., Any]:
    """The mounting command of a module in views/, registered once per process.

    A view's own module brings its style sheet along.
    """
    import streamlit as st

    folder, _, name = path.partition("/")
    is_view = name == f"{folder}.js"
    return st.components.v2.component(
        f"headlight_{name.removesuffix('.js')}",
        css=view_css(folder) if is_view else None,
        js=component_js(f"views/{path}"),
    )


def signal(view: str, values: Mapping[str, Any]) -> None:
    """Send small values (a selection) to the view mounted with `key=view`, without its arrays.

    A payload that changes is sent again whole, and a small one even if it does not
    (`.streamlit/config.toml` says why). Selections change at every click, arrays seldom, so the
    selection travels on its own and a click on a large view costs a few bytes.
    """
    component("shared/signal.js")(key=f"{view}_signal", data={"view": view, "values": dict(values)})


def shell(language: str, *, chip: str, model: str, texts: Mapping[str, str]) -> None:
    """What the frame of the app needs of the browser (`shell/shell.js`).

    It draws the line that stands for the sentence bar where that is folded.

    Args:
        chip: The reader's texts.
        texts: `change`, `leave`, `next` and `previous`: what one can do there.
    """
    component("shell/shell.js")(
        key="shell",
        data={"language": language, "chip": chip, "model": model, "texts": dict(texts)},
    )


@cache
def page_css() -> str:
    """The style sheet of the app's own page, around Streamlit's elements."""
    rules = files("viz_app.views").joinpath("shell", "page.css").read_text(encoding="utf-8")
    return f"{tokens_css(':root')}\n{rules}"


def prefetch(
    payloads: Sequence[bytes], *, view: str, on_wanted: Callable[[], None] | None = None
) -> None:
    """Hand the view mounted with `key=view` what its reader may ask for next.

    It travels through a component that draws nothing; `shared/prefetch.js` has the whole protocol.

    Args:
        payloads: Of the kind that the view itself is shown; none where nothing has been asked for.
        on_wanted: Called before the rerun when the view lacks something;
            `st.session_state[f"{view}_prefetch"].wanted` then lists what, in the view's own terms.
            None where everything that can be asked for is sent anyway.
    """
    parts = {str(index): np.frombuffer(each, np.uint8) for index, each in enumerate(payloads)}
    heard = {} if on_wanted is None else {"on_wanted_change": on_wanted}
    component("shared/prefetch.js")(
        key=f"{view}_prefetch", data=pack({"view": view}, parts), **heard
    )


def mount_view(
    folder: str,
    payload: bytes,
    *,
    key: str,
    values: Mapping[str, Any],
    triggers: Mapping[str, Callable[[], None] | None],
    prefetched: Sequence[bytes] = (),
) -> dict[str, Any]:
    """Mount one view and return the triggers fired in this run (None for the others).

    Args:
        payload: From `payload.pack`, its header holding `"view": key`.
        values: What the view should show as selected; see `signal`.
        triggers: Names of one-shot events with their callbacks, each without arguments; a callback
            reads `st.session_state[key].<name>`. By then the text or the model may be others: a
            reader who is quicker than the server clicks on what is on its way out.
        prefetched: What the view may be asked for next; see `prefetch`.
    """
    import streamlit as st

    with st.container(gap=None):
        result = component(f"{folder}/{folder}.js")(
            key=key,
            data=payload,
            **{f"on_{name}_change": _while_shown(key, call) for name, call in triggers.items()},
        )
        signal(key, values)
        if prefetched:
            prefetch(prefetched, view=key)
    return {name: getattr(result, name, None) for name in triggers}


def _while_shown(key: str, call: Callable[[], None] | None) -> Callable[[], None]:
    """A trigger's callback, not called once the view has gone from the page.

    A trigger exists only with a callback; without one the reading is left to the return value.
    """
    import streamlit as st

    def answer() -> None:
        if call is not None and key in st.session_state:
            call()

    return answer
