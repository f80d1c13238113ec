import base64
import re
import struct
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.export.csv_rows import lines_rows, matrix_rows, neuron_rows
from viz_app.export.svg import (
    CELL,
    lines_svg,
    matrix_svg,
    neurons_svg,
    overview_svg,
    png,
)
from viz_app.messages import say_in
from viz_app.palette import head_colour, scale_colours
from viz_app.view_models.attention.compare import difference_map
from viz_app.view_models.attention.matrix import attention_map, layer_lines, overview_map
from viz_app.view_models.attention.neurons import neuron_view
from viz_app.view_models.attention.slices import Slice, slice_matrix
from viz_app.view_models.attention.tile_order import order_tiles
from viz_app.views.neurons import neuron_headings

SAY = say_in("en")
NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat 我 saw the dog")


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{NAME}text")]


def paths(svg: str) -> list[dict[str, str]]:
    return [dict(node.attrib) for node in ElementTree.fromstring(svg).iter(f"{NAME}path")]


def pixels_of(svg: str) -> NDArray[np.uint8]:
    """Of the first image, [row, column, 3]."""
    data = base64.b64decode(svg.partition("base64,")[2].partition('"')[0])
    width, height = struct.unpack(">II", data[16:24])
    start = data.index(b"IDAT") + 4
    raw = zlib.decompressobj().decompress(data[start:])
    return (
        np.frombuffer(raw, np.uint8).reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)
    )


def test_a_matrix_keeps_its_words_and_digits_as_text(trace: Trace) -> None:
    view = attention_map(trace, 1, 2)
    found = texts(matrix_svg(view, "L1 <H2> & more", say=SAY))
    assert found[0] == "L1 <H2> & more"
    assert found.count("cat") == 2 and "the (1)" in found and "我" in found
    assert found.count(f"{view.values[0, 0]:.2f}") >= 1
    assert len(found) >= 1 + 8 * 8 + 8


def test_the_scale_colours_the_cells_and_is_said(trace: Trace) -> None:
    view = attention_map(trace, 1, 2)
    linear = matrix_svg(view, "t", say=SAY)
    log = matrix_svg(view, "t", say=say_in("zh"), scale="log")
    np.testing.assert_array_equal(pixels_of(linear), scale_colours(view.values, view.kind, 0, 1))
    # The same place on the scale, the same colour: 0.1 is two thirds of the way from 0.001 to 1.
    query, key = np.unravel_index(np.abs(view.values - 0.1).argmin(), view.values.shape)
    share = 1 + np.log10(view.values[query, key]) / 3
    expected = scale_colours(share, view.kind, 0, 1)
    np.testing.assert_array_equal(pixels_of(log)[query, key], expected)
    assert {"colours: linear", "0.25", SAY(view.legend)} <= set(texts(linear))
    assert {"颜色：对数", "≤ 0.001", "0.01", "0.1"} <= set(texts(log))
    assert not {"≤ 0.001", "colours: logarithmic"} & set(texts(linear))


def test_rows_columns_and_the_border_of_a_pair_are_drawn() -> None:
    pair = toy_bert().trace("the cat", "a dog saw it")
    svg = matrix_svg(attention_map(pair, 0, 0), "t", say=SAY)
    assert {f"↓ {SAY('attention.axis.query')}", f"{SAY('attention.axis.key')} →"} <= set(texts(svg))
    assert [path["stroke-dasharray"] for path in paths(svg)] == ["4 3"]
    single = matrix_svg(attention_map(toy_bert().trace("the cat"), 0, 0), "t", say=SAY)
    assert paths(single) == []


def places(svg: str, pattern: str) -> dict[tuple[float, float], str]:
    """Where the texts of a picture stand that match, by (x, y)."""
    return {
        (float(node.attrib["x"]), float(node.attrib["y"])): node.text or ""
        for node in ElementTree.fromstring(svg).iter(f"{NAME}text")
        if re.fullmatch(pattern, node.text or "")
    }


def test_digits_stand_in_the_cells_they_belong_to(trace: Trace) -> None:
    view = attention_map(trace, 1, 2)
    digits = places(matrix_svg(view, "t", say=SAY), r"\d\.\d\d")
    ys = sorted({y for _, y in digits})[: len(view.rows)]  # below these stands the scale
    cells = {place: text for place, text in digits.items() if place[1] in ys}
    xs = sorted({x for x, _ in cells})
    assert len(cells) == view.values.size
    for (x, y), text in cells.items():
        assert text == f"{view.values[ys.index(y), xs.index(x)]:.2f}"


def test_the_border_stands_where_the_second_sentence_begins() -> None:
    pair = toy_bert().trace("the cat", "a dog saw it")
    svg = matrix_svg(attention_map(pair, 0, 0), "t", say=SAY)
    [border] = paths(svg)
    x, y = (float(number) for number in re.findall(r"M([\d.]+) ([\d.]+)v", border["d"])[0])
    left, below = (float(number) for number in re.findall(r"M([\d.]+) ([\d.]+)h", border["d"])[0])
    assert border["d"].count("M") == 2
    # [CLS] the cat [SEP], then B: four of nine cells
    assert (x - left, below - y) == (4 * CELL, 4 * CELL)


def test_masked_cells_have_no_digits() -> None:
    causal = toy_bert().trace("the cat", attention="causal")
    svg = matrix_svg(attention_map(causal, 0, 0), "t", say=SAY)
    digits = [text for text in texts(svg) if re.fullmatch(r"\d\.\d\d", text)]
    legend = ["0.25", "0.75"]
    assert len(digits) == 4 * 5 / 2 + len(legend)
    (path,) = [node for node in paths(svg) if node.get("fill") == "url(#hatch)"]
    corners = [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", path["d"])]
    xs, ys = ({corner[axis] for corner in corners} for axis in (0, 1))
    # of query 0 three keys, the last ones; of query 3 none
    assert len(corners) == 4 * 3 / 2
    assert [sum(y == each for _, y in corners) for each in sorted(ys)] == [3, 2, 1]
    assert [sum(x == each for x, _ in corners) for each in sorted(xs)] == [1, 2, 3]


def test_minus_signs_are_real_and_hidden_weight_is_named(trace: Trace) -> None:
    change = difference_map(attention_map(trace, 0, 1), attention_map(trace, 2, 1))
    assert change is not None and change.values.min() < -0.01
    assert any(text.startswith("−") for text in texts(matrix_svg(change, "t", say=SAY)))
    part = slice_matrix(attention_map(trace, 0, 1), Slice(special=False))
    assert part is not None and part.hidden is not None
    assert f"+{part.hidden[0]:.2f}" in texts(matrix_svg(part, "t", say=SAY))


def test_control_characters_do_not_break_the_file(trace: Trace) -> None:
    view = attention_map(trace, 0, 0)
    nasty = replace(view.rows[0], label='\x00\x1b"</text><script>')
    svg = matrix_svg(replace(view, rows=(nasty, *view.rows[1:])), "\x07", say=SAY)
    ElementTree.fromstring(svg)
    assert "<script" not in svg


def test_overview_has_one_image_per_head(trace: Trace) -> None:
    root = ElementTree.fromstring(overview_svg(overview_map(trace), "t"))
    assert len(list(root.iter(f"{NAME}image"))) == 12
    assert {"L0", "L2", "H0", "H3"} <= set(texts(ElementTree.tostring(root, "unicode")))


def test_ordered_tiles_carry_their_names_and_pictures(trace: Trace) -> None:
    view = overview_map(trace)
    order = order_tiles(np.arange(12.0).reshape(3, 4), "next")  # the last head comes first
    root = ElementTree.fromstring(overview_svg(view, "t", order))
    plain = ElementTree.fromstring(overview_svg(view, "t"))
    pictures, by_layer = (
        [image.attrib["href"] for image in each.iter(f"{NAME}image")] for each in (root, plain)
    )
    assert pictures == by_layer[::-1]
    names = texts(ElementTree.tostring(root, "unicode"))
    assert [name for name in names if name.startswith("L")][:2] == ["L2 H3", "L2 H2"]
    assert {"1", "5", "9"} <= set(names) and "H0" not in names


def lines_of(svg: str) -> list[dict[str, str]]:
    return [dict(node.attrib) for node in ElementTree.fromstring(svg).iter(f"{NAME}line")]


def test_lines_are_those_of_the_heads_from_the_weight_on(trace: Trace) -> None:
    view = layer_lines(trace, 1)
    drawn = lines_of(lines_svg(view, [0, 2], "t", least=0.2))
    assert len(drawn) == int((view.weights[[0, 2]] >= 0.2).sum())
    assert {line["stroke"] for line in drawn} <= {head_colour(0), head_colour(2)}
    strongest = float(drawn[0]["stroke-opacity"])
    assert strongest == pytest.approx(np.sqrt(view.weights[[0, 2]].max()), abs=1e-3)
    assert len(lines_of(lines_svg(view, [0, 2], "t", most=3))) == 3


def test_a_line_leads_from_its_query_to_its_key(trace: Trace) -> None:
    one = replace(layer_lines(trace, 1), weights=np.zeros((4, 8, 8), np.float32))
    weights = one.weights.copy()
    weights[2, 1, 6] = 0.5
    svg = lines_svg(replace(one, weights=weights), [2], "t")
    [line] = lines_of(svg)
    left, right = ([y for (x, y), _ in sorted(at.items())] for at in halves(svg))
    fan = float(line["y1"]) - left[1]
    assert float(line["y2"]) - right[6] == pytest.approx(fan, abs=0.11)
    assert abs(fan) < (left[1] - left[0]) / 2
    assert float(line["x1"]) < float(line["x2"])


def halves(svg: str) -> list[dict[tuple[float, float], str]]:
    """The tokens on the left and those on the right, from top to bottom."""
    words = places(svg, r"(?!t$|H\d).*")
    middle = sum(x for x, _ in words) / len(words)
    return [
        {(x, y): word for (x, y), word in words.items() if (x < middle) == left}
        for left in (True, False)
    ]


def test_a_locked_token_has_all_its_lines_and_no_others(trace: Trace) -> None:
    view = layer_lines(trace, 1)
    drawn = lines_of(lines_svg(view, range(4), "t", least=0.9, locked=("key", 2)))
    assert len(drawn) == int((view.weights[:, :, 2] >= 0.005).sum())
    assert len({line["y2"] for line in drawn}) == 4  # one place, fanned out by head
    drawn = lines_of(lines_svg(view, range(4), "t", least=0.9, locked=("query", 2)))
    assert len(drawn) == int((view.weights[:, 2] >= 0.005).sum())
    assert len({line["y1"] for line in drawn}) == 4


def test_png_holds_the_pixels() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    data = png(pixels)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (3, 2)
    (packed,) = re.findall(rb"IDAT(.*)....\x00\x00\x00\x00IEND", data, re.DOTALL)
    raw = zlib.decompress(packed)
    assert raw == b"\0" + pixels[0].tobytes() + b"\0" + pixels[1].tobytes()


def test_tables_hold_every_number_in_full(trace: Trace) -> None:
    view = attention_map(trace, 2, 0)
    columns, rows = matrix_rows(view, "hidden")
    assert columns == ["", *(token.label for token in view.columns)]
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], np.float32), view.values)
    part = slice_matrix(view, Slice(special=False))
    assert part is not None and part.hidden is not None
    columns, rows = matrix_rows(part, "hidden")
    assert columns[-1] == "hidden" and rows[0][-1] == part.hidden[0]
    causal = toy_bert().trace("the", attention="causal")
    assert matrix_rows(attention_map(causal, 0, 0), "hidden")[1][0][2:] == ["", ""]


def test_line_table_has_one_row_per_weight(trace: Trace) -> None:
    view = layer_lines(trace, 0)
    rows = lines_rows(view, 0.1)
    assert len(rows) == int((view.weights >= 0.1).sum())
    for layer, head, query, token, key, other, weight in rows:
        assert (layer, token) == (0, view.tokens[int(query)].text)
        assert other == view.tokens[int(key)].text
        assert weight == view.weights[int(head), int(query), int(key)]


@pytest.mark.parametrize(("language", "heading"), [("en", "key vector k"), ("zh", "键向量 k")])
def test_neurons_are_drawn_with_their_numbers(trace: Trace, language: str, heading: str) -> None:
    say = say_in(language)
    view = neuron_view(trace, 1, 2, 3)
    legend = say("attention.legend.signed")
    svg = neurons_svg(view, "<t>", neuron_headings(view, say), legend)
    found = texts(svg)
    assert {heading, "÷ √5", legend, say("attention.neurons.query", token="我")} <= set(found)
    assert {f"{dot:.2f}".replace("-", "−") for dot in view.dots} <= set(found)
    root = ElementTree.fromstring(svg)
    # q, then k and q ⊙ k of every key
    assert len(list(root.iter(f"{NAME}image"))) == 1 + 2 * len(view.tokens)
    bars = [node for node in root.iter(f"{NAME}rect") if "fill-opacity" in node.attrib]
    lengths = np.array([float(bar.attrib["width"]) for bar in bars])
    np.testing.assert_allclose(lengths / lengths.sum(), view.weights, atol=1e-3)


def test_a_masked_key_has_no_score_in_picture_and_table() -> None:
    view = neuron_view(toy_bert().trace("the cat", attention="causal"), 0, 0, 1)
    headings = neuron_headings(view, say_in("en"))
    assert texts(neurons_svg(view, "t", headings, "l")).count("−∞") == 2
    assert [row[-2] == "" for row in neuron_rows(view, headings)[1][1:]] == [
        False,
        False,
        True,
        True,
    ]


def test_the_neuron_table_can_be_worked_out_again(trace: Trace) -> None:
    view = neuron_view(trace, 1, 2, 3)
    columns, rows = neuron_rows(view, neuron_headings(view, say_in("en")))
    assert all(len(row) == len(columns) == 1 + 5 + 5 + 3 for row in rows)
    q = np.array(rows[0][1:6], np.float32)
    np.testing.assert_array_equal(q, view.query)
    numbers = np.array([row[1:] for row in rows[1:]], np.float64)
    keys, products, (dots, scores, weights) = numbers[:, :5], numbers[:, 5:10], numbers[:, 10:].T
    np.testing.assert_array_equal(products, keys.astype(np.float32) * q)
    np.testing.assert_allclose(products.sum(1), dots, rtol=1e-4, atol=1e-5)
    powers = np.exp(scores - scores.max())
    np.testing.assert_allclose(powers / powers.sum(), weights, atol=1e-6)
