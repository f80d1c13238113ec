"""The heads of one layer as lines between the tokens that look and the tokens looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from viz_app.messages import Say
from viz_app.view_models.views import LinesView
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import Cut, LinesArrays, LinesHeader, LinesLabel, LinesValues, Side
from viz_app.views.tokens import token_header

DENSE = 300_000
"""Weights (heads × tokens²) that are sent in full, 1.2 MB; of more only what can be drawn."""
FILLED = frozenset({"looks", "seen", "hidden", "mean", "count", "count_of", "plot"})
"""Labels with values."""
POINTED = 0.005  # lighter lines are not drawn, not even for the token pointed at
LONGEST_SETTINGS = 400  # characters taken from an address


@dataclass(frozen=True)
class LineSettings:
    """What the reader set in the line view; written into the address as one short text."""

    heads: tuple[int, ...] | None = None
    """Heads shown; None for all."""
    cut: Cut = "weight"
    threshold: float = 0.1
    """With the cut by weight: lines lighter than this are hidden while nothing is pointed at."""
    count: int = 100
    """With the cut by count: only this many of the heaviest lines are drawn."""
    across: bool | None = None
    """Two rows of tokens instead of two columns; None: rows for Chinese, columns otherwise."""
    locked: tuple[Side, int] | None = None
    """The token whose lines stay in front."""
    everything: bool = False
    """Lines of all tokens while nothing is pointed at; otherwise of the query token alone."""

    def to_text(self) -> str:
        """Only what differs from the defaults, such as `h0.3_t0.050_q7`; empty for none."""
        plain = LineSettings()
        parts = []
        if self.heads is not None:
            parts.append("h" + ".".join(map(str, self.heads)))
        if self.cut == "count":
            parts.append(f"n{self.count}")
        elif self.threshold != plain.threshold:
            parts.append(f"t{self.threshold:.3f}")
        if self.across is not None:
            parts.append("x" if self.across else "y")
        if self.locked is not None:
            parts.append(f"{self.locked[0][0]}{self.locked[1]}")
        if self.everything:
            parts.append("a")
        return "_".join(parts)

    @classmethod
    def from_text(cls, text: str) -> LineSettings:
        """Read what `to_text` wrote; a part that makes no sense is left at its default."""
        found: dict[str, Any] = {}
        for part in text[:LONGEST_SETTINGS].split("_"):
            if re.fullmatch(r"h(\d{1,3}(\.\d{1,3})*)?", part, re.ASCII):
                found["heads"] = tuple(int(head) for head in part[1:].split(".") if head)
            elif re.fullmatch(r"n\d{1,5}", part, re.ASCII):
                found |= {"cut": "count", "count": max(1, int(part[1:]))}
            elif re.fullmatch(r"t[01]\.\d{1,3}", part, re.ASCII):
                found["threshold"] = min(1.0, float(part[1:]))
            elif part == "a":
                found["everything"] = True
            elif part in {"x", "y"}:
                found["across"] = part == "x"
            elif re.fullmatch(r"[qk]\d{1,4}", part, re.ASCII):
                found["locked"] = ("query" if part[0] == "q" else "key", int(part[1:]))
        return cls(**found)


def lines_payload(view: LinesView, *, key: str, say: Say) -> bytes:
    """What the browser needs to draw `view`; also the payload of an exported file."""
    labels: dict[LinesLabel, str] = {
        name: say(f"attention.lines.{name}") for name in get_args(LinesLabel) if name not in FILLED
    }
    labels |= {
        "looks": say("attention.lines.looks", token="{token}", pairs="{pairs}"),
        "seen": say("attention.lines.seen", token="{token}", pairs="{pairs}"),
        "hidden": say("attention.lines.hidden", value="{value}"),
        "mean": say("attention.lines.mean", heads="{heads}"),
        "count": say("attention.lines.count", shown="{shown}", total="{total}", weight="{weight}"),
        "count_of": say(
            "attention.lines.count_of",
            token="{token}",
            shown="{shown}",
            total="{total}",
            weight="{weight}",
        ),
        "plot": say("attention.lines.plot", layer=view.layer),
    }
    heads, queries, keys = view.weights.shape
    header: LinesHeader = {
        "view": key,
        "shape": (heads, queries, keys),
        "layer": view.layer,
        "tokens": token_header(view.tokens),
        "labels": labels,
    }
    if view.weights.size <= DENSE:
        arrays: LinesArrays = {"weights": view.weights, "hidden": view.hidden}
        return pack(header, arrays)
    places = np.flatnonzero(view.weights >= POINTED).astype(np.uint32)
    values = view.weights.reshape(-1)[places]
    arrays = {"places": places, "values": values, "hidden": view.hidden}
    return pack(header, arrays)


def lines(
    view: LinesView,
    *,
    selected: int | None,
    settings: LineSettings,
    key: str,
    say: Say,
    on_select: Callable[[], None] | None = None,
    on_settings: Callable[[], None] | None = None,
) -> None:
    """Draw one layer; hovering, locking and switching heads on and off stay in the browser.

    Args:
        selected: Query token to mark, None for none.
        settings: What the reader set before.
        say: Looks up a message: `say(key, **values)`.
        on_select: Called before the rerun; `st.session_state[key].select` holds {"query"}.
        on_settings: The same, with `read_settings(st.session_state[key].settings)`.
    """
    mount_view(
        "lines",
        lines_payload(view, key=key, say=say),
        key=key,
        values=settings_values(settings, selected),
        triggers={"select": on_select, "settings": on_settings},
    )


def settings_values(settings: LineSettings, selected: int | None) -> LinesValues:
    """Settings and the marked query token as the browser reads them; see `mount.signal`."""
    locked = settings.locked
    return {
        "query": selected,
        "heads": None if settings.heads is None else list(settings.heads),
        "cut": settings.cut,
        "threshold": settings.threshold,
        "count": settings.count,
        "across": settings.across,
        "locked": None if locked is None else {"side": locked[0], "index": locked[1]},
        "everything": settings.everything,
    }


def read_settings(sent: LinesValues) -> LineSettings:
    """The settings that the browser sent."""
    locked = sent["locked"]
    return LineSettings(
        heads=None if sent["heads"] is None else tuple(sent["heads"]),
        cut="count" if sent["cut"] == "count" else "weight",
        threshold=float(sent["threshold"]),
        count=int(sent["count"]),
        across=sent["across"],
        locked=None if locked is None else (locked["side"], int(locked["index"])),
        everything=bool(sent["everything"]),
    )
