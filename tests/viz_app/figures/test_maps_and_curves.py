"""Figures of the positions page: numbers unchanged, text harmless, colours for either theme."""

import math

import numpy as np
import pytest

from viz_app.figures import curves, maps
from viz_app.messages import say_in
from viz_app.palette import BAR, BAR_SELECTED, FRAME
from viz_app.view_models.positions import encodings
from viz_app.view_models.positions.views import Curve, Grid, PositionCloud
from viz_app.view_models.views import Reading

SAY = say_in("en")
GRID = Grid(np.array([[0.5, -2.0, 0.25], [1.0, 0.0, 1.5]]), "position", "dimension", Reading("x"))


def test_a_map_holds_the_values_on_a_scale_that_vanishes_at_zero() -> None:
    figure = maps.grid_map(GRID, SAY)
    (heat,) = figure.data
    np.testing.assert_array_equal(heat.z, GRID.values)
    assert (heat.zmin, heat.zmax) == (-2, 2)
    middle = [colour for place, colour in heat.colorscale if 0.49 < place < 0.51]
    assert len(middle) == 2
    assert all(colour.endswith(", 0)") for colour in middle)
    assert figure.layout.xaxis.title.text == "dimension"
    assert figure.layout.yaxis.autorange == "reversed"


def test_a_row_is_framed_only_where_it_is() -> None:
    assert len(maps.grid_map(GRID, SAY, mark_row=1).layout.shapes) == len(FRAME)
    assert len(maps.grid_map(GRID, SAY, mark_row=2).layout.shapes) == 0
    frame = maps.grid_map(GRID, SAY, mark_row=1).layout.shapes[0]
    assert (frame.y0, frame.y1, frame.x0, frame.x1) == (0.5, 1.5, -0.5, 2.5)


def test_labels_are_text_not_markup() -> None:
    figure = maps.grid_map(GRID, SAY, row_labels=["<b>x</b>", "a & b"])
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;x&lt;/b&gt;", "a &amp; b")
    assert figure.data[0].text[0][2] == "&lt;b&gt;x&lt;/b&gt; · 2"


def test_many_labels_are_thinned_and_not_repeated_in_every_cell() -> None:
    size = 200
    grid = Grid(np.zeros((size, size), np.float32), "query", "key", Reading("x"))
    names = [f"w{index}" for index in range(size)]
    figure = maps.grid_map(grid, SAY, row_labels=names, column_labels=names)
    assert len(figure.layout.yaxis.ticktext) <= maps.HEIGHT / maps.LABEL_HEIGHT
    assert figure.layout.yaxis.ticktext[1] == f"w{figure.layout.yaxis.tickvals[1]}"
    assert figure.data[0].text is None


def test_digits_stand_in_their_cells() -> None:
    heat, text = maps.grid_map(GRID, SAY, digits=2, theme="dark").data
    assert text.text == ("0.50", "−2.00", "0.25", "1.00", "0.00", "1.50")
    assert list(zip(text.x, text.y, strict=True))[4] == (1, 1)
    # an ink that might not be seen is not used
    assert len(maps.grid_map(GRID, SAY, digits=2, theme=None).data) == 1


def test_lines_keep_their_numbers_and_levels_stand_where_they_belong() -> None:
    line = Curve(np.array([0, 1, 2]), np.array([1, 10, 100]), Reading("positions.curve.wave"))
    figure = curves.lines(
        [line], SAY, x="positions.axis.pair", y="positions.axis.wavelength", log=True,
        levels={"ten": 10.0},
    )  # fmt: skip
    np.testing.assert_array_equal(figure.data[0].y, [1, 10, 100])
    assert figure.layout.shapes[0].y0 == 10
    assert figure.layout.annotations[0].y == pytest.approx(math.log10(10))
    assert not figure.layout.showlegend


def test_some_points_of_a_line_have_dots_and_one_place_is_marked() -> None:
    line = encodings.dimension_curves(3, 4, 10000.0, (0,))[0]
    x, y = "positions.axis.position", "positions.axis.value"
    figure = curves.lines([line], SAY, x=x, y=y, mark=1.0, dots_every=encodings.FINE)
    sizes = figure.data[0].marker.size
    dotted = [x for x, size in zip(figure.data[0].x, sizes, strict=True) if size]
    assert dotted == [0, 1, 2]
    [mark] = figure.layout.shapes
    assert (mark.x0, mark.x1) == (1, 1)
    assert (mark.y0, mark.y1, mark.yref) == (0, 1, "y domain")


def test_number_lines_place_words_by_their_numbers() -> None:
    pair = encodings.compare_lengths("a b c", "x a b c e")
    figure = curves.number_lines(encodings.number_lines(pair, "fraction"), SAY)
    np.testing.assert_allclose(figure.data[0].x, [0, 0.5, 1])
    # the step that both share, thick: b c
    np.testing.assert_allclose(figure.data[1].x, [0.5, 1])
    np.testing.assert_allclose(figure.data[3].x, [0.5, 0.75])
    notes = figure.layout.annotations
    assert [note.text for note in notes] == list("abc") + list("xabce")
    # the short sentence above the long one, each word at its point
    assert [list(curve.y) for curve in figure.data] == [[1] * 3, [1] * 2, [0] * 5, [0] * 2]
    points = [(x, y) for curve in figure.data[::2] for x, y in zip(curve.x, curve.y, strict=True)]
    assert [(note.x, note.y) for note in notes] == points
    assert {note.yshift for note in notes} == {18}


def test_a_long_sentence_is_not_written_over_itself() -> None:
    long = " ".join(f"w{index}" for index in range(60))
    pair = encodings.compare_lengths("w0 w1", long)
    figure = curves.number_lines(encodings.number_lines(pair, "integer"), SAY)
    assert [note.text for note in figure.layout.annotations] == ["w0", "w1", "w0", "w1"]
    # where there are many, every second one is written below the line
    assert [note.yshift for note in figure.layout.annotations] == [18, 18, 18, -18]
    assert len(figure.data[2].x) == 60


def test_circles_draw_sine_up_and_cosine_right() -> None:
    turns = encodings.rotation(3, 5, (0, 1, 2), 8, 10000.0).turns
    figure = curves.circles(turns, SAY)
    start = figure.data[1]
    np.testing.assert_allclose([start.x[1], start.y[1]], [math.cos(3), math.sin(3)])
    assert len(figure.data) == 9
    # both hands are explained, once
    named = [curve.name for curve in figure.data if curve.showlegend]
    assert named == [SAY("positions.circle.start"), SAY("positions.circle.end")]
    assert start.showlegend
    assert [note.text for note in figure.layout.annotations] == ["pair 0", "pair 1", "pair 2"]


@pytest.mark.parametrize("components", [2, 3])
def test_a_cloud_has_a_point_per_position(components: int) -> None:
    coordinates = np.arange(4 * components, dtype=np.float32).reshape(4, components)
    view = PositionCloud(coordinates, (0.5, 0.25, 0.125)[:components])
    figure = curves.cloud(view, SAY)
    np.testing.assert_array_equal(figure.data[0].x, coordinates[:, 0])
    title = figure.layout.xaxis.title.text or figure.layout.scene.xaxis.title.text
    assert title == "component 1 (50.0\u00a0%)"


def test_stacked_parts_and_their_sum() -> None:
    parts = {"word": np.array([1.0, -2.0]), "segment": np.array([0.5, 0.5])}
    figure = curves.stacked(parts, np.array([1.5, -1.5]), 16, SAY)
    assert figure.layout.barmode == "relative"
    assert [trace.name for trace in figure.data] == ["word", "segment", "sum"]
    assert list(figure.data[2].x) == [16, 17]
    np.testing.assert_array_equal(figure.data[2].y, [1.5, -1.5])


def test_norm_bars_name_their_tokens() -> None:
    norms = {name: np.ones(3, np.float32) for name in ("word", "position", "segment")}
    figure = curves.part_norm_bars(norms, ["[CLS]", "<i>", "我"], SAY)
    assert figure.layout.xaxis.ticktext == ("[CLS]", "&lt;i&gt;", "我")
    assert [list(curve.y) for curve in figure.data] == [[1, 1, 1]] * 3
    many = curves.part_norm_bars(
        {"word": np.ones(90, np.float32)}, [f"w{index}" for index in range(90)], SAY
    ).layout.xaxis
    assert list(many.tickvals) == list(range(0, 90, 3))
    assert list(many.ticktext) == [f"w{index}" for index in range(0, 90, 3)]
    assert len(figure.data) == 3


def test_value_bars_tell_the_signs_apart() -> None:
    row = encodings.sinusoid_row(3, 4, 10000.0)
    figure = curves.value_bars(row, SAY, x="positions.axis.dimension", y="positions.axis.value")
    colours = figure.data[0].marker.color
    assert colours[0] != colours[1]  # sin 3 > 0 > cos 3
    assert (colours[0], colours[1]) == (BAR_SELECTED, BAR)
    np.testing.assert_allclose(figure.data[0].y[:2], [math.sin(3), math.cos(3)])
