"""One matrix with token labels and digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from viz_app.components.headers import Words, token_header
from viz_app.components.mount import mount_view
from viz_app.components.packing import pack
from viz_app.view_models.views import MatrixView

Scale = Literal["linear", "log"]


def heatmap_payload(view: MatrixView, *, key: str, words: Words, scale: Scale = "linear") -> bytes:
    """What the browser needs to draw `view`; also the payload of an exported file.

    Raises:
        ValueError: a logarithmic scale for signed values.
    """
    if scale == "log" and view.kind == "signed":
        raise ValueError("a logarithmic scale needs probabilities; these values have signs")
    header: dict[str, Any] = {
        "view": key,
        "kind": view.kind,
        "scale": scale,
        "low": view.low,
        "high": view.high,
        "rows": token_header(view.rows),
        "columns": token_header(view.columns),
        "labels": {
            "rows": words(view.axes[0]),
            "columns": words(view.axes[1]),
            "keys": words("attention.heatmap.keys"),
            "tip": words("attention.heatmap.tip", query="{query}", to="{to}", value="{value}"),
            "masked": words("attention.heatmap.masked", query="{query}", to="{to}"),
            "legend": words(
                "attention.legend.probability"
                if view.kind == "probability"
                else "attention.legend.signed"
            ),
        },
    }
    arrays = {"values": view.values}
    if view.masked is not None:
        arrays["masked"] = view.masked.astype(np.uint8)
    return pack(header, arrays)


def heatmap(
    view: MatrixView,
    *,
    selected: int | None,
    key: str,
    words: Words,
    scale: Scale = "linear",
    on_select: Callable[[], None] | None = None,
) -> int | None:
    """Draw one matrix; return the row chosen in this run, else None.

    Args:
        selected: Row to outline, None for none.
        words: Looks up a message: `words(key, **values)`.
        scale: Colours grow with the value, or with its logarithm from 0.001 on.
        on_select: Called before the rerun; `st.session_state[key].select` then holds {"query"}.
    """
    fired = mount_view(
        "heatmap",
        heatmap_payload(view, key=key, words=words, scale=scale),
        key=key,
        values={"query": selected},
        triggers={"select": on_select},
    )["select"]
    return None if fired is None else int(fired["query"])
