"""What the positions page draws, against values worked by hand."""

import math

import numpy as np
import pytest
import torch

from bert_core import positional
from tests.viz_app.toy import toy_bert
from viz_app.view_models.positions import encodings
from viz_app.view_models.positions.views import Curve, Grid
from viz_app.view_models.views import Reading


def test_split_words_takes_chinese_by_character_and_the_rest_by_space() -> None:
    assert encodings.split_words("我喜欢吃洋葱") == ("我", "喜", "欢", "吃", "洋", "葱")
    assert encodings.split_words(" I like  我们 2. ") == ("I", "like", "我", "们", "2.")
    assert encodings.split_words("   ") == ()


def test_the_same_word_distance_gets_another_step_under_fractions() -> None:
    pair = encodings.compare_lengths("我真的不喜欢吃洋葱", "我喜欢吃洋葱")
    assert (len(pair.short), len(pair.long)) == (6, 9)
    # the last neighbours both have: 洋 葱, at 4-5 of 6 and at 7-8 of 9
    assert (pair.short_step, pair.long_step) == ((4, 5), (7, 8))
    short, long = encodings.number_lines(pair, "fraction").steps
    assert short == pytest.approx(1 / 5)
    assert long == pytest.approx(1 / 8)
    assert encodings.number_lines(pair, "integer").steps == (1.0, 1.0)


def test_sentences_without_common_neighbours_compare_their_first_words() -> None:
    pair = encodings.compare_lengths("a b", "c d e")
    assert (pair.short_step, pair.long_step) == ((0, 1), (0, 1))
    with pytest.raises(ValueError, match="at least two words"):
        encodings.compare_lengths("one", "two words")


def test_integers_drown_words() -> None:
    bert = toy_bert()
    view = encodings.integer_swamping(bert.model, 40, ("cat", 6), ("dog", 9))
    # n in each of 20 dimensions: n·√20
    assert view.integer_norm.y[-1] == pytest.approx(40 * math.sqrt(20))
    table = bert.model.bert.embeddings.word_embeddings.weight.detach().numpy()
    assert view.word_norms[1] == pytest.approx(float(np.median(np.linalg.norm(table, axis=1))))
    one, other = table[6] + 3, table[9] + 3
    by_hand = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert view.alike.y[3] == pytest.approx(by_hand, abs=1e-6)
    assert view.alike.y[0] < view.alike.y[-1]


def test_sinusoids_are_the_same_in_both_sentences() -> None:
    values = encodings.sinusoid_constancy(6, 9, 32, 10000.0).values
    assert values["difference"] == "0"
    assert (values["low"], values["high"]) == ("−0.99", "1.00")  # cos 3 and cos 0
    # |code(t+1) - code(t)|² = Σ 2 - 2·cos θ_i
    squared = sum(2 - 2 * math.cos(10000 ** (-2 * i / 32)) for i in range(16))
    assert float(values["step"]) == pytest.approx(math.sqrt(squared), abs=1e-4)
    assert float(values["spread"]) < 1e-5


def test_curves_go_through_the_table_s_values() -> None:
    (sine, cosine) = encodings.dimension_curves(9, 6, 10000.0, (2, 3))
    table = positional.sinusoidal_positions(9, 6).numpy()
    np.testing.assert_allclose(sine.x[:: encodings.FINE], np.arange(9))
    np.testing.assert_allclose(sine.y[:: encodings.FINE], table[:, 2], atol=1e-6)
    np.testing.assert_allclose(cosine.y[:: encodings.FINE], table[:, 3], atol=1e-6)
    assert sine.name.values == {"dimension": 2, "function": "sin"}


def test_wavelengths_count_the_pairs_that_finish_a_turn() -> None:
    # d = 4, base 100: 2π = 6.28 and 2π·10 = 62.8
    curve, reading = encodings.wavelength_curve(20, 4, 100.0)
    np.testing.assert_allclose(curve.y, [2 * math.pi, 20 * math.pi])
    assert (reading.values["turned"], reading.values["pairs"]) == (1, 2)


@pytest.mark.parametrize("d_model", [6, 7])
def test_the_rotation_takes_the_start_to_the_end(d_model: int) -> None:
    step = encodings.rotation(5, 3, (0, 2), d_model, 10000.0)
    turn = step.turns[1]
    assert turn.pair == 2
    np.testing.assert_allclose(turn.block @ turn.start, turn.end, atol=1e-12)
    angle = 8 / 10000 ** (4 / d_model)
    np.testing.assert_allclose(turn.end, [math.sin(angle), math.cos(angle)])
    assert step.matrix.shape == (6, 6)
    assert step.worst < 1e-6
    with pytest.raises(ValueError, match="pair 3 is not one of 0 to 2"):
        encodings.rotation(5, 3, (3,), d_model, 10000.0)


def test_similarity_of_a_position_is_its_row() -> None:
    table = positional.sinusoidal_positions(7, 10)
    view = encodings.similarity(table, cosine=False, position=2)
    assert view.from_position is not None
    np.testing.assert_array_equal(view.from_position.y, view.grid.values[2].astype(float))
    assert view.by_distance.y[0] == pytest.approx(5)  # five pairs, sin² + cos² = 1 each
    assert encodings.similarity(table, cosine=True, position=7).from_position is None


def test_learned_grid_is_the_checkpoint_s_own() -> None:
    bert = toy_bert()
    grid = encodings.learned_grid(bert.model, 11, 8)
    own = bert.model.bert.embeddings.position_embeddings.weight.detach().numpy()
    np.testing.assert_array_equal(grid.values, own[:11, :8])
    assert grid.reading.key == "positions.reading.table_cut"
    assert grid.low == -grid.high  # type: ignore[operator]
    assert encodings.learned_grid(bert.model, 11, 99).values.shape == (11, 20)


def test_rope_is_1_with_itself_and_alike_on_diagonals() -> None:
    grid = encodings.rope_grid(9, 7, 10000.0)  # the odd dimension is left out
    np.testing.assert_allclose(np.diagonal(grid.values), 1, atol=1e-6)
    np.testing.assert_allclose(np.diagonal(grid.values, 2), grid.values[0, 2], atol=1e-6)
    # three pairs: mean of cos(2·θ)
    by_hand = np.mean([math.cos(2 / 10000 ** (2 * i / 6)) for i in range(3)])
    assert grid.values[0, 2] == pytest.approx(by_hand, abs=1e-6)


def test_alibi_grid_names_its_slope() -> None:
    grid = encodings.alibi_grid(4, 8, 1)
    assert grid.values[0, 3] == -0.75
    assert grid.reading.values == {"slope": "0.25", "head": 1}


def test_the_corner_of_a_grid_keeps_the_scale() -> None:
    grid = Grid(np.array([[1.0, -4.0], [2.0, 3.0]]), "position", "dimension", Reading("x"))
    corner = grid.first(2, 1)
    np.testing.assert_array_equal(corner.values, [[1], [2]])
    assert (corner.low, corner.high) == (-4, 4)
    assert corner.reading.values == {"rows": 2, "columns": 1, "of": 2}


def test_records_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="rows and columns"):
        Grid(np.zeros(3, np.float32), "position", "dimension", Reading("x"))
    with pytest.raises(ValueError, match="as many x as y"):
        Curve(np.zeros(3), np.zeros(2), Reading("x"))


def test_cloud_and_norms_are_the_table_s() -> None:
    table = torch.tensor([[3.0, 4.0], [0.0, 0.0], [-3.0, -4.0]])
    cloud = encodings.position_cloud(table, 2)
    np.testing.assert_allclose(cloud.coordinates[:, 0], [5, 0, -5], atol=1e-5)
    assert cloud.share[0] == pytest.approx(1)
    np.testing.assert_allclose(encodings.norm_curve(table, "learned").y, [5, 0, 5])
