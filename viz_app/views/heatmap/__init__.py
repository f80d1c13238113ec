"""One matrix with token labels and digits."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from viz_app.messages import Say
from viz_app.messages.terms import pieces
from viz_app.palette import LOG_FLOOR, Scale
from viz_app.view_models.views import MatrixView
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import (
    HeadsArrays,
    HeadsHeader,
    HeatmapArrays,
    HeatmapHeader,
    HeatmapPlace,
    HeatmapValues,
)
from viz_app.views.tokens import token_header


@dataclass(frozen=True)
class Heads:
    """The weights of every head, of which a view shows one.

    They go to the browser beside the view, so that another head is drawn without asking Python.
    """

    weights: NDArray[np.float32]
    """[layers heads rows columns]; empty for none."""
    layer: int
    head: int
    """The head shown."""

    @cached_property
    def name(self) -> int:
        """Tells these weights from those of another text or model."""
        return zlib.crc32(self.weights.tobytes())


def heatmap_payload(
    view: MatrixView,
    *,
    key: str,
    say: Say,
    scale: Scale = "linear",
    cells: bool = False,
    heads: Heads | None = None,
) -> bytes:
    """What the browser needs to draw `view`; also the payload of an exported file.

    Raises:
        ValueError: a logarithmic scale for signed values.
    """
    if scale == "log" and view.kind == "signed":
        raise ValueError("a logarithmic scale needs probabilities; these values have signs")
    names: dict[HeatmapPlace, str] = {
        "rows": say(view.axes[0]),
        "columns": say(view.axes[1]),
        "legend": say(view.legend),
    }
    header: HeatmapHeader = {
        "view": key,
        "terms": {name: pieces(text) for name, text in names.items()},
        "kind": view.kind,
        "scale": scale,
        "floor": LOG_FLOOR,
        "cells": cells,
        "low": view.low,
        "high": view.high,
        "rows": token_header(view.rows),
        "columns": token_header(view.columns),
        "labels": {
            "rows": names["rows"],
            "columns": names["columns"],
            "more": say(
                "attention.heatmap.more",
                rows="{rows}",
                all_rows=len(view.rows),
                columns="{columns}",
                all_columns=len(view.columns),
            ),
            "legend": names["legend"],
            "keys": say("attention.heatmap.cell_keys" if cells else "attention.heatmap.keys"),
            "tip": say(
                "attention.heatmap.cell_tip" if cells else "attention.heatmap.tip",
                query="{query}",
                to="{to}",
                value="{value}",
            ),
            "masked": say("attention.heatmap.masked", query="{query}", to="{to}"),
            "hidden": say("attention.heatmap.hidden"),
            "hidden_tip": say("attention.heatmap.hidden_tip", query="{query}", value="{value}"),
        },
    }
    if heads is not None and heads.weights.size:
        header["heads"] = {"name": heads.name, "layer": heads.layer, "head": heads.head}
    arrays: HeatmapArrays = {"values": view.values}
    if view.masked is not None:
        arrays["masked"] = view.masked.astype(np.uint8)
    if view.hidden is not None:
        arrays["hidden"] = view.hidden
    return pack(header, arrays)


def heatmap(
    view: MatrixView,
    *,
    selected: int | tuple[int, int] | None,
    key: str,
    say: Say,
    scale: Scale = "linear",
    heads: Heads | None = None,
    on_select: Callable[[], None] | None = None,
) -> int | None:
    """Draw one matrix; return the row chosen in this run, else None.

    Args:
        selected: Index of the row to outline, None for none. With a pair (row, column) single cells
            are chosen instead of rows.
        say: Looks up a message: `say(key, **values)`.
        scale: Colours grow with the value, or with its logarithm from 0.001 on.
        heads: All heads' weights where `view` is one of them as it is; always or never for a key.
        on_select: Called before the rerun; `st.session_state[key].select` then holds
            {"query", "key"}: the row, and the column or None where a label was clicked.
    """
    cells = isinstance(selected, tuple)
    row, column = selected if isinstance(selected, tuple) else (selected, None)
    values: HeatmapValues = {"query": row, "key": column}
    fired = mount_view(
        "heatmap",
        heatmap_payload(view, key=key, say=say, scale=scale, cells=cells, heads=heads),
        key=key,
        values=values,
        triggers={"select": on_select},
        prefetched=[] if heads is None else [_heads_payload(heads)],
    )["select"]
    return None if fired is None else int(fired["query"])


def _heads_payload(heads: Heads) -> bytes:
    header: HeadsHeader = {"name": heads.name}
    arrays: HeadsArrays = {"heads": heads.weights}
    return pack(header, arrays)
