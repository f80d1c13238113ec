"""The start page as a script run: what is drawn first, what replaces it, where its parts lead."""

import threading
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from viz_app.app_pages.start import first_paint as store
from viz_app.session import resources
from viz_app.session.state import Selection
from viz_app.view_models.architecture_view import ArchitectureView
from viz_app.views.payload import unpack

ROOT = Path(__file__).resolve().parents[3]
DEFAULT = "The animal didn't cross the street because it was too tired."


def app(text_a: str = DEFAULT, text_b: str = "", **params: str) -> AppTest:
    """The start page before its first run."""
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    chosen = {"lang": "en", "model": "small-en", "a": text_a, "b": text_b, **params}
    for name, value in chosen.items():
        test.query_params[name] = value
    return test


def board(test: AppTest) -> dict[str, Any]:
    """Header of the picture that the page holds."""
    [payload] = [
        element.proto.bytes
        for element in test.get("bidi_component")
        if element.proto.component_name == "headlight_architecture"
    ]
    return unpack(payload)[0]


def test_the_stored_picture_stands_in_until_the_model_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    drawn: list[ArchitectureView | None] = []
    load, read = resources._load, store.first_paint

    def stored(selection: Selection) -> ArchitectureView | None:
        found = read(selection)
        drawn.append(found)
        gate.set()  # the model comes only after the stored picture was asked for
        return found

    def load_late(name: str) -> Any:
        assert gate.wait(30)
        return load(name)

    monkeypatch.setattr("viz_app.app_pages.start.first_paint.first_paint", stored)
    monkeypatch.setattr(resources, "_models", resources.Shared(kept=2, workers=1))
    monkeypatch.setattr(resources, "_load", load_late)
    test = app().run()
    assert not test.exception
    assert len(drawn) == 1
    assert drawn[0] is not None
    # the run that followed drew the live one, without the note that it is stored
    assert not test.caption
    assert [token["text"] for token in board(test)["tokens"]][1:3] == ["the", "animal"]


def test_masks_bring_guesses_and_a_pair_its_probability() -> None:
    header = board(app("The man went to the [MASK].", "He bought milk.").run())
    [at] = [i for i, masked in enumerate(header["masked"]) if masked]
    assert header["tokens"][at]["text"] == "[MASK]"
    probabilities = [probability for _, probability in header["guesses"][at]]
    assert len(probabilities) == 3
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < header["is_next"] < 1
    assert board(app("No mask.").run())["is_next"] is None


def test_without_a_mask_the_page_says_how_to_get_one() -> None:
    assert "[MASK]" in board(app("No mask here.").run())["labels"]["notes"]["output"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_parts_lead_only_to_pages_that_are_there(language: str) -> None:
    from viz_app.messages import text

    pages = board(app(lang=language).run())["pages"]
    assert pages["head"] == text(language, "app.page.attention")
    titles = {
        text(language, f"app.page.{path.parent.name}")
        for path in (ROOT / "viz_app" / "app_pages").glob("*/page.py")
    }
    assert set(pages.values()) <= titles


def test_a_broken_model_leaves_no_picture(tmp_path: Path) -> None:
    test = app(model=str(tmp_path)).run()
    assert not test.exception
    assert test.error
    components = [element.proto.component_name for element in test.get("bidi_component")]
    assert "headlight_architecture" not in components
