import numpy as np
import pytest

from viz_app.palette import Variant, head_colour, palette, rgb, scale_colours
from viz_app.views.modules import bundle

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


def oklab(linear: np.ndarray) -> np.ndarray:
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
    return np.cbrt(linear @ to_cones.T) @ to_lab.T


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("variant", ["light", "dark"])
def test_twelve_heads_have_twelve_colours_for_every_eye(variant: Variant, vision: str) -> None:
    found = [head_colour(head, variant) for head in range(12)]
    assert len(set(found)) == 12 and head_colour(12, variant) == found[0]
    srgb = np.array([rgb(colour) for colour in found]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = oklab(np.clip(linear @ np.array(VISIONS[vision]).T, 0, 1))
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1) + np.eye(12)
    # 0.02 is about the smallest difference that is noticed; lines cross, so four times that.
    assert distance.min() > 0.08


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_scales_start_at_the_page_and_end_at_their_last_colour(variant: Variant) -> None:
    colours = palette(variant)
    blue = scale_colours([0.0, 1.0, 7.0], "probability", 0, 1, variant).tolist()
    assert blue[0] == list(rgb(colours["background"]))
    assert blue[1] == blue[2] == list(rgb(colours["probability"][-1]))
    signed = scale_colours([-2.0, 0.0, 2.0], "signed", -2, 2, variant).tolist()
    assert signed[1] == list(rgb(colours["background"]))
    assert signed[0] == list(rgb(colours["negative"][-1]))
    assert signed[2] == list(rgb(colours["positive"][-1]))


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_probability_scale_only_ever_moves_away_from_the_page(variant: Variant) -> None:
    colours = scale_colours(np.linspace(0, 1, 50), "probability", 0, 1, variant)
    luminance = colours @ np.array([0.2126, 0.7152, 0.0722])
    steps = np.diff(luminance) * (-1 if variant == "light" else 1)
    assert (steps > 0).all()


def test_the_browser_has_the_same_colours() -> None:
    source = bundle("views/lines/lines.js")
    for variant in ("light", "dark"):
        assert all(head_colour(head, variant) in source for head in range(12))
