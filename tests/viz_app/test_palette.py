import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viz_app.palette import (
    BAR,
    BAR_SELECTED,
    COLOURWAY,
    Scale,
    Variant,
    head_colour,
    ink_on,
    legend_ticks,
    rgb,
    scale_colours,
)

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden.json").read_text("utf-8"))

# Machado, Oliveira & Fernandes 2009, severity 1; linear RGB in and out.
VISIONS = {
    "normal": np.eye(3),
    "red-blind": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green-blind": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "blue-blind": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def oklab(rgb_values: np.ndarray) -> np.ndarray:
    """OKLab of linear RGB [colour, 3]. Source: Ottosson 2020."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(rgb_values @ to_cones.T) @ to_lab.T


def linear(colours: list[str]) -> np.ndarray:
    """Linear RGB 0..1, [colour, 3]."""
    srgb = np.array([rgb(colour) for colour in colours]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def brightness(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    return float((linear([colour]) @ np.array([0.2126, 0.7152, 0.0722]))[0])


def distances(colours: list[str], vision: str) -> np.ndarray:
    """How far each two colours lie apart for an eye, [colour, colour]."""
    lab = oklab(np.clip(linear(colours) @ np.array(VISIONS[vision]).T, 0, 1))
    return np.linalg.norm(lab[:, None] - lab[None], axis=-1)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("variant", ["light", "dark"])
def test_twelve_heads_have_twelve_colours_for_every_eye(variant: Variant, vision: str) -> None:
    found = [head_colour(head, variant) for head in range(12)]
    assert len(set(found)) == 12 and head_colour(12, variant) == found[0]
    # 0.02 is about the smallest difference that is noticed; lines cross, so four times that.
    assert (distances(found, vision) + np.eye(12)).min() > 0.08


@pytest.mark.parametrize(("variant", "kind", "index", "colour"), GOLDEN["ramps"])
def test_scales_have_the_colours_of_the_browser(
    variant: Variant, kind: str, index: int, colour: str
) -> None:
    assert scale_colours(float(index), kind, 0, 255, variant).tolist() == list(rgb(colour))


@pytest.mark.parametrize(("variant", "head", "colour"), GOLDEN["heads"])
def test_heads_have_the_colours_of_the_browser(variant: Variant, head: int, colour: str) -> None:
    assert head_colour(head, variant) == colour


@pytest.mark.parametrize(("colour", "ink"), GOLDEN["inks"])
def test_ink_is_chosen_as_in_the_browser(colour: str, ink: str) -> None:
    assert ink_on(rgb(colour)) == ink


@pytest.mark.parametrize("variant", ["light", "dark"])
@pytest.mark.parametrize("kind", ["probability", "signed"])
def test_digits_can_be_read_on_every_colour_of_a_scale(variant: Variant, kind: str) -> None:
    for colour in scale_colours(range(256), kind, 0, 255, variant):
        low, high = sorted(
            brightness(f"#{code}") for code in (bytes(colour).hex(), ink_on(colour)[1:] * 2)
        )
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize(("kind", "scale", "low", "high", "ticks"), GOLDEN["ticks"])
def test_legends_have_the_ticks_of_the_browser(
    kind: str, scale: Scale, low: float, high: float, ticks: list[list[Any]]
) -> None:
    places, texts = zip(*legend_ticks(kind, low, high, scale), strict=True)
    assert places == pytest.approx([place for place, _ in ticks])
    assert list(texts) == [text for _, text in ticks]


def test_values_beyond_a_scale_have_the_colour_of_its_end() -> None:
    beyond = scale_colours([-1.0, 0.0, 1.0, 7.0], "probability", 0, 1)
    np.testing.assert_array_equal(beyond[[0, 3]], beyond[[1, 2]])
    signed = scale_colours([-9.0, -2.0, 2.0, 9.0], "signed", -2, 2)
    np.testing.assert_array_equal(signed[[0, 3]], signed[[1, 2]])


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_probability_scale_only_ever_moves_away_from_the_page(variant: Variant) -> None:
    colours = scale_colours(np.linspace(0, 1, 50), "probability", 0, 1, variant)
    luminance = colours @ np.array([0.2126, 0.7152, 0.0722])
    steps = np.diff(luminance) * (-1 if variant == "light" else 1)
    assert (steps > 0).all()


@pytest.mark.parametrize("background", ["#ffffff", "#0d1117"])
@pytest.mark.parametrize("colour", COLOURWAY)
def test_lines_of_figures_stand_out_from_either_page(colour: str, background: str) -> None:
    # WCAG 2.2, 1.4.11: a contrast of 3 for what is not text
    light, dark = sorted((brightness(colour), brightness(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


@pytest.mark.parametrize("vision", VISIONS)
def test_the_chosen_bar_is_told_apart_by_every_eye(vision: str) -> None:
    assert distances([BAR, BAR_SELECTED], vision)[0, 1] > 0.08
