"""Pictures of weights: honest colours, honest blocks, and the row that the table writes out."""

import numpy as np
import pytest

from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.view_models.walkthrough.build import walkthrough
from viz_app.view_models.walkthrough.weights import MOST, draw


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw a dog")


def test_where_there_is_room_every_weight_has_its_colour() -> None:
    weights = np.random.default_rng(3).normal(size=(7, 11)).astype(np.float32)
    drawn = draw(weights)
    assert drawn.block == (1, 1)
    assert drawn.low == -drawn.high == -float(np.abs(weights).max())
    told = drawn.indices / 255 * (drawn.high - drawn.low) + drawn.low
    np.testing.assert_allclose(told, weights, atol=drawn.high / 255 + 1e-6)


def test_blocks_tell_the_mean_size_of_their_weights() -> None:
    weights = np.random.default_rng(4).normal(size=(2 * MOST + 5, MOST + 9)).astype(np.float32)
    drawn = draw(weights)
    assert drawn.block == (3, 2)
    rows, columns = drawn.indices.shape
    assert rows <= MOST and columns <= MOST
    means = [
        [
            np.abs(weights[3 * row : 3 * row + 3, 2 * at : 2 * at + 2]).mean()
            for at in range(columns)
        ]
        for row in range(rows)
    ]
    assert drawn.low == 0.0
    assert drawn.high == pytest.approx(float(np.max(means)))
    np.testing.assert_allclose(drawn.indices / 255 * drawn.high, means, atol=drawn.high / 255)
    assert drawn.shape == weights.shape


def test_signs_do_not_cancel_out_in_a_block() -> None:
    stripes = np.tile(np.array([1.0, -1.0], np.float32), (2, MOST))
    assert (draw(stripes).indices == 255).all()


def test_weights_that_are_all_zero_are_drawn() -> None:
    assert set(draw(np.zeros((4, 4), np.float32)).indices.flat) <= {127, 128}


@pytest.mark.parametrize(
    ("step", "column"),
    [
        ("word_embeddings", "word_embeddings"),
        ("position_embeddings", "position_embeddings"),
        ("token_type_embeddings", "token_type_embeddings"),
        ("query_projection", "query_weight"),
        ("key_projection", "key_weight"),
        ("value_projection", "value_weight"),
        ("attention_output", "weight"),
        ("intermediate_input", "weight"),
        ("ffn_output", "weight"),
        ("mlm_dense", "weight"),
        ("mlm_logits", "weight"),
        ("pooled_input", "weight"),
        ("nsp_logits", "weight"),
    ],
)
def test_the_row_in_use_is_the_one_that_the_table_writes_out(
    trace: Trace, step: str, column: str
) -> None:
    view = walkthrough(trace, step, 1, 2, 3, unit=1, candidate=8, token_of=str)
    picture = view.pictures[step]
    values = view.column(column).values
    drawn = picture.pixels
    assert drawn.block == (1, 1)
    assert drawn.indices.shape == drawn.shape
    assert drawn.shape[1] == len(values)
    told = drawn.indices[picture.row] / 255 * (drawn.high - drawn.low) + drawn.low
    np.testing.assert_allclose(told, values, atol=drawn.high / 255 + 1e-6)


def test_an_output_matrix_of_its_own_is_the_one_that_is_shown() -> None:
    bert = toy_bert(tied=False)
    view = walkthrough(bert.trace("the cat"), "mlm_logits", 1, 2, 3, candidate=8, token_of=str)
    own = bert.model.cls.predictions.decoder.weight.detach().numpy()
    weights = view.column("weight")
    np.testing.assert_array_equal(weights.values, own[8])
    assert weights.cell.stage == "cls.predictions.decoder.weight"
    np.testing.assert_array_equal(view.pictures["mlm_logits"].pixels.indices, draw(own).indices)
    assert view.cases == {"alone", "untied"} and view.checks["mlm_logits"].exact < 1e-5


def test_a_matrix_is_gone_through_once_for_all_texts(trace: Trace) -> None:
    other = toy_bert().trace("a dog")
    first, again, elsewhere = (
        walkthrough(each, "mlm_dense", 0, 0, query, token_of=str).pictures["mlm_dense"].pixels
        for each, query in ((trace, 1), (trace, 2), (other, 1))
    )
    assert first is again
    assert first is not elsewhere  # another model, were it alike to the last digit
