"""The models page as a script run: shipped models, folders of all kinds, both languages."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from viz_app.messages import text
from viz_app.view_models.checkpoint_facts import HELD_OUT_FIGURES

ROOT = Path(__file__).resolve().parents[3]
CHECKPOINTS = ROOT / "assets" / "checkpoints"


def models_page(model: str = "mini-en", language: str = "en") -> AppTest:
    """The models page after one run."""
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in {"lang": language, "model": model, "a": "A text."}.items():
        test.query_params[name] = value
    test.run()
    return test.switch_page("viz_app/app_pages/models/page.py").run()


def shown(test: AppTest) -> str:
    """All text on the page."""
    boxes = (test.markdown, test.caption, test.warning, test.error, test.code, test.subheader)
    return "\n".join(box.value for kind in boxes for box in kind)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a shipped checkpoint, to be changed."""
    return Path(shutil.copytree(CHECKPOINTS / "mini-en", tmp_path / "mine"))


@pytest.mark.parametrize(("model", "language"), [("mini-en", "en"), ("small-zh", "zh")])
def test_a_shipped_model_tells_its_sizes_and_where_it_is_from(model: str, language: str) -> None:
    test = models_page(model, language)
    assert not test.exception
    words = shown(test)
    config = json.loads((CHECKPOINTS / model / "config.json").read_text())
    assert f"{config['vocab_size']:,} × {config['hidden_size']:,}" in words
    assert text(language, "models.missing.none") in words
    # its own card, as it stands in the folder
    assert "CC BY-SA" in words
    assert not test.code


def test_a_record_of_the_training_is_drawn(folder: Path) -> None:
    line = {"tokens": 1e6, "mlm_loss": 7.0, "nsp_accuracy": 0.5}
    training = {
        "tokens_seen": 25_200_000,
        "heldout": {"packed_64": {"mlm_loss": 4.214, "mlm_top1": 0.321, "nsp_accuracy": 0.833}},
        "continued_from": {
            "name": "older",
            "training": {"heldout": {"packed_64": {"mlm_loss": 4.5, "nsp_accuracy": 0.8}}},
        },
        "curve": [line, {**line, "tokens": 2e6, "mlm_loss": 6.0}],
    }
    (folder / "training.json").write_text(json.dumps(training))
    test = models_page(str(folder))
    assert not test.exception
    words = shown(test)
    assert "25.2 M" in words
    table = {
        row.split(" | ")[0]: row.split(" | ")[1]
        for row in words.replace("\u00a0", " ").split("\n")
        if row.count(" | ") == 1
    }
    # in brackets what it was before the run; a figure that the record does not have has no row
    figures = {
        name: table.get(f"| {text('en', f'models.figure.{name}')}") for name in HELD_OUT_FIGURES
    }
    assert figures == {
        "mlm_loss": "4.21 (4.50) |",
        "mlm_top1": "32.1 % |",
        "mlm_top1_masked": None,
        "mlm_top5": None,
        "nsp_accuracy": "83.3 % (80.0 %) |",
        "nsp_accuracy_unmasked": None,
    }
    assert text("en", "models.heldout.before") in words
    assert len(test.get("plotly_chart")) == 3


@pytest.mark.parametrize("content", ["{", "[]", '{"curve": 3, "heldout": "x"}', "{}"])
def test_a_record_of_another_kind_does_no_harm(folder: Path, content: str) -> None:
    (folder / "training.json").write_text(content)
    test = models_page(str(folder))
    assert not test.exception
    assert len(test.get("plotly_chart")) == 1


def test_anybodys_model_card_is_shown_as_plain_text(folder: Path) -> None:
    card = "# Card\n![](http://example.org/picture.png) <script>alert(1)</script> :red[x]"
    (folder / "README.md").write_text(card)
    test = models_page(str(folder))
    assert [code.value for code in test.code] == [card]
    assert "example.org" not in "".join(box.value for box in test.markdown)


def test_a_folder_without_card_and_record_says_so(folder: Path) -> None:
    (folder / "README.md").unlink()
    (folder / "training.json").unlink(missing_ok=True)
    words = shown(models_page(str(folder)))
    assert text("en", "models.card.none") in words
    assert text("en", "models.training.none") in words


def test_missing_heads_are_named(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {key: value for key, value in weights.items() if not key.startswith("cls.")}
    save_file(kept, folder / "model.safetensors")
    test = models_page(str(folder))
    assert not test.exception
    warnings = [warning.value for warning in test.warning]
    assert text("en", "models.missing.mlm") in warnings
    assert text("en", "models.missing.nsp") in warnings
    # … and are not counted
    rows = shown(test).split("\n")
    assert not [row for row in rows if row.startswith(f"| {text('en', 'models.part.mlm')} |")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_concluded_about_a_folder_is_said(folder: Path, language: str) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    capitals = [line.title() if line.isalpha() else line for line in lines]
    (folder / "vocab.txt").write_text("\n".join(capitals), encoding="utf-8")
    test = models_page(str(folder), language)
    assert not test.exception
    said = [info.value.replace("\\", "") for info in test.info]
    assert text(language, "models.note.cased", value="vocab.txt") in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_to_do_is_said_where_the_model_cannot_be_opened(folder: Path, language: str) -> None:
    (folder / "config.json").unlink()
    test = models_page(str(folder), language)
    assert not test.exception
    assert ["config.json" in error.value.replace("\\", "") for error in test.error] == [True]
    assert text(language, "models.remedy.no_config") in shown(test)


def test_an_uploaded_zip_file_is_unpacked_and_opened(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    packed = Path(shutil.make_archive(str(tmp_path / "given"), "zip", folder))
    test = models_page()
    for content, opens in ((b"no zip file", False), (packed.read_bytes(), True)):
        test.file_uploader(key="models_upload").set_value(("given.zip", content, "application/zip"))
        test.run()
        [button] = [b for b in test.button if b.label == text("en", "models.open.upload_button")]
        button.click().run()
        assert not test.exception
        assert bool(test.error) != opens
        if not opens:
            assert "given.zip cannot be unpacked" in test.error[0].value.replace("\\", "")
    assert test.session_state["model"].startswith(str(tmp_path / "cache"))
    assert "12,288 × 256" in shown(test)
