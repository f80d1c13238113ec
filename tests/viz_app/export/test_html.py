import base64
import gzip
import re

import numpy as np
import pytest

from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.export.html import Part, heads_file, html_file
from viz_app.messages import say_in
from viz_app.notebook import heads
from viz_app.view_models.attention.matrix import layer_lines, overview_map
from viz_app.view_models.attention.tile_order import order_tiles
from viz_app.views.lines import LineSettings
from viz_app.views.payload import unpack


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw </script> a dog")


def payloads(page: str) -> dict[str, bytes]:
    found = re.findall(r'id="(data[\w-]+)">([^<]+)</script>', page)
    return {name: gzip.decompress(base64.b64decode(text)) for name, text in found}


def test_the_file_holds_every_layer_in_full(trace: Trace) -> None:
    data = payloads(heads(trace, layer=1, head=2).page)
    assert sorted(data) == ["data0-all", "data1-layer0", "data1-layer1", "data1-layer2"]
    _, arrays = unpack(data["data1-layer2"])
    np.testing.assert_array_equal(arrays["weights"], trace.layer(2).attention_probs.numpy())
    _, arrays = unpack(data["data0-all"])
    assert arrays["pixels"].shape[:2] == (3, 4)


def test_the_file_names_no_address_and_forbids_all(trace: Trace) -> None:
    page = heads(trace).page
    assert "default-src 'none'" in page
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    assert " src=" not in page and "<link" not in page
    assert "export default" not in page


def test_a_readers_text_stays_text() -> None:
    hostile = '</script><b onload="x"><b>'
    part = Part("overview", {"all": b"x"}, "all", {"text": hostile})
    page = html_file([part], title=hostile, note=hostile, language='en"><b>')
    assert "<b onload" not in page and "<b>" not in page
    assert page.count("</script>") == page.count("<script")


def test_notebook_shows_a_frame_and_saves_a_file(trace: Trace, tmp_path) -> None:  # type: ignore[no-untyped-def]
    view = heads(trace, language="zh")
    shown = view._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and 'sandbox="allow-scripts"' in shown
    assert view.save(tmp_path / "heads.html").read_text(encoding="utf-8") == view.page
    assert "在上方选一个头" in view.page
    with pytest.raises(ValueError, match="layer 9"):
        heads(trace, layer=9)


def test_same_input_gives_the_same_file(trace: Trace) -> None:
    assert heads(trace).page == heads(trace).page


def test_what_is_shown_first_stands_before_the_script_and_the_rest_behind(trace: Trace) -> None:
    page = heads(trace, layer=1).page
    script = page.index("<script>")
    places = {name: page.index(f'id="{name}"') for name in payloads(page)}
    assert {name for name, place in places.items() if place < script} == {
        "data0-all",
        "data1-layer1",
    }


def test_the_tiles_keep_their_order_in_the_file(trace: Trace) -> None:
    order = order_tiles(np.arange(12.0).reshape(3, 4), "next")
    page = heads_file(
        overview_map(trace),
        [layer_lines(trace, 0)],
        selected=(0, 0),
        query=None,
        settings=LineSettings(),
        say=say_in("en"),
        title="t",
        language="en",
        order=order,
    )
    _, arrays = unpack(payloads(page)["data0-all"])
    assert arrays["order"].tolist() == list(range(11, -1, -1))
