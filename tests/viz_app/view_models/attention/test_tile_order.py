import numpy as np
import pytest

from viz_app.view_models.attention.tile_order import TileOrder, order_tiles


def test_the_largest_score_comes_first_and_equal_ones_by_layer_and_head() -> None:
    scores = np.array([[0.1, 0.7, 0.7], [0.9, 0.0, 0.7]], np.float32)
    order = order_tiles(scores, "next")
    assert order is not None
    assert order.tiles.tolist() == [3, 1, 2, 5, 0, 4]  # L1 H0, L0 H1, L0 H2, L1 H2, L0 H0, L1 H1
    np.testing.assert_array_equal(order.scores, scores.reshape(-1)[order.tiles])


def test_without_scores_there_is_no_order() -> None:
    assert order_tiles(np.full((2, 3), np.nan), "same_word") is None


def test_every_head_has_one_place() -> None:
    zeros = np.zeros(2, np.float32)
    with pytest.raises(ValueError, match="one place"):
        TileOrder(np.array([0, 0], np.uint32), zeros, "next")
    with pytest.raises(ValueError, match="2 tiles"):
        TileOrder(np.array([1, 0], np.uint32), zeros[:1], "next")
