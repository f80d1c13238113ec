"""One piece of work per question, however many ask, and never more kept than allowed."""

import json
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import bert_core
from bert_core.assets import ASSETS
from bert_core.bert import Bert
from bert_core.problems import CheckpointError
from tests.viz_app.toy import toy_bert
from viz_app.session import resources
from viz_app.session.resources import Shared


def test_many_askers_one_piece_of_work() -> None:
    shared = Shared(kept=4, workers=1)
    calls = []
    gate = threading.Event()

    def work() -> int:
        gate.wait(5)
        calls.append(1)
        return 42

    with ThreadPoolExecutor(8) as askers:
        answers = [askers.submit(lambda: shared.get("key", work)) for _ in range(8)]
        assert not shared.ready("key")
        gate.set()
        assert [answer.result() for answer in answers] == [42] * 8
    assert len(calls) == 1
    assert shared.ready("key")


def test_the_longest_unused_value_goes_first() -> None:
    shared = Shared(kept=2, workers=1)
    for key in ("a", "b", "a", "c"):  # a was asked for after b
        shared.get(key, lambda: 0)
    assert [shared.ready(key) for key in "abc"] == [True, False, True]


def test_a_failure_is_told_and_tried_again() -> None:
    shared = Shared(kept=2, workers=1)

    def fail() -> int:
        raise ValueError("no")

    shared.start("key", fail)  # as a warm-up does, whose failure nobody hears
    with pytest.raises(ValueError, match="no"):
        shared.get("key", lambda: 1)
    assert not shared.ready("key")
    assert shared.get("key", lambda: 1) == 1


def test_the_same_text_gives_the_same_trace_and_an_intervention_another() -> None:
    text = "The cat sat on the mat."
    first = resources.trace("mini-en", text, None)
    assert resources.trace("mini-en", text, None) is first
    off = resources.trace("mini-en", text, None, heads_off=frozenset({(0, 1)}))
    assert off.heads_off == {(0, 1)}
    assert first.heads_off == frozenset()


def test_each_model_has_traces_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "我 the cat ."
    english, chinese = (resources.trace(name, text, None) for name in ("mini-en", "small-zh"))
    assert english is not chinese
    assert (english.tokens, chinese.tokens) == (
        resources.model("mini-en").trace(text).tokens,
        resources.model("small-zh").trace(text).tokens,
    )
    # … also another model under the same name, such as a folder that was written anew
    first, second = toy_bert(1), toy_bert(2)
    monkeypatch.setattr(resources, "model", lambda name: first)
    before = resources.trace("toy", text, None)
    monkeypatch.setattr(resources, "model", lambda name: second)
    assert resources.trace("toy", text, None) is not before
    assert resources.trace("toy", text, None).model is second.model


def test_a_model_that_is_not_there_says_so() -> None:
    with pytest.raises(ValueError, match="neither a folder nor"):
        resources.model("./no/such/folder")


def test_a_trace_is_not_handed_to_a_model_that_came_later(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        def trace(self, text_a: str, text_b: str | None) -> str:
            return self.answer

        answer = "old"

    traces = Shared(kept=4, workers=1)
    monkeypatch.setattr(resources, "_traces", traces)
    for number in range(20):  # a new one easily gets the number of one that is gone
        model = Model()
        model.answer = f"answer {number}"
        monkeypatch.setattr(resources, "model", lambda name, model=model: model)
        found: object = resources.trace("any", "text", None)
        assert found == model.answer
        monkeypatch.undo()
        monkeypatch.setattr(resources, "_traces", traces)
        del model


def test_a_folder_written_anew_is_opened_anew(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(ASSETS / "checkpoints" / "mini-en", folder)
    first = resources.model(str(folder))
    assert resources.is_loaded(str(folder)) and resources.model(str(folder)) is first
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_act": "relu"}))
    assert not resources.is_loaded(str(folder))
    second = resources.model(str(folder))
    assert second is not first and second.config.hidden_act == "relu"
    kept = [key for key in resources._models._futures if str(folder) in str(key)]
    assert len(kept) == 1, "the earlier model is given up"


def test_a_download_is_seen_while_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    halfway = threading.Event()

    def load(name: str, report: Callable[[int, int], None]) -> Bert:
        report(1, 2)
        assert halfway.wait(20)
        return toy_bert()

    def show(share: float) -> None:
        seen.append(share)
        halfway.set()

    monkeypatch.setattr(resources, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(bert_core, "load", load)
    resources.wait_for("somebody/slow-bert", show)
    assert set(seen) == {0.5}
    assert resources.model("somebody/slow-bert").name == "toy"
    assert "somebody/slow-bert" not in resources._downloaded


def test_waiting_for_a_model_that_fails_leaves_the_error_to_who_asks_for_it() -> None:
    resources.wait_for("~nobody/such", lambda share: None)
    with pytest.raises(CheckpointError):
        resources.model("~nobody/such")
