"""The stored picture is the model's own, so it can stand in for it while the model loads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tools.make_first_paint import picture
from viz_app.app_pages.start import first_paint as store
from viz_app.app_pages.start.first_paint import first_paint
from viz_app.messages import LANGUAGES
from viz_app.session.state import default_selection

REMEDY = "the stored picture is not the model's: run `python -m tools.make_first_paint`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stored_picture_is_the_live_one(language: str) -> None:
    selection = default_selection(language)
    stored, live = first_paint(selection), picture(selection)
    assert stored is not None, REMEDY
    assert stored.tokens == live.tokens, REMEDY
    assert stored.masked == live.masked
    # another processor may round the last digits otherwise, nothing else may differ
    for name in ("vectors", "lengths", "best_weights"):
        same = np.allclose(getattr(stored, name), getattr(live, name), rtol=1e-4, atol=1e-4)
        assert same, f"{name}: {REMEDY}"
    difference = np.abs(stored.attention.astype(int) - live.attention.astype(int))
    assert difference.max() <= 1, REMEDY
    np.testing.assert_array_equal(stored.limits, live.limits, REMEDY)
    for shown, made in zip(stored.guesses, live.guesses, strict=True):
        probabilities = [guess.probability for guess in shown]
        assert probabilities == pytest.approx([g.probability for g in made], abs=1e-4), REMEDY
        assert [guess.text for guess in shown[:1]] == [guess.text for guess in made[:1]], REMEDY
    assert stored.is_next == live.is_next is None


def test_only_its_own_text_gets_the_stored_picture() -> None:
    selection = default_selection("en")
    assert first_paint(replace(selection, text_a="Another.")) is None
    assert first_paint(replace(selection, text_b="A second one.")) is None
    assert first_paint(replace(selection, model="small-zh")) is None
    for model in ("no-such-model", "../traces/mini-en", "a\0b", ""):
        assert first_paint(replace(selection, model=model)) is None
    # what is only selected does not change the picture
    assert first_paint(replace(selection, layer=3, language="zh")) is not None


def test_what_is_written_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.viz_app.toy import toy_bert
    from viz_app.view_models.architecture import architecture

    bert = toy_bert()
    selection = replace(
        default_selection("en"), model="toy", text_a="the [MASK]", text_b="it was <b>"
    )
    view = architecture(bert.trace(selection.text_a, selection.text_b), bert)
    store.write(tmp_path / "toy.view", selection, view)
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    read = first_paint(selection)
    assert read is not None
    assert (read.tokens, read.masked, read.guesses) == (view.tokens, view.masked, view.guesses)
    assert read.is_next == view.is_next is not None
    for name in ("vectors", "lengths", "limits", "attention", "best_keys", "best_weights"):
        np.testing.assert_array_equal(getattr(read, name), getattr(view, name))
