import numpy as np
import pytest

from viz_app.view_models.views import (
    BarView,
    MatrixView,
    OverviewView,
    Reading,
    TokenLabel,
    symmetric_range,
)

TOKENS = tuple(TokenLabel(i, t, t, 0, False, False) for i, t in enumerate("ab"))


def matrix(values: object, **changes: object) -> MatrixView:
    fields: dict = {
        "rows": TOKENS,
        "columns": TOKENS,
        "low": 0.0,
        "high": 1.0,
        "kind": "probability",
        "reading": Reading("x"),
    }
    return MatrixView(values=values, **(fields | changes))  # type: ignore[arg-type]


def pixels(side: int) -> np.ndarray:
    return np.zeros((1, 1, side, side), np.uint8)


def floats(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def test_a_view_keeps_its_own_values() -> None:
    source = np.array([[0.5, 0.5], [1.0, 0.0]], dtype=np.float32)
    view = matrix(source)
    source[0, 0] = 9
    assert view.values[0, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        view.values[0, 0] = 1


def test_values_fit_their_labels() -> None:
    with pytest.raises(ValueError, match=r"2 rows and 2 columns .*\(3, 2\)"):
        matrix(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="masked must have shape"):
        matrix(np.zeros((2, 2)), masked=np.zeros(2, bool))
    with pytest.raises(ValueError, match="range must grow"):
        matrix(np.zeros((2, 2)), low=1.0)
    with pytest.raises(ValueError, match="pixels must be"):
        OverviewView(pixels(3), np.zeros((1, 1, 2), np.int32), floats(1, 1), TOKENS)
    with pytest.raises(ValueError, match="peaks must be"):
        OverviewView(pixels(2), np.zeros((1, 2), np.int32), floats(1, 1), TOKENS)
    with pytest.raises(ValueError, match="2 labels"):
        BarView(np.zeros(3, np.float32), ("a", "b"), 0.0, 1.0, Reading("x"))


def test_reading_cannot_be_changed() -> None:
    values = {"weight": "0.5"}
    reading = Reading("x", values)
    values["weight"] = "0.6"
    assert reading.values["weight"] == "0.5"
    with pytest.raises(TypeError):
        reading.values["weight"] = "0.7"  # type: ignore[index]


def test_range_of_nothing_is_still_a_range() -> None:
    assert symmetric_range(np.zeros((2, 2), np.float32)) == (-1, 1)
