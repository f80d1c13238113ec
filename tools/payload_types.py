"""Write the types of all payloads for TypeScript: `python -m tools.payload_types`.

They are made from the records in `viz_app/views/payloads.py`; `payloads.d.ts` beside it is what
the browser side is checked against.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import numpy as np

from viz_app.views import payloads

TARGET = Path(payloads.__file__).with_suffix(".d.ts")
SIMPLE: dict[object, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
ARRAYS = {
    np.uint8: "Uint8Array<ArrayBuffer>",
    np.int32: "Int32Array<ArrayBuffer>",
    np.uint16: "Uint16Array<ArrayBuffer>",
    np.uint32: "Uint32Array<ArrayBuffer>",
    np.float32: "Float32Array<ArrayBuffer>",
}
NAMED: dict[object, str] = {
    hint: name for name, hint in vars(payloads).items() if get_origin(hint) in (Literal, tuple)
}


def declarations() -> str:
    """The whole file."""
    records = [
        record
        for record in vars(payloads).values()
        if typing.is_typeddict(record) and record.__module__ == payloads.__name__
    ]
    named = [f"export type {name} = {_spelt(hint)};\n" for hint, name in NAMED.items()]
    lines = ["// Written by tools/payload_types.py from payloads.py: change it there.\n"]
    return "\n".join([*lines, *named, *map(interface, records)])


def interface(record: type) -> str:
    """A TypedDict as an interface, with the fields it inherits."""
    hints = get_type_hints(record, include_extras=True)
    fields = [f"  {_field(name, hint)}" for name, hint in hints.items()]
    return f"export interface {record.__name__} {{\n" + "\n".join(fields) + "\n}\n"


def typescript(hint: Any) -> str:
    """A type as TypeScript spells it.

    Raises:
        ValueError: a type that a payload cannot hold, or one that has no name here yet.
    """
    return NAMED[hint] if hint in NAMED else _spelt(hint)


def _spelt(hint: Any) -> str:
    if hint in SIMPLE:
        return SIMPLE[hint]
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(json.dumps(value) for value in parts)
    if origin in (Union, types.UnionType):
        return " | ".join(map(typescript, parts))
    if origin in (list, Sequence):
        inside = typescript(parts[0])
        return f"({inside})[]" if " | " in inside else f"{inside}[]"
    if origin is tuple:
        return f"[{', '.join(map(typescript, parts))}]"
    if origin is dict:
        return f"Record<{typescript(parts[0])}, {typescript(parts[1])}>"
    if origin is np.ndarray:
        return ARRAYS[get_args(parts[1])[0]]
    raise ValueError(f"{hint!r} has no TypeScript type here")


def _field(name: str, hint: Any) -> str:
    if get_origin(hint) is NotRequired:
        return f"{name}?: {typescript(get_args(hint)[0])};"
    return f"{name}: {typescript(hint)};"


if __name__ == "__main__":
    TARGET.write_text(declarations(), encoding="utf-8")
