"""The whole model for one sentence as one picture whose parts lead to their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from viz_app.messages import Say
from viz_app.view_models.architecture_view import ArchitectureView
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import (
    ArchitectureArrays,
    ArchitectureHeader,
    ArchitectureLabels,
    ArchitectureValues,
    BoardColumn,
    BoardStrip,
)
from viz_app.views.tokens import token_header

TOUR_STEPS = 5


def architecture_payload(
    view: ArchitectureView, *, key: str, say: Say, pages: Mapping[str, str]
) -> bytes:
    """What the browser needs to draw `view`.

    Args:
        pages: Part of the picture → title of the page that a click on it opens.
    """
    header: ArchitectureHeader = {
        "view": key,
        "tokens": token_header(view.tokens),
        "masked": view.masked,
        # six decimals: more than the picture can show
        "guesses": [
            [(guess.text, round(guess.probability, 6)) for guess in guesses]
            for guesses in view.guesses
        ],
        "is_next": view.is_next,
        "pages": dict(pages),
        "labels": _labels(view, say),
    }
    arrays: ArchitectureArrays = {
        "vectors": view.vectors,
        "lengths": view.lengths,
        "limits": view.limits,
        "attention": view.attention,
        "best_keys": view.best_keys,
        "best_weights": view.best_weights,
    }
    return pack(header, arrays)


def architecture_board(
    view: ArchitectureView,
    *,
    selected: tuple[int, int, int],
    key: str,
    say: Say,
    pages: Mapping[str, str],
    on_open: Callable[[], None] | None = None,
) -> dict[str, Any] | None:
    """Draw the picture; return the part clicked in this run, else None.

    Args:
        selected: Layer, head and query token to mark.
        pages: Part (`token`, `embedding`, `head`, `hidden`, `mask`, `next`) → title of its page; a
            part that is left out does not invite a click.
        on_open: Called before the rerun; `st.session_state[key].open` then holds {"part"} and,
            where the part has them, "layer", "head" and "token".
    """
    layer, head, query = selected
    fired = mount_view(
        "architecture",
        architecture_payload(view, key=key, say=say, pages=pages),
        key=key,
        values=ArchitectureValues(layer=layer, head=head, query=query),
        triggers={"open": on_open},
    )["open"]
    return None if fired is None else dict(fired)


def _labels(view: ArchitectureView, say: Say) -> ArchitectureLabels:
    own = {"tokens": len(view.tokens), "layers": view.layers, "heads": view.heads}
    return {
        "heading": say("start.heading"),
        "board": say("start.board", **own),
        "more": say("start.more", rows="{rows}", tokens="{tokens}"),
        "tokens": say("start.tokens.keys"),
        "heads": say("start.heads.keys"),
        "output": say("start.output.keys"),
        "panels": {
            "input": say("start.panel.input"),
            "encoder": say("start.panel.encoder", **own),
            "output": say("start.panel.output"),
        },
        "columns": {
            **{
                part: say(f"start.column.{part}")
                for part in get_args(BoardColumn)
                if part != "layer"
            },
            "layer": say("start.column.layer", layer="{layer}"),
        },
        "strips": {
            **{
                part: say(f"start.strip.{part}")
                for part in get_args(BoardStrip)
                if part != "output"
            },
            "output": say("start.strip.output", layer="{layer}"),
        },
        "notes": {
            "input": say("start.note.input", size=view.hidden_size, shown="{shown}"),
            "encoder": say("start.note.encoder"),
            "output": _output_note(view, say),
        },
        "legends": {name: say(f"start.legend.{name}") for name in ("parts", "hidden", "attention")},
        "is_next": say("start.output.is_next"),
        "no_pair": say("start.output.no_nsp" if "nsp" in view.missing else "start.output.no_pair"),
        "go": say("start.tip.go", page="{page}"),
        "tip_token": say(
            "start.tip.token", token="{token}", position="{position}", segment="{segment}"
        ),
        "tip_strip": say(
            "start.tip.strip",
            token="{token}",
            strip="{strip}",
            dimension="{dimension}",
            value="{value}",
            length="{length}",
        ),
        "tip_head": say(
            "start.tip.head",
            layer="{layer}",
            head="{head}",
            query="{query}",
            to="{to}",
            weight="{weight}",
        ),
        "tip_guess": say("start.tip.guess", token="{token}"),
        "tip_next": say("start.tip.next"),
        "tour": {
            "offer": say("start.tour.offer"),
            "start": say("start.tour.start"),
            "no": say("start.tour.no"),
            "next": say("start.tour.next"),
            "back": say("start.tour.back"),
            "done": say("start.tour.done"),
            "again": say("start.tour.again"),
            "steps": [say(f"start.tour.step{step}") for step in range(TOUR_STEPS)],
        },
    }


def _output_note(view: ArchitectureView, say: Say) -> str:
    if "mlm" in view.missing:
        return say("start.note.no_mlm")
    return say("start.note.masks" if any(view.masked) else "start.note.no_masks")
