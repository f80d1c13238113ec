import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.view_models.attention.flow import flow_map
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
from viz_app.view_models.views import LinesView, MatrixView, Reading, TokenLabel

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


TOKENS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6)
"""Per token: whether it belongs to sentence B, and whether it is a special one."""
SLICES = st.builds(Slice, st.sampled_from(BLOCKS), st.booleans(), st.booleans())


@given(tokens=TOKENS, part=SLICES, seed=st.integers(0, 99))
def test_any_slice_keeps_its_cells_and_says_what_it_hides(
    tokens: list[tuple[bool, bool]], part: Slice, seed: int
) -> None:
    many = len(tokens)
    labels = tuple(
        TokenLabel(place, str(place), str(place), int(in_b), special, False)
        for place, (in_b, special) in enumerate(tokens)
    )
    # zeros are frequent, as under a causal mask
    values = np.random.default_rng(seed).choice([0, 0.125, 0.5], (many, many)).astype(np.float32)
    rows, columns = part.rows(labels), part.columns(labels)
    shown = [(i, j) for i in range(many) for j in range(many) if wanted(part, labels[i], labels[j])]
    assert [(i, j) for i in rows for j in columns] == shown
    kept = np.zeros_like(values)
    for cell in shown:
        kept[cell] = values[cell]
    hidden = np.zeros(many)
    hidden[rows] = (values - kept)[rows].sum(axis=1, dtype=np.float64)

    lines = slice_lines(LinesView(values[None], np.zeros((1, many), np.float32), labels, 0), part)
    whole = MatrixView(values, labels, labels, 0.0, 1.0, "probability", Reading("x"))
    view = slice_matrix(whole, part)
    assert (view is None) == (not shown and part.takes_away)
    if part.takes_away:
        np.testing.assert_allclose(lines.hidden[0], hidden if shown else 0, atol=1e-5)
    if view is not None and view.hidden is not None:
        assert [label.position for label in view.rows] == rows
        assert [label.position for label in view.columns] == columns
        np.testing.assert_allclose(view.hidden, hidden[rows], atol=1e-5)
        np.testing.assert_array_equal(view.values, lines.weights[0][np.ix_(rows, columns)])
    if part.renormalise and part.takes_away:
        left = kept.sum(axis=1, dtype=np.float64)
        np.testing.assert_allclose(lines.weights[0].sum(axis=1), left > 0, atol=1e-5)
        kept = kept / np.where(left > 0, left, 1).astype(np.float32)[:, None]
    np.testing.assert_allclose(lines.weights[0], kept, rtol=1e-5)


def wanted(part: Slice, query: TokenLabel, key: TokenLabel) -> bool:
    """Whether the slice shows this pair, said in another way than the code does."""
    if not part.special and (query.special or key.special):
        return False
    return part.block in ("all", "ab"[query.segment] + "ab"[key.segment])


def test_rows_that_are_not_shown_hide_nothing(trace: Trace) -> None:
    lines = slice_lines(layer_lines(trace, 1), Slice("ab"))
    assert (lines.hidden[:, A] > 0).all()
    assert not lines.hidden[:, B].any()


def test_one_number_per_head_is_the_mean_over_the_blocks_rows(trace: Trace) -> None:
    numbers = block_weights(trace, "ba")
    assert numbers.shape == (3, 4)
    weights = trace.layer(2).attention_probs[1].numpy()
    expected = sum(weights[b, a] for b in B for a in A) / len(B)
    assert numbers[2, 1] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(numbers + block_weights(trace, "bb"), 1, atol=1e-6)
    # three tokens of A, five of B
    unequal = toy_bert().trace("the", "it was tired .")
    weights = unequal.layer(0).attention_probs[3].numpy()
    assert block_weights(unequal, "ab")[0, 3] == pytest.approx(weights[:3, 3:].sum() / 3, abs=1e-6)
    assert block_weights(unequal, "ba")[0, 3] == pytest.approx(weights[3:, :3].sum() / 5, abs=1e-6)


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


def test_a_part_of_a_flow_is_still_that_flow(trace: Trace) -> None:
    norms = flow_map(trace, "norm_head", layer=1, head=2)
    part = slice_matrix(norms, Slice(special=False))
    assert part is not None
    assert (part.reading.key, part.legend) == ("attention.reading.norm_head", norms.legend)
    assert part.reading.values["value"] == f"{part.values.max():.3f}"
    rolled = flow_map(trace, "rollout", layer=1, head=2)
    part = slice_matrix(rolled, Slice("aa", special=False, renormalise=True))
    assert part is not None and part.high >= part.values.max() > rolled.high
