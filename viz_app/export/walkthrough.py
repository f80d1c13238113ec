"""The whole chain of one token as one HTML file that needs no network and no server."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bert_core.stages import LAYER_PARTS
from viz_app.export.html import Link, Part, html_file
from viz_app.messages import Say
from viz_app.view_models.walkthrough.steps import STEPS

LIMIT = 12_000_000
"""Bytes of a file: about what can be sent by mail. All layers of a BERT-base fit, at a sentence."""
BASE64 = 4 / 3
"""How much longer bytes are as text."""
_IN_LAYER = frozenset(step.sheet for step in STEPS if step.part in LAYER_PARTS)

Payload = Callable[[str, int, Sequence[int]], bytes]
"""The sheet of a step at a layer, for a file that holds these layers."""


def walkthrough_file(
    payload: Payload,
    *,
    step: str,
    layer: int,
    layers: int,
    facts: Mapping[str, str | int],
    without: frozenset[str],
    say: Say,
    language: str,
    limit: int = LIMIT,
) -> str:
    """Every sheet of the chain, with all layers or as many around the chosen one as fit.

    Args:
        payload: Makes a sheet; called for each, and again where not all layers fit.
        step, layer: Where the file opens.
        layers: How many the model has.
        facts: What the note says the file is about: token, head, text.
        without: Parts that the checkpoint lacks.
        limit: Bytes that the sheets may take, the one layer that is opened apart.
    """
    steps = {each.sheet: each.id for each in STEPS if each.part not in without}
    loose = [sheet for sheet in steps if sheet not in _IN_LAYER]
    layered = [sheet for sheet in steps if sheet in _IN_LAYER]

    def sheets(here: Sequence[int]) -> dict[str, bytes]:
        made = {sheet: payload(steps[sheet], layer, here) for sheet in loose}
        for each in here:
            made |= {f"{sheet}-{each}": payload(steps[sheet], each, here) for sheet in layered}
        return made

    here: Sequence[int] = range(layers)
    made = sheets(here)
    sizes = {name: len(gzip.compress(data, 6)) * BASE64 for name, data in made.items()}
    each_layer = [sum(sizes[f"{sheet}-{each}"] for sheet in layered) for each in here]
    fitting = layers_around(layer, each_layer, limit - sum(sizes[sheet] for sheet in loose))
    if fitting != here:
        here = fitting
        made = sheets(here)
    whole = len(here) == layers
    note = say("walkthrough.export_html_note", **facts)
    part = say(
        "walkthrough.export_html_all" if whole else "walkthrough.export_html_part",
        count=layers,
        first=here[0],
        last=here[-1],
    )
    link = Link(
        "export/walkthrough_link.js",
        {"sheets": {each.id: each.sheet for each in STEPS}, "inLayer": sorted(_IN_LAYER)},
    )
    sheet = next(each.sheet for each in STEPS if each.id == step)
    first = f"{sheet}-{layer}" if sheet in _IN_LAYER else sheet
    opened: dict[str, Any] = {"step": step, "asked": None}
    return html_file(
        [Part("walkthrough", made, first, opened)],
        title=say("walkthrough.title"),
        note=f"{note} {part}",
        language=language,
        link=link,
    )


def layers_around(layer: int, sizes: Sequence[float], room: float) -> range:
    """The layers next to `layer` that fit into `room` together, itself always among them."""
    first, last = layer, layer
    room -= sizes[layer]
    while True:
        # the nearer side first, so that the chosen layer stays in the middle
        sides = sorted(
            (abs(side - layer), side) for side in (first - 1, last + 1) if 0 <= side < len(sizes)
        )
        fitting = [side for _, side in sides if sizes[side] <= room]
        if not fitting:
            return range(first, last + 1)
        side = fitting[0]
        room -= sizes[side]
        first, last = min(first, side), max(last, side)
