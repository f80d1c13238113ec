"""What the views send: payloads seen through AppTest, sources as one module each."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from viz_app.views.mount import view_css, view_js
from viz_app.views.payload import unpack

FOLDERS = ("overview", "heatmap", "lines", "neurons", "picture")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_view_is_one_module_that_needs_nothing_else(folder: str) -> None:
    source = view_js(folder)
    assert source.count("export default") == 1
    assert "import " not in source
    # Tokens are data: they go in as text, never as mark-up.
    for door in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert door not in source
    assert "@import" not in view_css(folder)
    assert "url(" not in view_css(folder)


def overview_page() -> None:
    from tests.viz_app.toy import toy_bert
    from viz_app.messages import say_in
    from viz_app.view_models.attention.matrix import attention_map, overview_map
    from viz_app.views.heatmap import heatmap
    from viz_app.views.overview import overview

    trace = toy_bert().trace("the cat <b>", attention="causal")
    overview(overview_map(trace), selected=(2, 1), key="all", say=say_in("en"))
    heatmap(attention_map(trace, 2, 1), selected=3, key="one", say=say_in("zh"))


def test_payloads_hold_the_arrays_and_selections_travel_apart() -> None:
    app = AppTest.from_function(overview_page).run(timeout=30)
    assert not app.exception
    mounted = {proto.component_name: proto for proto in protos(app)}
    header, arrays = unpack(mounted["headlight_overview"].bytes)
    assert header["view"] == "all"
    assert arrays["pixels"].shape == (3, 4, 7, 7)
    assert "selected" not in header
    header, arrays = unpack(mounted["headlight_heatmap"].bytes)
    assert arrays["values"].dtype == np.float32
    np.testing.assert_array_equal(arrays["masked"], ~np.tri(7, dtype=bool))
    assert header["labels"]["tip"] == "{query} → {to}：{value}"
    signals = [
        json.loads(proto.json)
        for proto in protos(app)
        if proto.component_name == "headlight_signal"
    ]
    assert signals == [
        {"view": "all", "values": {"layer": 2, "head": 1}},
        {"view": "one", "values": {"query": 3, "key": None}},
    ]


def protos(app: AppTest) -> list:
    return [element.proto for element in app.get("bidi_component")]
