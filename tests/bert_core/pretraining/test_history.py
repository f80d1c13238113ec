"""Snapshots: small, of known error, and models again when loaded."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bert_core.pretraining.history import (
    list_snapshots,
    load_snapshot,
    pack_weights,
    quantise_rows,
    save_snapshot,
)
from tests.bert_core.pretraining.conftest import tiny_model


def test_each_row_has_its_own_step() -> None:
    matrix = torch.tensor([[127.0, -64.0, 0.4], [0.254, -0.002, 0.127], [0.0, 0.0, 0.0]])
    values, scale = quantise_rows(matrix)
    assert values.tolist() == [[127, -64, 0], [127, -1, 63], [0, 0, 0]]
    assert scale.dtype == torch.float16 and values.dtype == torch.int8
    restored = values.float() * scale.float()[:, None]
    assert ((restored - matrix).abs() <= 0.51 * scale.float()[:, None] + 1e-9).all()


def test_snapshot_is_a_quarter_of_the_weights_and_says_its_error(tmp_path: Path) -> None:
    model = tiny_model(99)
    exact = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    snapshot = save_snapshot(tmp_path / "a" / "003.safetensors", model, 5, 700, 2.25)
    found, path = list_snapshots(tmp_path / "a")[0]
    assert found == snapshot and path.name == "003.safetensors"
    assert (snapshot.step, snapshot.tokens, snapshot.seconds) == (5, 700, 2.2)
    assert 0 < snapshot.relative_error < 0.01
    restored = load_snapshot(path, model.config)
    assert not restored.training
    worst = 0.0
    for name, tensor in restored.state_dict().items():
        if exact[name].norm() > 0:
            worst = max(worst, float((tensor - exact[name]).norm() / exact[name].norm()))
    assert worst == pytest.approx(snapshot.relative_error, abs=2e-6)
    packed, _ = pack_weights(exact)
    stored = sum(
        t.numel() * t.element_size() for n, t in packed.items() if "embeddings.weight" in n
    )
    whole = sum(t.numel() * 4 for n, t in exact.items() if "embeddings.weight" in n)
    assert stored < 0.3 * whole


def test_outputs_stay_close(tmp_path: Path) -> None:
    model = tiny_model(99).eval()
    save_snapshot(tmp_path / "000.safetensors", model, 0, 0, 0.0)
    restored = load_snapshot(tmp_path / "000.safetensors", model.config)
    input_ids = torch.arange(3 * 7).reshape(3, 7)
    with torch.no_grad():
        expected, found = model(input_ids), restored(input_ids)
    # 8-bit steps are 1/127 of a row's largest weight
    difference = (found.mlm_logits - expected.mlm_logits).norm() / expected.mlm_logits.norm()
    assert difference < 0.03


def test_history_is_in_the_order_of_training(tmp_path: Path) -> None:
    for step in (10, 100, 0):
        save_snapshot(tmp_path / f"{step:03d}.safetensors", tiny_model(9), step, step, 0.0)
    assert [entry.step for entry, _ in list_snapshots(tmp_path)] == [0, 10, 100]
    assert list_snapshots(tmp_path / "absent") == []


def test_snapshot_of_another_size_is_refused(tmp_path: Path) -> None:
    model = tiny_model(99)
    save_snapshot(tmp_path / "000.safetensors", model, 0, 0, 0.0)
    for other in (replace(model.config, hidden_size=24), replace(model.config, vocab_size=98)):
        with pytest.raises(ValueError, match="000.safetensors does not fit"):
            load_snapshot(tmp_path / "000.safetensors", other)


def test_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "000.safetensors"
    save_snapshot(path, tiny_model(9), 0, 0, 0.0)
    before = path.read_bytes()

    def full(packed: object, unfinished: Path, metadata: object) -> None:
        unfinished.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("bert_core.pretraining.history.save_file", full)
    with pytest.raises(OSError, match="No space left"):
        save_snapshot(path, tiny_model(9, seed=4), 9, 9, 9.0)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["000.safetensors"]
