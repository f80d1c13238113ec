import numpy as np
import pytest

from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.view_models.attention.grid import head_grid
from viz_app.view_models.attention.matrix import attention_map, layer_lines
from viz_app.view_models.attention.slices import (
    BLOCKS,
    Block,
    Slice,
    block_weights,
    slice_lines,
    slice_matrix,
)

# [CLS] the cat saw [SEP] it was tired . [SEP]
A, B = [0, 1, 2, 3, 4], [5, 6, 7, 8, 9]


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw", "it was tired .")


@pytest.mark.parametrize(
    ("part", "rows", "columns"),
    [
        (Slice("aa"), A, A),
        (Slice("ab"), A, B),
        (Slice("ba"), B, A),
        (Slice("bb"), B, B),
        (Slice("all", special=False), [1, 2, 3, 5, 6, 7, 8], [1, 2, 3, 5, 6, 7, 8]),
        (Slice("ba", special=False), [5, 6, 7, 8], [1, 2, 3]),
    ],
)
def test_a_slice_is_a_block_of_the_matrix(
    trace: Trace, part: Slice, rows: list[int], columns: list[int]
) -> None:
    whole = attention_map(trace, 1, 2)
    view = slice_matrix(whole, part)
    assert view is not None and view.hidden is not None
    np.testing.assert_array_equal(view.values, whole.values[np.ix_(rows, columns)])
    assert [token.position for token in view.rows] == rows
    assert [token.position for token in view.columns] == columns
    np.testing.assert_allclose(view.values.sum(axis=1) + view.hidden, 1, atol=1e-6)


def test_all_of_it_hides_nothing(trace: Trace) -> None:
    whole = attention_map(trace, 0, 0)
    assert slice_matrix(whole, Slice(renormalise=True)) is whole


def test_blocks_of_a_row_add_up_to_the_row(trace: Trace) -> None:
    whole = attention_map(trace, 2, 3)
    aa, ab = slice_matrix(whole, Slice("aa")), slice_matrix(whole, Slice("ab"))
    assert aa is not None and ab is not None and aa.hidden is not None
    np.testing.assert_allclose(aa.hidden, ab.values.sum(axis=1), atol=1e-6)


def test_renormalised_rows_sum_to_one_and_still_say_what_is_hidden(trace: Trace) -> None:
    whole = attention_map(trace, 1, 0)
    plain = slice_matrix(whole, Slice("ab"))
    share = slice_matrix(whole, Slice("ab", renormalise=True))
    assert plain is not None and share is not None
    np.testing.assert_allclose(share.values.sum(axis=1), 1, atol=1e-6)
    assert share.hidden is not None and plain.hidden is not None
    np.testing.assert_array_equal(share.hidden, plain.hidden)
    assert share.legend != plain.legend
    np.testing.assert_allclose(
        share.values, plain.values / plain.values.sum(axis=1, keepdims=True), rtol=1e-5
    )


def test_a_row_with_nothing_left_stays_empty() -> None:
    causal = toy_bert().trace("the cat", "it was", attention="causal")
    view = slice_matrix(attention_map(causal, 0, 0), Slice("ab", renormalise=True))
    assert view is not None
    assert not view.values.any()
    assert view.masked is not None and view.masked.all()


@pytest.mark.parametrize("block", ["ab", "ba", "bb"])
def test_one_sentence_has_no_other(block: Block) -> None:
    view = attention_map(toy_bert().trace("the cat"), 0, 0)
    assert slice_matrix(view, Slice(block)) is None
    empty = attention_map(toy_bert().trace(""), 0, 0)
    assert slice_matrix(empty, Slice("all", special=False)) is None


@pytest.mark.parametrize("renormalise", [False, True])
def test_lines_are_sliced_like_the_matrix(trace: Trace, renormalise: bool) -> None:
    part = Slice("ba", special=False, renormalise=renormalise)
    sliced = slice_lines(layer_lines(trace, 1), part)
    for head in range(4):
        view = slice_matrix(attention_map(trace, 1, head), part)
        assert view is not None and view.hidden is not None
        cells = np.ix_(part.rows(sliced.tokens), part.columns(sliced.tokens))
        np.testing.assert_allclose(sliced.weights[head][cells], view.values, atol=1e-6)
        np.testing.assert_allclose(sliced.hidden[head][part.rows(sliced.tokens)], view.hidden)
        rest = sliced.weights[head].copy()
        rest[cells] = 0
        assert not rest.any()


def test_one_number_per_head_is_the_mean_over_the_blocks_rows(trace: Trace) -> None:
    numbers = block_weights(trace, "ba")
    assert numbers.shape == (3, 4)
    weights = trace.layer(2).attention_probs[1].numpy()
    expected = sum(weights[b, a] for b in B for a in A) / len(B)
    assert numbers[2, 1] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(numbers + block_weights(trace, "bb"), 1, atol=1e-6)


def test_no_second_sentence_no_number() -> None:
    assert np.isnan(block_weights(toy_bert().trace("the cat"), "ba")).all()


def test_every_block_is_named_once() -> None:
    assert len(set(BLOCKS)) == 5 and BLOCKS[0] == "all"


def test_a_grid_names_its_largest_head_and_leaves_gaps_empty() -> None:
    values = np.array([[0.1, np.nan, 0.7], [0.2, 0.3, 0.4]], np.float32)
    view = head_grid(values, "probability", legend="attention.legend.max", reading="x")
    assert view.masked is not None and view.masked.tolist() == [[False, True, False], [False] * 3]
    assert dict(view.reading.values) == {"layer": 0, "head": 2, "value": "0.700"}
    assert [token.label for token in view.rows] == ["L0", "L1"]
    signed = head_grid(values - 0.5, "signed", legend="x", reading="x")
    assert signed.low == -signed.high == pytest.approx(-0.4)
