import re

import numpy as np
import pytest

from tests.viz_app.toy import toy_bert
from viz_app.components.lines import LineSettings, lines_payload, read_settings
from viz_app.components.mount import view_js
from viz_app.components.packing import unpack
from viz_app.messages import words
from viz_app.view_models.matrix import layer_lines
from viz_app.view_models.views import LinesView


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (LineSettings(), ""),
        (LineSettings(heads=(0, 3), threshold=0.25, locked=("query", 7)), "h0.3_t0.250_q7"),
        (LineSettings(heads=(), across=True), "h_x"),
        (LineSettings(cut="count", count=40, across=False, locked=("key", 0)), "n40_y_k0"),
    ],
)
def test_settings_survive_the_address(settings: LineSettings, text: str) -> None:
    assert settings.to_text() == text
    assert LineSettings.from_text(text) == settings


@pytest.mark.parametrize("text", ["hx", "t", "t9", "q", "n-3", "<script>", "h1..2", "٣", "q99999"])
def test_nonsense_in_the_address_changes_nothing(text: str) -> None:
    assert LineSettings.from_text(text) == LineSettings()


def test_settings_come_back_from_the_browser() -> None:
    sent = {
        "heads": [1, 2],
        "cut": "count",
        "threshold": 0.1,
        "count": 30,
        "across": None,
        "locked": {"side": "key", "index": 4},
    }
    expected = LineSettings(heads=(1, 2), cut="count", count=30, locked=("key", 4))
    assert read_settings(sent) == expected


def test_lines_are_the_layers_own_weights() -> None:
    trace = toy_bert().trace("the cat saw a dog")
    header, arrays = unpack(lines_payload(layer_lines(trace, 2), key="k", words=words("zh")))
    np.testing.assert_array_equal(arrays["weights"], trace.layer(2).attention_probs.numpy())
    assert not arrays["hidden"].any()
    assert header["layer"] == 2
    assert header["labels"]["looks"] == "“{token}”关注：{pairs}"


def test_lines_fit_their_tokens() -> None:
    tokens = layer_lines(toy_bert().trace("the"), 0).tokens
    with pytest.raises(ValueError, match="weights must be"):
        LinesView(np.zeros((2, 4, 4), np.float32), np.zeros((2, 4), np.float32), tokens, 0)
    with pytest.raises(ValueError, match="hidden must be"):
        LinesView(np.zeros((2, 3, 3), np.float32), np.zeros((1, 3), np.float32), tokens, 0)


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
def test_twelve_heads_have_twelve_colours_for_every_eye(variant: str, vision: str) -> None:
    heads = view_js("lines").split("const HEADS")[1]
    found = re.findall(r"#([0-9a-f]{6})", heads.split(f"{variant}: [")[1].split("]")[0])
    assert len(set(found)) == 12
    srgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in found])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = oklab(np.clip(linear @ np.array(VISIONS[vision]).T, 0, 1))
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1) + np.eye(12)
    # 0.02 is about the smallest difference that is noticed; lines cross, so four times that.
    assert distance.min() > 0.08
