"""All colours and sizes (palette.json): of the pages, the views, pictures and plotly figures.

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

from viz_app.number_text import decimal_text

Variant = Literal["light", "dark"]
Scale = Literal["linear", "log"]
LOG_FLOOR = 1e-3
"""A logarithmic scale starts here and ends at 1; smaller weights look like this one."""


@cache
def palette_json() -> str:
    """The file as it stands, for the browser side."""
    return files(__name__).joinpath("palette.json").read_text(encoding="utf-8").strip()


@cache
def palette(variant: Variant | Literal["both"]) -> dict[str, Any]:
    """Names → colours as #rrggbb, or lists of them; "both" has those that no theme changes."""
    return json.loads(palette_json())[variant]


@cache
def pixels(size: str) -> float:
    """A size of the type scale in CSS pixels, for pictures; pages have it in rem."""
    return json.loads(palette_json())["sizes"][size] * 16


@cache
def tokens_css(selector: str) -> str:
    """A rule that gives `selector` the colours, sizes and spaces as properties named `--hl-…`.

    Colours that Streamlit's theme has as well are taken from there where the page has one. No text
    is smaller than `--hl-least`, which the projector's view sets.
    """
    light, dark = palette("light"), palette("dark")
    values = {
        name: f"light-dark({light[name]}, {dark[name]})"
        for name in light
        if isinstance(light[name], str)
    }
    values |= {name: f"var(--st-{its}, {values[name]})" for name, its in _STREAMLIT.items()}
    values |= {name: colour for name, colour in palette("both").items() if isinstance(colour, str)}
    scales = json.loads(palette_json())
    values |= {
        f"size-{name}": f"max({rem}rem, var(--hl-least, 0px))"
        for name, rem in scales["sizes"].items()
    }
    values |= {f"space-{name}": f"{rem}rem" for name, rem in scales["spaces"].items()}
    rules = " ".join(f"--hl-{name.replace('_', '-')}: {value};" for name, value in values.items())
    return f"{selector} {{ {rules} }}"


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue 0..255 of #rrggbb."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def _rgba(colour: str, alpha: float) -> str:
    return f"rgba({', '.join(map(str, rgb(colour)))}, {alpha:g})"


_STREAMLIT = {
    "background": "background-color",
    "panel": "secondary-background-color",
    "border": "border-color",
    "text": "text-color",
    "accent": "primary-color",
    "problem": "red-text-color",
}
"""Our names → those of Streamlit's theme."""

# Of plotly figures, which do not know the theme of the page: a contrast of 3 to either background.
_BOTH = palette("both")
BAR: str = _BOTH["bar"]
BAR_SELECTED: str = _BOTH["chosen"]
"""Apart from BAR with any colour vision."""
THIRD: str = _BOTH["third"]
COLOURWAY = (BAR, BAR_SELECTED, THIRD, *_BOTH["further"])
"""Of the lines of one figure."""
TOTAL: str = _BOTH["total"]
QUIET = _rgba(TOTAL, 0.35)
CLEAR = "rgba(0,0,0,0)"
# Maps start clear, which is the page's own background in either theme, so that nothing glares.
RISING = ((0.0, _rgba(_BOTH["rising"], 0)), (1.0, _rgba(_BOTH["rising"], 1)))
SIGNED = (
    (0.0, _rgba(_BOTH["falling"], 1)),
    (0.4999, _rgba(_BOTH["falling"], 0)),
    (0.5001, _rgba(_BOTH["signed"], 0)),
    (1.0, _rgba(_BOTH["signed"], 1)),
)
CELL_INK = {"light": palette("light")["text"], "dark": _BOTH["ink_light"]}
"""By the page's theme: legible on the page and on the full colour of RISING."""
FRAME = ((_BOTH["edge"], 5), (_BOTH["ink_light"], 2))
"""Colours and widths of a frame on a map: white inside black stands out from all of them."""
IN_ORDER = ((0.0, _BOTH["rising"]), (0.5, _BOTH["between"]), (1.0, _BOTH["signed"]))
"""From the first to the last of many points: dark enough for a white page, and light enough for a
black one."""


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


def legend_ticks(
    kind: str, low: float, high: float, scale: Scale = "linear"
) -> list[tuple[float, str]]:
    """Places 0..1 on the bar of colours, and the numbers there."""
    if scale == "log":
        marks = ((LOG_FLOOR, f"≤ {LOG_FLOOR:g}"), (0.01, "0.01"), (0.1, "0.1"), (1.0, "1"))
        return [(float(scale_share(value, 0, 1, "log")), text) for value, text in marks]
    if kind == "signed":
        return [(0, decimal_text(low, 2)), (0.5, "0"), (1, decimal_text(high, 2))]
    if (low, high) == (0, 1):
        return [(share, f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1)]
    numbers = [(share, low + share * (high - low)) for share in (0, 0.5, 1)]
    return [(share, decimal_text(number, 2) if number else "0") for share, number in numbers]


def ink_on(colour: ArrayLike) -> str:
    """Black or white, whichever stands out more from a colour [3] of 0..255.

    It is at least 4.5 to 1 on any, which no grey could promise. Source: WCAG 2.2.
    """
    share = np.asarray(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return _BOTH["ink_dark" if luminance > 0.179 else "ink_light"]


def _ramp(share: NDArray[np.float64], start: str, stops: list[str]) -> NDArray[np.float64]:
    points = np.array([rgb(colour) for colour in (start, *stops)], dtype=np.float64)
    places = np.linspace(0, 1, len(points))
    return np.stack([np.interp(share, places, points[:, channel]) for channel in range(3)], axis=-1)
