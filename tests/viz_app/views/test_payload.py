import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from viz_app.views.payload import DTYPES, pack, unpack


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3,), (2, 5), (0, 4), (1, 1, 7)])
def test_what_is_packed_comes_back(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    header, arrays = unpack(pack({"words": "头 é 🙂"}, {"first": np.ones(3, "uint8"), "a": array}))
    assert header == {"words": "头 é 🙂"}
    assert arrays["a"].dtype == np.dtype(dtype)
    np.testing.assert_array_equal(arrays["a"], array)
    np.testing.assert_array_equal(arrays["first"], np.ones(3))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
)


@given(
    header=st.dictionaries(st.text().filter(lambda name: name != "arrays"), JSON, max_size=4),
    named=st.dictionaries(st.text(), ARRAYS, max_size=4),
)
def test_any_payload_comes_back_as_it_was(
    header: dict[str, Any], named: dict[str, NDArray[Any]]
) -> None:
    payload = pack(header, named)
    found, back = unpack(payload)
    assert found == header
    assert list(back) == list(named)
    for name, array in named.items():
        assert (back[name].dtype, back[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(back[name], array)
        # a typed array in the browser must start at a multiple of its element's size
        start = back[name].__array_interface__["data"][0] - address(payload)
        assert start % array.dtype.itemsize == 0


def address(payload: bytes) -> int:
    """Where the first byte stands in memory."""
    return np.frombuffer(payload, np.uint8).__array_interface__["data"][0]


@pytest.mark.parametrize("words", ["", "a", "ab", "头"])
def test_every_array_starts_where_a_typed_array_may(words: str) -> None:
    """A multiple of the size of its elements, else `new Float64Array(…)` throws a RangeError."""
    payload = pack({"w": words}, {"a": np.ones(3, "uint8"), "b": np.ones(2, "float64")})
    length = int.from_bytes(payload[:4], "little")
    places = json.loads(payload[4 : 4 + length])["arrays"]
    assert all(place["offset"] % 8 == 0 for place in places.values())
    start = 4 + length + -(4 + length) % 8
    assert payload[start : start + 3] == b"\1\1\1"
    assert len(payload) % 8 == 0


def test_same_input_gives_same_bytes_and_any_layout() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert pack({}, {"a": array}) == pack({}, {"a": array.copy()})
    assert pack({}, {"a": np.asfortranarray(array)}) == pack({}, {"a": array})
    assert pack({}, {"a": array.astype(">f4")}) == pack({}, {"a": array})


def test_what_the_browser_cannot_read_is_refused() -> None:
    with pytest.raises(ValueError, match="int64"):
        pack({}, {"a": np.arange(3)})
    with pytest.raises(ValueError, match="arrays"):
        pack({"arrays": 1}, {})
    with pytest.raises(ValueError, match="JSON"):
        pack({"x": float("nan")}, {})


def test_the_payload_that_the_browser_side_is_tested_with_is_made_here() -> None:
    golden = json.loads((Path(__file__).resolve().parents[2] / "golden.json").read_text("utf-8"))
    made = golden["payload"]
    types = {"small": np.uint8, "exact": np.float32, "wide": np.float64}
    numbers = {
        name: np.array(array["values"], types[name]).reshape(array["shape"])
        for name, array in made["arrays"].items()
    }
    assert base64.b64encode(pack({"view": made["view"]}, numbers)).decode() == made["base64"]
