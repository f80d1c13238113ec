import numpy as np
import pytest

from viz_app.views.payload import ALIGNMENT, DTYPES, pack, unpack


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3,), (2, 5), (0, 4), (1, 1, 7)])
def test_what_is_packed_comes_back(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    header, arrays = unpack(pack({"words": "头 é 🙂"}, {"first": np.ones(3, "uint8"), "a": array}))
    assert header == {"words": "头 é 🙂"}
    assert arrays["a"].dtype == np.dtype(dtype)
    np.testing.assert_array_equal(arrays["a"], array)
    np.testing.assert_array_equal(arrays["first"], np.ones(3))


@pytest.mark.parametrize("words", ["", "a", "ab", "头"])
def test_every_array_starts_where_a_typed_array_may(words: str) -> None:
    import json

    payload = pack({"w": words}, {"a": np.ones(3, "uint8"), "b": np.ones(2, "float64")})
    length = int.from_bytes(payload[:4], "little")
    places = json.loads(payload[4 : 4 + length])["arrays"]
    assert all(place["offset"] % ALIGNMENT == 0 for place in places.values())
    start = 4 + length + -(4 + length) % ALIGNMENT
    assert payload[start : start + 3] == b"\1\1\1"
    assert len(payload) % ALIGNMENT == 0


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
