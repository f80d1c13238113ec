"""What the views send: payloads seen through AppTest, sources as one module each."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from viz_app.views.mount import component_js, view_css, view_module
from viz_app.views.payload import unpack

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = sorted(path.parent.name for path in ROOT.glob("viz_app/views/*/*.css"))
FOLDERS.remove("shared")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_view_is_one_script_that_needs_nothing_else(folder: str) -> None:
    source = component_js(view_module(folder))
    assert source.count("export default") == 1
    assert not re.search(r"^import\b|await import\(", source, re.MULTILINE)
    # Tokens are data: they go in as text, never as mark-up.
    for door in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert door not in source
    assert "</script" not in source  # it would end the script of an exported file
    assert "@import" not in view_css(folder)
    assert "url(" not in view_css(folder)


@pytest.mark.parametrize(
    "module", ["viz_app.export.svg", "viz_app.export.html", "viz_app.notebook"]
)
def test_what_runs_outside_the_app_does_not_load_streamlit(module: str) -> None:
    code = f"import sys, {module}; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


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
