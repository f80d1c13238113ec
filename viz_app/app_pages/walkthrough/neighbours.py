"""The sheets beside the one that is shown, sent when the browser asks for them.

They travel through a component of their own, which draws nothing: its messages leave the view, and
what the student is doing there, alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import streamlit as st

from viz_app.views.mount import common_js
from viz_app.views.payload import pack

_SOURCE = """
export default ({ data, setTriggerValue }) => {
  const { header, arrays } = unpack(data);
  const wanted = channel(`${header.view} wanted`);
  const ask = (places) => {
    wanted.values = null;
    setTriggerValue("wanted", places);
  };
  wanted.listeners.clear();
  wanted.listeners.add(ask);
  if (wanted.values) ask(wanted.values);
  const sheets = Object.values(arrays);
  if (sheets.length) deliver(`${header.view} ahead`, sheets);
};
"""


@cache
def _component() -> Callable[..., Any]:
    return st.components.v2.component("headlight_neighbours", js=common_js() + _SOURCE)


def neighbours(payloads: Sequence[bytes], *, view: str, on_wanted: Callable[[], None]) -> None:
    """Hand sheets to the view mounted with `key=view`.

    Args:
        payloads: Each from `walkthrough_payload`.
        on_wanted: Called before the rerun; `st.session_state[f"{view}_neighbours"].wanted` then
            holds a list of places, each {"step", "layer", "head", "query", "unit", "candidate"}.
    """
    sheets = {str(index): np.frombuffer(each, np.uint8) for index, each in enumerate(payloads)}
    _component()(
        key=f"{view}_neighbours", data=pack({"view": view}, sheets), on_wanted_change=on_wanted
    )
