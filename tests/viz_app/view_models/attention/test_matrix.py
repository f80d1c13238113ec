from dataclasses import replace

import numpy as np
import pytest

from bert_core.trace import Trace
from tests.viz_app.pixels import approximate_probability
from tests.viz_app.toy import toy_bert
from viz_app.view_models.attention.matrix import (
    BarOrder,
    attention_map,
    overview_map,
    reading_at,
    row_bars,
    strongest_of_blocks,
)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw a dog", "it was tired")


def test_attention_map_is_the_traces_own(trace: Trace) -> None:
    view = attention_map(trace, layer=2, head=1)
    np.testing.assert_array_equal(view.values, trace.layer(2).attention_probs[1].numpy())
    np.testing.assert_allclose(view.values.sum(axis=1), 1, atol=1e-6)
    assert (view.low, view.high) == (0, 1)
    assert view.masked is None
    assert [token.text for token in view.rows] == list(trace.tokens)


def test_reading_names_the_strongest_pair(trace: Trace) -> None:
    view = attention_map(trace, layer=0, head=3)
    query, key = np.unravel_index(view.values.argmax(), view.values.shape)
    assert view.reading.values == {
        "query": view.rows[query].label,
        "to": view.columns[key].label,
        "value": f"{view.values.max():.3f}",
    }


def test_the_reading_of_a_row_is_about_that_row(trace: Trace) -> None:
    view = attention_map(trace, layer=0, head=3)
    for row, token in enumerate(view.rows):
        said = reading_at(view.reading, view.values, view.rows, view.columns, row)
        assert said.key == view.reading.key
        assert said.values["query"] == token.label
        assert said.values["value"] == f"{view.values[row].max():.3f}"


def test_causal_cells_are_empty() -> None:
    view = attention_map(toy_bert().trace("the cat saw", attention="causal"), layer=1, head=0)
    assert view.masked is not None
    np.testing.assert_array_equal(view.masked, ~np.tri(5, dtype=bool))
    assert not view.values[view.masked].any()


def test_overview_holds_every_head(trace: Trace) -> None:
    view = overview_map(trace)
    assert (view.layers, view.heads) == (3, 4)
    shown = approximate_probability(view.pixels[2, 1])
    assert np.abs(shown - attention_map(trace, 2, 1).values).max() < 0.004


def test_overview_names_each_heads_strongest_pair_exactly(trace: Trace) -> None:
    view = overview_map(trace)
    weights = trace.layer(1).attention_probs[3].numpy()
    query, key = view.peaks[1, 3]
    assert weights[query, key] == weights.max() == view.peak_weights[1, 3]


def test_a_long_input_shows_the_strongest_of_each_block(trace: Trace) -> None:
    view = overview_map(trace, most=3)  # 11 tokens in blocks of 3, 4 and 4
    assert view.side == 3 and len(view.tokens) == 11
    weights = trace.layer(0).attention_probs[2].numpy()
    blocks = strongest_of_blocks(weights, 3)
    assert blocks[0, 0] == weights[:3, :3].max()
    assert blocks[2, 0] == weights[7:, :3].max()
    assert blocks[1, 2] == weights[3:7, 7:].max()
    assert strongest_of_blocks(weights, 11) is weights
    assert np.abs(approximate_probability(view.pixels[0, 2]) - blocks).max() < 0.004


@pytest.mark.parametrize(
    ("order", "most", "expected"),
    [
        ("position", 4, [0.1, 0.6, 0.05, 0.25]),
        ("position", 3, [0.1, 0.6, 0.25]),
        ("value", 4, [0.6, 0.25, 0.1, 0.05]),
        ("value", 2, [0.6, 0.25]),
    ],
)
def test_bars_are_one_row_cut_and_ordered(
    order: BarOrder, most: int, expected: list[float]
) -> None:
    tokens = attention_map(toy_bert().trace("the cat"), 0, 0)
    values = np.array([[0.1, 0.6, 0.05, 0.25]] * 4, np.float32)
    group = row_bars(replace(tokens, values=values), 2, title="t", order=order, most=most)
    assert [row.value for row in group.rows] == pytest.approx(expected)
    assert [row.digits for row in group.rows] == [f"{value:.3f}" for value in expected]
    assert [row.value for row in group.rows if row.marked] == [pytest.approx(0.6)]
    labels = {0.1: "[CLS]", 0.6: "the", 0.05: "cat", 0.25: "[SEP]"}
    assert [row.label for row in group.rows] == [labels[value] for value in expected]


def test_bars_of_a_row_that_is_not_there_are_refused(trace: Trace) -> None:
    with pytest.raises(ValueError, match=r"row 99 is not one of 0 to 10"):
        row_bars(attention_map(trace, 0, 0), 99, title="t", most=3)


@pytest.mark.parametrize(("layer", "head"), [(3, 0), (0, 4), (0, -1), (-1, 0)])
def test_what_does_not_exist_is_refused(trace: Trace, layer: int, head: int) -> None:
    with pytest.raises(ValueError, match=r"is not one of 0 to"):
        attention_map(trace, layer, head)


def test_pooling_is_cell_by_cell(trace: Trace) -> None:
    heads = trace.layer(1).attention_probs.numpy()
    every = np.stack([trace.layer(layer).attention_probs.numpy() for layer in range(3)])
    mean = attention_map(trace, 1, 0, "mean_heads").values
    np.testing.assert_allclose(mean, heads.mean(axis=0), atol=1e-7)
    np.testing.assert_array_equal(attention_map(trace, 1, 0, "max_heads").values, heads.max(axis=0))
    everywhere = attention_map(trace, 1, 0, "mean_all").values
    np.testing.assert_allclose(everywhere, every.mean(axis=(0, 1)), atol=1e-7)
    np.testing.assert_array_equal(
        attention_map(trace, 2, 3, "max_all").values, every.max(axis=(0, 1))
    )
    for pooled in (mean, everywhere):
        np.testing.assert_allclose(pooled.sum(axis=1), 1, atol=1e-6)
