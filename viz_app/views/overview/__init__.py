"""The layer × head overview as one canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from viz_app.messages import Say
from viz_app.view_models.attention.tile_order import TileOrder
from viz_app.view_models.views import OverviewView
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import OverviewArrays, OverviewHeader, OverviewValues
from viz_app.views.tokens import token_header

Marks = Sequence[Sequence[str]]
"""A sign of one or two characters per layer and head, drawn into the tile's corner; "" for none."""


def overview_payload(
    view: OverviewView,
    *,
    key: str,
    say: Say,
    marks: Marks | None = None,
    order: TileOrder | None = None,
) -> bytes:
    """What the browser needs to draw `view`; also the payload of an exported file."""
    role = "" if order is None else say(f"attention.role.{order.role}")
    header: OverviewHeader = {
        "view": key,
        "tokens": token_header(view.tokens),
        "marks": None if marks is None else [list(row) for row in marks],
        "labels": {
            "title": say("attention.overview.title", layers=view.layers, heads=view.heads),
            "keys": say("attention.overview.keys"),
            "pooled": say("attention.overview.pooled", tokens=len(view.tokens), pixels="{pixels}"),
            "order": "" if order is None else say("attention.overview.ordered", role=role),
            "score": say(
                "attention.overview.score",
                role=role,
                score="{score}",
                rank="{rank}",
                total="{total}",
            ),
            "tip": say(
                "attention.overview.tip",
                layer="{layer}",
                head="{head}",
                weight="{weight}",
                query="{query}",
                to="{to}",
            ),
        },
    }
    arrays: OverviewArrays = {
        "pixels": view.pixels,
        "peaks": view.peaks,
        "peak_weights": view.peak_weights,
    }
    if order is not None:
        arrays["order"] = order.tiles
        arrays["scores"] = order.scores
    return pack(header, arrays)


def overview(
    view: OverviewView,
    *,
    selected: tuple[int, int],
    key: str,
    say: Say,
    marks: Marks | None = None,
    order: TileOrder | None = None,
    on_select: Callable[[], None] | None = None,
) -> tuple[int, int] | None:
    """Draw all layers and heads; return the (layer, head) chosen in this run, else None.

    Args:
        selected: (layer, head) to outline.
        say: Looks up a message: `say(key, **values)`.
        marks: Signs for the tiles, such as the role a head plays.
        order: Of the tiles; None for a row per layer and a column per head.
        on_select: Called before the rerun; `st.session_state[key].select` then holds
            {"layer", "head"}.
    """
    fired = mount_view(
        "overview",
        overview_payload(view, key=key, say=say, marks=marks, order=order),
        key=key,
        values=OverviewValues(layer=selected[0], head=selected[1]),
        triggers={"select": on_select},
    )["select"]
    return None if fired is None else (int(fired["layer"]), int(fired["head"]))
