from typing import Any, NotRequired, TypedDict

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.payload_types import TARGET, declarations, interface, typescript


class Example(TypedDict):
    rows: list[str | None]
    pair: tuple[str, float]
    numbers: NotRequired[NDArray[np.float32]]
    by_name: dict[str, list[bool]]


def test_the_types_of_the_browser_side_are_up_to_date() -> None:
    hint = "payloads.py has changed: python -m tools.payload_types"
    assert TARGET.read_text(encoding="utf-8") == declarations(), hint


def test_a_record_becomes_an_interface() -> None:
    assert interface(Example) == (
        "export interface Example {\n"
        "  rows: (string | null)[];\n"
        "  pair: [string, number];\n"
        "  numbers?: Float32Array<ArrayBuffer>;\n"
        "  by_name: Record<string, boolean[]>;\n"
        "}\n"
    )


@pytest.mark.parametrize("hint", [Any, bytes, set[str]])
def test_what_a_payload_cannot_hold_has_no_type(hint: Any) -> None:
    with pytest.raises(ValueError, match="no TypeScript type"):
        typescript(hint)
