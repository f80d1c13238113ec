"""Charts of the laboratories: each point where its numbers put it."""

import numpy as np
import pytest

from bert_core.studies.next_sentence import CalibrationBin
from viz_app.figures.labs import (
    aligned_bars,
    calibration_plot,
    rank_curves,
    stage_curves,
    word_map,
)
from viz_app.messages import say_in

SAY = say_in("en")


def test_calibration_is_what_followed_over_what_was_predicted() -> None:
    bins = [CalibrationBin(4, 0.25, 0.125), CalibrationBin(16, 0.875, 1.0)]
    perfect, found = calibration_plot(bins, SAY).data
    assert list(perfect.x) == list(perfect.y) == [0, 1]
    assert list(found.x) == [0.25, 0.875]
    assert list(found.y) == [0.125, 1.0]
    assert list(found.text) == ["4", "16"]
    # the area of a point grows with its bin
    small, large = found.marker.size
    assert (small, large) == (8 + 11, 8 + 22)


def test_rank_one_is_on_top_and_every_rank_fits() -> None:
    figure = rank_curves({"a<b": [900, 30, 1], "c": [2, 2, 5000]}, ["E", "L0", "L1"], SAY)
    first, second = figure.data
    assert (list(first.x), list(first.y)) == (["E", "L0", "L1"], [900, 30, 1])
    assert list(second.y) == [2, 2, 5000]
    assert first.name == "a&lt;b"
    bottom, top = figure.layout.yaxis.range
    assert top < np.log10(1) and bottom > np.log10(5000)
    assert list(figure.layout.yaxis.tickvals) == [1, 10, 100, 1000, 10000]


def test_measures_stand_side_by_side_row_by_row() -> None:
    figure = aligned_bars(["cat", "<b>"], {"lost": [0.5, -0.25], "weight": [0.1, 0.9]})
    lost, weight = figure.data
    assert (list(lost.x), list(weight.x)) == ([0.5, -0.25], [0.1, 0.9])
    assert (lost.xaxis, weight.xaxis) == ("x", "x2")
    assert len(set(lost.marker.color)) == 2 and len(set(weight.marker.color)) == 1
    assert list(figure.layout.yaxis.ticktext) == ["cat", "&lt;b&gt;"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_uses_are_numbered_as_in_the_list_and_grouped_by_sense() -> None:
    points = np.array([[0, 1], [2, 3], [4, 5]], np.float32)
    figure = word_map(points, (0.75, 0.125), ["bank", "river", "bank"], ["x", "<y>", "z"], SAY)
    money, river = figure.data
    assert (money.name, list(money.x), list(money.y)) == ("bank", [0, 4], [1, 5])
    assert list(money.text) == ["1", "3"] and list(river.text) == ["2"]
    assert list(river.customdata) == ["&lt;y&gt;"]
    assert money.marker.symbol != river.marker.symbol
    assert (
        "75\u00a0%" in figure.layout.xaxis.title.text
        and "12\u00a0%" in figure.layout.yaxis.title.text
    )


def test_where_all_uses_fall_on_one_point_it_has_all_numbers() -> None:
    figure = word_map(np.zeros((3, 2), np.float32), (0.0, 0.0), ["a", "b", "a"], ["x"] * 3, SAY)
    written = [list(curve.text) for curve in figure.data if "text" in curve.mode]
    assert written == [["1 2 3", ""]]


@pytest.mark.parametrize(("lowest", "start"), [(0.25, 0.0), (-0.5, -0.5)])
def test_a_cosine_below_zero_is_on_the_scale(lowest: float, start: float) -> None:
    figure = stage_curves({"same": [1.0, lowest], "other": []}, ["E", "L0"], SAY)
    [curve] = figure.data
    assert (curve.name, list(curve.y)) == ("same", [1.0, lowest])
    assert figure.layout.yaxis.range[0] == start
