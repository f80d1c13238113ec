"""The mean of checkpoints, worked out here once more."""

import json
from pathlib import Path

import pytest
import torch

from bert_core.checkpoint import load_checkpoint, save_checkpoint
from bert_core.pretraining.__main__ import main
from bert_core.pretraining.average import average_checkpoints
from tests.viz_app.toy import toy_bert


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Two checkpoints that differ in their weights."""
    folders = [tmp_path / "one", tmp_path / "other"]
    bert = toy_bert()
    for number, folder in enumerate(folders):
        with torch.no_grad():
            for weight in bert.model.parameters():
                weight.add_(number * torch.randn(weight.shape, generator=torch.manual_seed(1)))
        save_checkpoint(folder, bert.model, bert.tokenizer, dtype=torch.float32)
    return folders


def test_every_weight_is_the_mean(two: list[Path], tmp_path: Path) -> None:
    one, other = (load_checkpoint(folder).model.state_dict() for folder in two)
    mean = average_checkpoints([*two, two[1]]).model.state_dict()
    assert any(not torch.equal(one[name], other[name]) for name in one)
    for name, weight in mean.items():
        torch.testing.assert_close(weight, (one[name] + 2 * other[name]) / 3)
    folder = tmp_path / "mean"
    arguments = ["average", "--checkpoint", *map(str, two), "--output", str(folder)]
    assert main(arguments) == 0
    for name, weight in load_checkpoint(folder).model.state_dict().items():
        torch.testing.assert_close(weight, (one[name] + other[name]) / 2, rtol=1e-3, atol=1e-4)


def test_what_does_not_belong_together_has_no_mean(two: list[Path]) -> None:
    with pytest.raises(ValueError, match="two checkpoints or more, got 1"):
        average_checkpoints(two[:1])
    config = two[1] / "config.json"
    values = json.loads(config.read_text())
    config.write_text(json.dumps(values | {"layer_norm_eps": 0.5}))
    with pytest.raises(ValueError, match="one and .*other differ in their configuration"):
        average_checkpoints(two)
    config.write_text(json.dumps(values))
    (two[1] / "tokenizer.json").unlink()
    vocabulary = two[1] / "vocab.txt"
    *words, before, last = vocabulary.read_text(encoding="utf-8").split()
    vocabulary.write_text("\n".join([*words, last, before]), encoding="utf-8")
    with pytest.raises(ValueError, match="differ in their vocabulary"):
        average_checkpoints(two)
