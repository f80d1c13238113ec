"""One `bytes` object for a view: a JSON header and raw arrays, readable in JavaScript.

Layout: u32 little-endian length of the header | header as UTF-8 JSON | padding to a multiple of
8 | the arrays, each starting at a multiple of 8. The header gains "arrays": {name: {dtype, shape,
offset}}, the offset counted from the start of the first array.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 8  # the widest element that a typed array in the browser may start at
DTYPES = ("uint8", "uint16", "uint32", "int32", "float32", "float64")


def pack(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """Join `header` and `arrays` into one payload; the same input gives the same bytes.

    Raises:
        ValueError: a dtype the browser side does not know, or "arrays" used as a header key.
    """
    if "arrays" in header:
        raise ValueError('the header key "arrays" is written by pack, choose another name')
    places: dict[str, dict[str, Any]] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise ValueError(f"array {name!r} is {array.dtype.name}, expected one of {DTYPES}")
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        raw = np.ascontiguousarray(little).tobytes()
        places[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        chunks.append(raw + b"\0" * (-len(raw) % ALIGNMENT))
        offset += len(chunks[-1])
    text = json.dumps({**header, "arrays": places}, ensure_ascii=False, allow_nan=False).encode()
    start = len(text).to_bytes(4, "little") + text
    return start + b"\0" * (-len(start) % ALIGNMENT) + b"".join(chunks)


def unpack(payload: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header (without "arrays") and the arrays of a payload made by `pack`."""
    end = 4 + int.from_bytes(payload[:4], "little")
    header = json.loads(payload[4:end])
    start = end + -end % ALIGNMENT
    arrays = {}
    for name, place in header.pop("arrays").items():
        dtype = np.dtype(place["dtype"]).newbyteorder("<")
        count = int(np.prod(place["shape"], dtype=np.int64))
        flat = np.frombuffer(payload, dtype, count, start + place["offset"])
        arrays[name] = flat.reshape(place["shape"])
    return header, arrays
