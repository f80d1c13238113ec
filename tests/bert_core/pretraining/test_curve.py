"""The picture of a run: well-formed, with every point inside its frame."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from bert_core.pretraining.curve import draw_curve, round_ticks, thin

METRICS: list[dict[str, Any]] = [
    {"step": 0, "tokens": 0, "seconds": 0.0, "heldout": {"mlm_loss": 9.1, "nsp_accuracy": 0.5}},
    *(
        {
            "step": step,
            "tokens": step * 50_000,
            "seconds": step * 9.0,
            "mlm_loss": 9.0 - step / 40,
            "nsp_loss": 0.7,
            "nsp_accuracy": 0.5 + step / 500,
        }
        for step in range(10, 201, 10)
    ),
    {
        "step": 200,
        "tokens": 10_000_000,
        "seconds": 1800.0,
        "heldout": {"mlm_loss": 4.0, "nsp_accuracy": 0.9},
    },
]


def test_picture_holds_both_series_of_both_panels() -> None:
    picture = draw_curve(METRICS, "mini & more")
    root = ElementTree.fromstring(picture)
    _, _, width, height = (float(number) for number in root.attrib["viewBox"].split())
    lines = root.findall(".//{*}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [20, 2, 20, 2]
    for line in lines:
        for x, y in (point.split(",") for point in line.attrib["points"].split()):
            assert 0 <= float(x) <= width and 0 <= float(y) <= height
    text = "".join(root.itertext())
    for label in ("mini & more", "masked-word loss", "next-sentence accuracy", "50%", "million"):
        assert label in text


def test_falling_loss_falls_on_the_page() -> None:
    points = re.findall(r'points="([^"]+)"', draw_curve(METRICS, "run"))[0].split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights)


def test_empty_run_is_told() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_curve(METRICS[:1], "run")


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (4.02, 9.87), (0.5, 0.5), (0.0, 0.013)])
def test_ticks_are_few_round_and_enclose(low: float, high: float) -> None:
    ticks = round_ticks(low, high)
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low and ticks[-1] >= high
    steps = {round(b - a, 9) for a, b in zip(ticks, ticks[1:], strict=False)}
    assert len(steps) == 1


def test_thinned_curve_ends_where_the_run_ended() -> None:
    for points in (3, 20, 500):
        curve = thin(METRICS, points)
        assert 0 < len(curve) <= points
        assert curve[-1]["tokens"] == 10_000_000
        assert set(curve[0]) == {"tokens", "seconds", "mlm_loss", "nsp_loss", "nsp_accuracy"}
