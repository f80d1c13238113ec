import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bert_core import checkpoint
from bert_core.assets import ASSETS
from bert_core.bert import Bert, load
from bert_core.problems import CheckpointError, Problem
from bert_core.quantities import PARAMETER_PARTS
from tests.viz_app.toy import toy_bert
from viz_app.view_models.checkpoint_facts import (
    HELD_OUT_FIGURES,
    LOAD_ERRORS,
    LONGEST_CARD,
    model_card,
    parameter_parts,
    read_training,
)


def worked_out(formula: str) -> int:
    """The value of a formula of whole numbers, +, × and brackets."""
    arithmetic = formula.replace(",", "").replace("×", "*")
    assert set(arithmetic) <= set("0123456789 +*()")
    return int(eval(arithmetic))


@pytest.mark.parametrize("tied", [True, False])
def test_every_parameter_is_counted_once_and_as_its_formula_says(tied: bool) -> None:
    bert = toy_bert(tied=tied)
    parts = parameter_parts(bert)
    assert tuple(part.name for part in parts) == PARAMETER_PARTS
    assert sum(part.count for part in parts) == sum(p.numel() for p in bert.model.parameters())
    for part in parts:
        assert worked_out(part.formula) == part.count, part.name


def test_a_part_worked_by_hand() -> None:
    counts = {part.name: part.count for part in parameter_parts(toy_bert())}
    # 3 layers, each with four 20 × 20 matrices and their biases
    assert counts["attention"] == 3 * 4 * (400 + 20)
    # 20 words of 20 numbers
    assert counts["word"] == 400
    # one LayerNorm after the embeddings, two in each of 3 layers, weight and bias of 20
    assert counts["layer_norm"] == 7 * 40


def test_what_the_checkpoint_lacks_is_not_counted() -> None:
    toy = toy_bert()
    lacking = Bert("toy", toy.model, toy.tokenizer, {"mlm": "none", "nsp": "none"})
    assert {"mlm", "nsp"}.isdisjoint(part.name for part in parameter_parts(lacking))


def test_what_stands_in_a_models_folder(tmp_path: Path) -> None:
    shipped = ASSETS / "checkpoints" / "mini-en"
    assert "licence" in (model_card(shipped, "en") or "")
    assert "许可" in (model_card(shipped, "zh") or "")
    assert model_card(tmp_path, "en") is None
    assert read_training(tmp_path) is None


def test_a_long_card_is_cut_and_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"\xff" + b"x" * (LONGEST_CARD * 3))
    card = model_card(tmp_path, "zh")
    assert card is not None
    assert len(card) == LONGEST_CARD


def record(folder: Path, **values: Any) -> None:
    (folder / "training.json").write_text(json.dumps(values))


def test_a_record_as_the_training_writes_it(tmp_path: Path) -> None:
    line = {"tokens": 4096, "seconds": 1.0, "mlm_loss": 9.1, "nsp_loss": 0.7, "nsp_accuracy": 0.5}
    record(
        tmp_path,
        corpus={"files": ["a.xz", "b.xz"], "tokens": 1_000_000, "digest": "x", "weights": {}},
        continued_from={"name": "older", "training": {"tokens_seen": 1e6, "heldout": {}}},
        tokens_seen=8192,
        steps=2,
        seconds=61.5,
        device="cpu, 2 threads",
        seed=0,
        batch_tokens=4096,
        heldout={"packed_64": {"mlm_loss": 4.2, "mlm_top1": 0.3, "nsp_accuracy": 0.8}},
        everyday={"cloze_top5": 0.4, "clozes": 50, "nsp_accuracy": 0.7, "pairs": 40},
        curve=[line, {**line, "tokens": 8192, "mlm_loss": 8.5}],
    )
    found = read_training(tmp_path)
    assert found is not None
    assert (found.tokens_seen, found.steps, found.seed, found.seconds) == (8192, 2, 0, 61.5)
    assert found.corpus_files == ("a.xz", "b.xz")
    assert (found.continued_from, found.device) == ("older", "cpu, 2 threads")
    assert found.earlier is not None
    assert found.earlier.tokens_seen == 1e6
    [heldout] = found.heldout
    assert (heldout.kind, heldout.mlm_loss, heldout.mlm_top5) == ("packed_64", 4.2, None)
    assert (found.cloze_top5, found.everyday_nsp) == (0.4, 0.7)
    assert found.curve is not None
    np.testing.assert_array_equal(found.curve.tokens, [4096, 8192])
    np.testing.assert_array_equal(found.curve.mlm_loss, [9.1, 8.5])
    record(tmp_path, curve=[line])  # one point is no curve
    found = read_training(tmp_path)
    assert found is not None and found.curve is None


def test_the_record_keeps_the_names_that_the_training_writes() -> None:
    # If the loop renames a figure, this page would silently lose it.
    source = Path(__file__).resolve().parents[3] / "bert_core" / "pretraining"
    text = "".join(path.read_text(encoding="utf-8") for path in source.glob("*.py"))
    for name in (
        *("tokens_seen", "steps", "seconds", "batch_tokens", "seed", "device", "corpus", "files"),
        *("continued_from", "heldout", "everyday", "curve", "cloze_top5", *HELD_OUT_FIGURES),
        *("packed_64", "packed_128", "single_sentences"),
    ):
        assert f'"{name}"' in text or f"{name}=" in text, name


@pytest.mark.parametrize(
    "value",
    ["x", None, True, [], {}, float("nan"), float("inf"), 10**400],
    ids=["text", "null", "true", "list", "object", "nan", "infinity", "huge"],
)
def test_a_record_with_other_types_is_read_as_far_as_it_goes(tmp_path: Path, value: Any) -> None:
    names = ("corpus", "heldout", "everyday", "curve", "tokens_seen", "continued_from", "device")
    record(tmp_path, steps=7, **dict.fromkeys(names, value))
    found = read_training(tmp_path)
    assert found is not None
    assert found.steps == 7
    assert found.tokens_seen is None
    assert found.earlier is None
    assert found.continued_from is None
    assert not found.heldout
    assert not found.corpus_files
    assert found.curve is None
    record(
        tmp_path, heldout={"a": value}, curve=[value, {"tokens": value}], corpus={"files": value}
    )
    found = read_training(tmp_path)
    assert found is not None
    assert not found.heldout
    assert not found.corpus_files


@pytest.mark.parametrize("text", ["{", "[1]", "3", "\x00", "[" * 100_000])
def test_a_broken_record_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "training.json").write_text(text)
    with pytest.raises(ValueError, match=r"training\.json"):
        read_training(tmp_path)


def error_when_opening(name: str) -> CheckpointError:
    """The error with which a model cannot be opened."""
    with pytest.raises(CheckpointError) as error:
        load(name, device="cpu")
    return error.value


def fits(problem: str, message: str) -> bool:
    """Whether a message is the one that the page describes."""
    pattern = ".*".join(re.escape(piece) for piece in LOAD_ERRORS[problem].split("…"))
    return re.search(pattern, message) is not None


def test_the_messages_that_the_page_explains_are_those_of_the_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file, save_file

    errors = [error_when_opening("no such model"), error_when_opening(str(tmp_path))]
    folder = tmp_path / "copy"
    shutil.copytree(ASSETS / "checkpoints" / "mini-en", folder)
    weights, config = folder / "model.safetensors", folder / "config.json"
    state, values = load_file(weights), json.loads(config.read_text())

    def with_weight(name: str, weight: torch.Tensor) -> CheckpointError:
        save_file({**state, name: weight}, weights)
        return error_when_opening(str(folder))

    def with_config(content: str) -> CheckpointError:
        config.write_text(content)
        return error_when_opening(str(folder))

    query = "bert.encoder.layer.0.attention.self.query.weight"
    errors += [
        with_weight(query, torch.zeros(2, 2)),
        with_weight(query, torch.full_like(state[query], torch.inf)),
        with_config(json.dumps({**values, "num_hidden_layers": 12})),
        with_config(json.dumps({**values, "vocab_size": 100})),
        with_config(json.dumps({**values, "model_type": "roberta"})),
        with_config("{"),
    ]
    config.write_text(json.dumps(values))
    with monkeypatch.context() as patch:
        versions = iter([(), (("config.json", 1, 1, 1),)])
        patch.setattr(checkpoint, "version_of", lambda folder: next(versions))
        errors.append(error_when_opening(str(folder)))
    save_file({name: weight for name, weight in state.items() if name != query}, weights)
    errors.append(error_when_opening(str(folder)))
    errors.append(with_weight("old.embeddings.word_embeddings.weight", torch.zeros(2, 2)))
    weights.write_text("version https://git-lfs.github.com/spec/v1")
    errors.append(error_when_opening(str(folder)))
    weights.unlink()
    errors.append(error_when_opening(str(folder)))
    (folder / "tf_model.h5").touch()
    errors.append(error_when_opening(str(folder)))
    torch.save({"weights": tmp_path}, folder / "pytorch_model.bin")
    errors.append(error_when_opening(str(folder)))
    (folder / "tokenizer.json").write_text("{")
    errors.append(error_when_opening(str(folder)))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "model.zip").write_text("no zip file")
    errors.append(error_when_opening(str(tmp_path / "model.zip")))
    errors.append(error_when_opening("no-such-owner/no-such-bert"))  # tests have no network
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    errors.append(error_when_opening("no-such-owner/no-such-bert"))

    said = {str(error.problem): str(error) for error in errors}
    assert len(said) == len(errors)
    assert said.keys() == LOAD_ERRORS.keys() == set(Problem)
    assert {name: message for name, message in said.items() if not fits(name, message)} == {}
