"""The colours of the attention views, shared by the browser side and by exported pictures.

Blue for probabilities; blue and orange-red for signs, told apart with any colour vision. Each scale
starts at the page's own background, so that nothing glares in the dark. The twelve head colours
were found by search: the closest two stay apart (distance in OKLab, with normal, red-, green- and
blue-blind vision), and each stands out from the page.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Variant = Literal["light", "dark"]
Scale = Literal["linear", "log"]
LOG_FLOOR = 1e-3
"""A logarithmic scale starts here and ends at 1; smaller weights look like this one."""


@cache
def palette_json() -> str:
    """The file as it stands, for the browser side."""
    return files(__name__).joinpath("palette.json").read_text(encoding="utf-8").strip()


@cache
def palette(variant: Variant) -> dict[str, Any]:
    """Names → colours as #rrggbb, or lists of them."""
    return json.loads(palette_json())[variant]


def head_colour(head: int, variant: Variant = "light") -> str:
    """The colour of a head; from the thirteenth head on they come round again."""
    colours = palette(variant)["heads"]
    return colours[head % len(colours)]


def scale_share(
    values: ArrayLike, low: float, high: float, scale: Scale = "linear"
) -> NDArray[np.float64]:
    """Place of values on a colour scale: 0 at its start, 1 at its end, beyond both outside."""
    exact = np.asarray(values, dtype=np.float64)
    if scale == "log":
        return 1 - np.log(np.maximum(exact, LOG_FLOOR)) / np.log(LOG_FLOOR)
    return (exact - low) / (high - low)


def scale_colours(
    values: ArrayLike,
    kind: str,
    low: float,
    high: float,
    variant: Variant = "light",
    scale: Scale = "linear",
) -> NDArray[np.uint8]:
    """Colours [..., 3] of values on a "probability" or "signed" scale from `low` to `high`."""
    share = scale_share(values, low, high, scale)
    colours = palette(variant)
    if kind == "signed":
        signed = np.clip(share * 2 - 1, -1, 1)
        positive = _ramp(np.abs(signed), colours["background"], colours["positive"])
        negative = _ramp(np.abs(signed), colours["background"], colours["negative"])
        mixed = np.where((signed < 0)[..., None], negative, positive)
    else:
        mixed = _ramp(np.clip(share, 0, 1), colours["background"], colours["probability"])
    return np.rint(mixed).astype(np.uint8)


def _ramp(share: NDArray[np.float64], start: str, stops: list[str]) -> NDArray[np.float64]:
    points = np.array([rgb(colour) for colour in (start, *stops)], dtype=np.float64)
    places = np.linspace(0, 1, len(points))
    return np.stack([np.interp(share, places, points[:, channel]) for channel in range(3)], axis=-1)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue 0..255 of #rrggbb."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue
