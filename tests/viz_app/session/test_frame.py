"""What every page stands on."""

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from tests.viz_app.toy import toy_bert
from viz_app.session import frame, resources
from viz_app.session.frame import escape


@pytest.mark.parametrize("mark", "\\`*_{}[]()<>#+-.!|~$:&")
def test_every_mark_of_markdown_in_a_readers_text_is_escaped(mark: str) -> None:
    assert escape(f"a{mark}b") == f"a\\{mark}b"
    assert escape(mark * 2) == f"\\{mark}" * 2


def test_all_else_stays_as_it_was_typed_on_one_line() -> None:
    assert escape('小猫, it\'s "5 %" / 😀 ^=@') == '小猫, it\'s "5 %" / 😀 ^=@'
    assert escape("a\nb") == "a b"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_texts_are_in_the_models_language_or_the_pages_until_it_is_known(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(model: str) -> str:
        chosen = {"model": model, "language": language}
        monkeypatch.setattr(streamlit, "session_state", chosen)
        return frame.text_language()

    assert [found("small-zh"), found("mini-en")] == ["zh", "en"]
    assert found("somebody/bert-base-chinese") == language
    monkeypatch.setattr(resources, "is_loaded", lambda name: True)
    monkeypatch.setattr(resources, "model", lambda name: toy_bert())
    assert found("somebody/bert-base-chinese") == "en"


def two_pages() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from tests.viz_app.session import test_frame
    from viz_app.session import frame, state

    state.synchronise()
    for name, waits in (("start", False), ("other", True)):
        page = SimpleNamespace(title=name, run=lambda name=name: test_frame.order.append(name))
        frame.run(page, waits=waits)  # type: ignore[arg-type]
    st.write("drawn")


order: list[str] = []


def test_a_page_begins_once_torch_is_there_and_start_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order.clear()
    monkeypatch.setattr(resources, "torch_is_here", lambda: False)
    monkeypatch.setattr(resources, "wait_for_torch", lambda: order.append("torch"))
    assert not AppTest.from_function(two_pages).run().exception
    assert order == ["start", "torch", "other"]
