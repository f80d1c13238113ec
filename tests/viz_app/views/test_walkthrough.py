"""What the Step by step view is sent: which places a sheet belongs to, and sheets ahead of time."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from bert_core.operations import OPERATIONS
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.messages import catalogue, say_in, text
from viz_app.view_models.walkthrough import build
from viz_app.view_models.walkthrough.build import walkthrough
from viz_app.view_models.walkthrough.steps import BY_ID, STEPS
from viz_app.view_models.walkthrough.views import WalkthroughView
from viz_app.views.payload import unpack
from viz_app.views.walkthrough import walkthrough_payload

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw a dog")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_told_in_words_and_written_out(operation: str) -> None:
    assert f"walkthrough.how_{operation}" in catalogue("en")
    origins = (ROOT / "viz_app/views/walkthrough/origins.js").read_text(encoding="utf-8")
    assert re.search(rf"^  {operation}: \(", origins, re.MULTILINE)


def payload(trace: Trace, step: str, layer: int = 1, **more: object) -> bytes:
    view = walkthrough(trace, step, layer, 2, 3, token_of=str)
    return walkthrough_payload(view, key="v", say=say_in("en"), language="en", **more)  # type: ignore[arg-type]


def test_a_sheet_says_which_place_it_was_made_for(trace: Trace) -> None:
    header, _ = unpack(payload(trace, "ffn_output", unit=4))
    assert header["place"] == {"layer": 1, "head": 2, "query": 3, "unit": 4, "candidate": None}
    assert header["sheet"] == "ffn_output"
    assert header["sheets"] == {step.id: step.sheet for step in STEPS}
    assert set(header["loose"]) == {
        BY_ID[step.id].sheet for step in STEPS if step.part in ("embedding", "mlm", "nsp")
    }


def test_steps_that_the_checkpoint_lacks_cannot_be_asked_for(trace: Trace) -> None:
    header, _ = unpack(payload(trace, "hidden_states", layer=2, without=frozenset({"mlm"})))
    assert "mlm_logits" not in header["sheets"]
    assert header["after"] == ["pooled_input", 2]


def step_of(header: dict[str, Any], name: str) -> Any:
    return next(step for step in header["steps"] if step["id"] == name)


def test_without_a_second_sentence_no_probability_is_said_to_be_about_one(trace: Trace) -> None:
    header, _ = unpack(payload(trace, "nsp_probs"))
    assert [row["text"] for row in header["rows"]] == ["follows · no B", "random · no B"]
    assert "no sentence B" in step_of(header, "nsp_probs")["see"]
    pair = toy_bert().trace("the cat saw a dog", "it was tired")
    header, _ = unpack(payload(pair, "nsp_probs"))
    assert [row["text"] for row in header["rows"]] == ["B follows A", "B is random"]
    assert "B follows A" in step_of(header, "nsp_probs")["see"]


def test_the_words_about_the_mask_are_those_of_the_mask_that_is_on(trace: Trace) -> None:
    header, _ = unpack(payload(trace, "masked_scores"))
    assert "left and right" in step_of(header, "masked_scores")["see"]
    causal = toy_bert().trace("the cat saw a dog", attention="causal")
    header, _ = unpack(payload(causal, "masked_scores"))
    assert "causal mask is on" in step_of(header, "masked_scores")["see"]


def prefetch_page() -> None:
    import streamlit as st

    from viz_app.views.mount import prefetch

    prefetch(st.session_state.get("made", []), view="v", on_wanted=lambda: None)


def test_sheets_ahead_travel_as_they_are(trace: Trace) -> None:
    made = [payload(trace, "ffn_output"), payload(trace, "hidden_states")]
    app = AppTest.from_function(prefetch_page).run()
    assert unpack(app.get("bidi_component")[0].proto.bytes) == ({"view": "v"}, {})
    app.session_state["made"] = made
    app.run()
    assert not app.exception
    header, arrays = unpack(app.get("bidi_component")[0].proto.bytes)
    assert header == {"view": "v"}
    assert [np.asarray(sheet).tobytes() for sheet in arrays.values()] == made


def test_the_page_names_the_parts_of_a_place_as_the_address_does() -> None:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    given = {"layer": "2", "head": "5", "token": "1", "step": "mlm_dense", "unit": "9"}
    for name, value in {"lang": "en", "model": "mini-en", "a": "A dog.", **given}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("viz_app/app_pages/walkthrough/page.py").run()
    assert not app.exception
    protos = {each.proto.component_name: each.proto for each in app.get("bidi_component")}
    header, _ = unpack(protos["headlight_walkthrough"].bytes)
    place = {
        **header["place"],
        "step": json.loads(protos["headlight_signal"].json)["values"]["step"],
    }
    named = {url: str(place[choice]) for choice, url in header["address"].items()}
    assert named == {**given, "candidate": "None"}


def test_a_question_about_a_number_builds_no_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    make = build.walkthrough

    def counted(trace: Trace, step: str, *place: int, **more: Any) -> WalkthroughView:
        built.append(step)
        return make(trace, step, *place, **more)

    monkeypatch.setattr(build, "walkthrough", counted)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in {"lang": "en", "model": "mini-en", "a": "A dog.", "step": "key"}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("viz_app/app_pages/walkthrough/page.py").run()
    assert built == ["key"]
    cell = {"stage": "attention_scores", "layer": 0, "index": [0, 0, 1]}
    app.session_state["trail"] = [cell]
    app.run()
    assert not app.exception
    (signal,) = (
        json.loads(each.proto.json)
        for each in app.get("bidi_component")
        if each.proto.component_name == "headlight_signal"
    )
    assert signal["values"]["asked"]["cell"] == cell
    assert built == ["key"]
    app.session_state["causal"] = True  # other numbers are built anew
    app.run()
    assert built == ["key", "key"]


def failing_page() -> None:
    import streamlit as st

    from viz_app.session import frame

    @frame.fragment
    def part() -> None:
        raise RuntimeError("a slip of ours")

    st.session_state["language"] = "en"
    part()


def test_a_part_that_fails_says_so_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    app = AppTest.from_function(failing_page).run()
    assert not app.exception
    assert [box.value for box in app.error] == [text("en", "app.page_failed")]
    assert "a slip of ours" in caplog.text
    caplog.clear()  # expected here
