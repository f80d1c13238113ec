"""The layer × head overview as one canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from viz_app.components.headers import Words, token_header
from viz_app.components.mount import mount_view
from viz_app.components.packing import pack
from viz_app.view_models.views import OverviewView


def overview_payload(view: OverviewView, *, key: str, words: Words) -> bytes:
    """What the browser needs to draw `view`; also the payload of an exported file."""
    header: dict[str, Any] = {
        "view": key,
        "tokens": token_header(view.tokens),
        "labels": {
            "title": words("attention.overview.title", layers=view.layers, heads=view.heads),
            "keys": words("attention.overview.keys"),
            "tip": words(
                "attention.overview.tip",
                layer="{layer}",
                head="{head}",
                weight="{weight}",
                query="{query}",
                to="{to}",
            ),
        },
    }
    return pack(header, {"pixels": view.pixels})


def overview(
    view: OverviewView,
    *,
    selected: tuple[int, int],
    key: str,
    words: Words,
    on_select: Callable[[], None] | None = None,
) -> tuple[int, int] | None:
    """Draw all layers and heads; return the (layer, head) chosen in this run, else None.

    Args:
        selected: (layer, head) to outline.
        words: Looks up a message: `words(key, **values)`.
        on_select: Called before the rerun; `st.session_state[key].select` then holds
            {"layer", "head"}.
    """
    fired = mount_view(
        "overview",
        overview_payload(view, key=key, words=words),
        key=key,
        values={"layer": selected[0], "head": selected[1]},
        triggers={"select": on_select},
    )["select"]
    return None if fired is None else (int(fired["layer"]), int(fired["head"]))
