"""The overview's payload and, on the Attention page, the order of its tiles."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from bert_core import load
from bert_core.studies.heads import ROLES, head_roles
from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.attention.matrix import overview_map
from viz_app.view_models.attention.tile_order import order_tiles
from viz_app.views.overview import overview_payload
from viz_app.views.payload import unpack

ROOT = Path(__file__).resolve().parents[3]
TEXT = "The animal didn't cross the street because it was too tired."


def open_page(**params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    for name, value in {"lang": "en", "model": "mini-en", "a": TEXT, **params}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("viz_app/app_pages/attention/page.py").run()
    assert not app.exception
    return app


def sent(app: AppTest) -> tuple[dict, dict]:
    mounted = [element.proto for element in app.get("bidi_component")]
    return unpack(next(p.bytes for p in mounted if p.component_name == "headlight_overview"))


def test_the_order_travels_with_its_scores() -> None:
    trace = toy_bert().trace("the cat saw a dog")
    view = overview_map(trace)
    scores = head_roles(trace).scores[ROLES.index("broad")].numpy()
    order = order_tiles(scores, "broad")
    header, arrays = unpack(overview_payload(view, key="k", say=say_in("en"), order=order))
    assert sorted(arrays["order"]) == list(range(12))
    np.testing.assert_array_equal(arrays["scores"], np.sort(scores.reshape(-1))[::-1])
    assert "“broad”" in header["labels"]["order"]
    header, arrays = unpack(overview_payload(view, key="k", say=say_in("en")))
    assert "order" not in arrays and header["labels"]["order"] == ""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("role", ["previous", "sep", "broad"])
def test_the_address_orders_the_tiles(role: str, language: str) -> None:
    app = open_page(at_tiles=role, lang=language)
    _, arrays = sent(app)
    scores = head_roles(load("mini-en").trace(TEXT)).scores[ROLES.index(role)].numpy().reshape(-1)
    np.testing.assert_allclose(arrays["scores"], np.sort(scores)[::-1], atol=1e-6)
    np.testing.assert_allclose(scores[arrays["order"]], arrays["scores"], atol=1e-6)
    assert app.query_params["at_tiles"] == role


def test_by_layer_and_head_is_the_default_and_stays_out_of_the_address() -> None:
    app = open_page(at_tiles="nonsense")
    assert "order" not in sent(app)[1]
    assert "at_tiles" not in app.query_params
    app.selectbox(key="at_tiles").select("next").run()
    assert "order" in sent(app)[1]
    assert app.query_params["at_tiles"] == "next"
    app.selectbox(key="at_tiles").select("place").run()
    assert "order" not in sent(app)[1]
    assert "at_tiles" not in app.query_params


def test_a_role_that_the_text_says_nothing_about_orders_nothing() -> None:
    app = open_page(a="cats sleep", at_tiles="same_word")
    assert "order" not in sent(app)[1]
    assert any("nothing to measure" in caption.value for caption in app.caption)
