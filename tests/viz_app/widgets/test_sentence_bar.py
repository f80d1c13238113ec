"""The bar on top of every page: which model an example takes."""

import pytest
import streamlit

from viz_app.session.state import default_selection
from viz_app.widgets import sentence_bar

ENGLISH, CHINESE = (default_selection(language).model for language in ("en", "zh"))
SHIPPED = {ENGLISH: "en", CHINESE: "zh", "other-zh": "zh"}


@pytest.mark.parametrize(
    ("chosen", "language", "expected"),
    [
        (ENGLISH, "zh", CHINESE),
        ("other-zh", "zh", "other-zh"),
        ("other-zh", "en", ENGLISH),
        ("somebody/bert", "zh", "somebody/bert"),
    ],
)
def test_an_example_changes_only_a_shipped_model_of_another_language(
    chosen: str, language: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = {"model": chosen}
    monkeypatch.setattr(streamlit, "session_state", session)
    monkeypatch.setattr(sentence_bar, "shipped_checkpoints", lambda: list(SHIPPED))
    monkeypatch.setattr(sentence_bar, "shipped_language", SHIPPED.__getitem__)
    sentence_bar._use_model_of(language)
    assert session["model"] == expected
