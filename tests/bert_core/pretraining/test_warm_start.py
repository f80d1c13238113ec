"""An encoder without heads becomes a model that training continues from."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bert_core.bert import load
from bert_core.checkpoint import load_checkpoint, save_checkpoint
from bert_core.model import WORD_EMBEDDINGS
from bert_core.pretraining.__main__ import main
from bert_core.pretraining.documents import Corpus
from bert_core.pretraining.warm_start import (
    MLM_BIAS,
    card_licence,
    draw_missing_heads,
    log_frequencies,
)
from bert_core.tokenizer import BertTokenizer
from tests.bert_core.pretraining.conftest import tiny_model

CARD = "---\nlanguage: en\nlicense: apache-2.0\ntags:\n- x\n---\n# Tiny\nlicense: not this one\n"


@pytest.fixture
def encoder(tokenizer: BertTokenizer, tmp_path: Path) -> Path:
    """A folder as sentence encoders are published: no prefix, no heads, tokenizer.json alone."""
    folder = tmp_path / "published" / "encoder"
    save_checkpoint(folder, tiny_model(tokenizer.vocab_size), tokenizer, dtype=torch.float32)
    weights = load_file(folder / "model.safetensors")
    body = {
        key.removeprefix("bert."): tensor
        for key, tensor in weights.items()
        if key.startswith("bert.")
    }
    save_file(body, folder / "model.safetensors")
    (folder / "vocab.txt").unlink()
    (folder / "README.md").write_text(CARD)
    return folder


def without(folder: Path, prefix: str) -> None:
    """Take weights out of a checkpoint."""
    file = folder / "model.safetensors"
    kept = {key: value for key, value in load_file(file).items() if not key.startswith(prefix)}
    save_file(kept, file)


def warm_start(source: Path, text_files: list[Path], output: Path, *more: str) -> list[str]:
    return [
        *("warm-start", "--from", str(source), "--text", *map(str, text_files)),
        *("--output", str(output), "--cache", str(output.parent / "cache"), *more),
    ]


def test_the_bias_is_the_log_of_the_shares(corpus: Corpus, tokenizer: BertTokenizer) -> None:
    bias = log_frequencies(corpus, tokenizer.vocab_size)
    counts = Counter(corpus.ids.tolist())
    one, other = counts.most_common(40)[0], counts.most_common(40)[-1]
    assert one[1] > 2 * other[1] and bias.dtype == torch.float32
    assert float(bias[one[0]] - bias[other[0]]) == pytest.approx(
        np.log((one[1] + 1) / (other[1] + 1)), rel=1e-5
    )
    assert float(bias.mean()) == pytest.approx(0, abs=1e-5)
    assert float(bias[tokenizer.pad_id]) == pytest.approx(float(bias.min())), "[PAD] never occurs"


def test_the_heads_are_drawn_as_the_configuration_says(
    encoder: Path, corpus: Corpus, tokenizer: BertTokenizer
) -> None:
    models = []
    for seed in (1, 1, 2):
        loaded = load_checkpoint(encoder)
        assert draw_missing_heads(loaded, corpus, seed) == ("mlm", "nsp")
        models.append(loaded.model)
    model, same, other = models
    transform = model.cls.predictions.transform
    for linear in (transform.dense, model.cls.seq_relationship):
        assert not linear.bias.any()
        # 0.05 is the tiny model's initializer_range
        assert float(linear.weight.detach().std()) == pytest.approx(0.05, rel=0.25)
    assert (transform.LayerNorm.weight == 1).all() and not transform.LayerNorm.bias.any()
    assert torch.equal(model.cls.predictions.bias, log_frequencies(corpus, tokenizer.vocab_size))
    weight = "cls.predictions.transform.dense.weight"
    assert torch.equal(model.state_dict()[weight], same.state_dict()[weight])
    assert not torch.equal(model.state_dict()[weight], other.state_dict()[weight])


def test_from_an_encoder_to_a_trained_model_with_its_record(
    encoder: Path, text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start, run = tmp_path / "start", tmp_path / "run"
    digest = hashlib.sha256((encoder / "model.safetensors").read_bytes()).hexdigest()
    body = load_checkpoint(encoder).model.bert.state_dict()
    assert main(warm_start(encoder, text_files, start, "--seed", "5")) == 0
    told = capsys.readouterr()
    record = json.loads((start / "training.json").read_text())
    assert json.loads(told.out) == record["warm_start"]
    assert record["warm_start"] == {
        "source": {
            "name": "published/encoder",
            "licence": "apache-2.0",
            "weights": {"file": "model.safetensors", "sha256": digest},
        },
        "kept": ["pooler"],
        "drawn": ["mlm", "nsp"],
        "seed": 5,
    }
    assert record["corpus"]["files"] == ["even.txt", "odd.txt"] and record["tokens_seen"] == 0
    assert not told.err
    bert = load(str(start), device="cpu")
    assert not bert.missing
    for name, weight in bert.model.bert.state_dict().items():
        torch.testing.assert_close(weight, body[name], rtol=1e-3, atol=1e-4)

    train = ["train", "--text", *map(str, text_files), "--folder", str(run), "--steps", "2"]
    more = ["--init-from", str(start), "--cache", str(tmp_path / "cache"), "--device", "cpu"]
    assert main([*train, *more, "--batch-tokens", "512"]) == 0
    training = json.loads((run / "checkpoint" / "training.json").read_text())
    assert training["continued_from"] == {"name": "start", "training": record}


def test_a_head_that_is_there_is_kept(
    tokenizer: BertTokenizer, corpus: Corpus, text_files: list[Path], tmp_path: Path
) -> None:
    whole = tiny_model(tokenizer.vocab_size)
    expected = {name: weight.clone() for name, weight in whole.state_dict().items()}
    source, output = tmp_path / "source", tmp_path / "output"
    save_checkpoint(source, whole, tokenizer, dtype=torch.float32)
    without(source, "bert.pooler.")
    (source / "training.json").write_text('{"tokens_seen": 7}')
    assert main(warm_start(source, text_files, output)) == 0
    record = json.loads((output / "training.json").read_text())
    # an NSP head that read another pooler is of no use
    assert record["warm_start"]["drawn"] == ["pooler", "nsp"]
    assert record["warm_start"]["kept"] == ["mlm"]
    assert record["continued_from"] == {"name": "source", "training": {"tokens_seen": 7}}
    found = load_checkpoint(output).model.state_dict()
    for name, weight in expected.items():
        drawn = name.startswith(("bert.pooler.dense.w", "cls.seq_relationship.w"))
        assert torch.allclose(found[name], weight, rtol=1e-3, atol=1e-4) is not drawn, name


def test_a_licence_is_given_by_hand_or_unknown(
    encoder: Path, text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    (encoder / "README.md").unlink()
    for more, expected in (((), "unknown"), (("--licence", "MIT"), "MIT")):
        assert main(warm_start(encoder, text_files, output, *more)) == 0
        record = json.loads((output / "training.json").read_text())
        assert record["warm_start"]["source"]["licence"] == expected
        assert ("--licence" in capsys.readouterr().err) is (expected == "unknown")


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (CARD, "apache-2.0"),
        ("---\nlicense: 'mit'\n---\n", "mit"),
        ("# A card\nlicense: mit\n", None),
        ("---\nlicense:\n- mit\n---\n", None),
        ("---\nlicense: mit", None),
    ],
)
def test_the_licence_stands_in_the_cards_front_matter(
    card: str, licence: str | None, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text(card)
    assert card_licence(tmp_path) == licence


def test_an_encoder_is_not_trained_before_it_has_heads(
    encoder: Path, text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--text", str(text_files[0]), "--folder", str(tmp_path / "run")]
    cache = ["--cache", str(tmp_path / "cache"), "--steps", "1", "--device", "cpu"]
    assert main([*arguments, *cache, "--init-from", str(encoder)]) == 1
    error = capsys.readouterr().err
    assert "encoder has no mlm, nsp part" in error and "warm-start" in error


def test_a_model_of_one_segment_is_turned_away(
    encoder: Path, text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads((encoder / "config.json").read_text())
    (encoder / "config.json").write_text(json.dumps(config | {"type_vocab_size": 1}))
    weights = load_file(encoder / "model.safetensors")
    name = "embeddings.token_type_embeddings.weight"
    save_file(weights | {name: weights[name][:1].clone()}, encoder / "model.safetensors")
    assert main(warm_start(encoder, text_files, tmp_path / "output")) == 1
    assert "one segment" in capsys.readouterr().err
    assert main(warm_start(tmp_path / "absent", text_files, tmp_path / "output")) == 1
    assert "neither a folder nor one of" in capsys.readouterr().err


def test_the_layers_take_another_vocabulary(
    encoder: Path, text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What both vocabularies have keeps its vector; what is new gets one of the same kind."""
    start, moved, folder = tmp_path / "start", tmp_path / "moved", tmp_path / "vocabulary"
    assert main(warm_start(encoder, text_files, start)) == 0
    old = load(str(start), device="cpu")
    kept = [old.tokenizer.token(number) for number in range(0, old.tokenizer.vocab_size, 2)]
    new = ["我", "们", *(f"{letter}猫" for letter in "abcdefgh")]
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    folder.mkdir()
    words = [*specials, *new, *(piece for piece in kept if piece not in specials)]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    capsys.readouterr()
    assert main(warm_start(start, text_files, moved, "--vocabulary", str(folder))) == 0
    record = json.loads(capsys.readouterr().out)
    there = load(str(moved), device="cpu")
    shared = [word for word in words if word not in new]
    assert record["vocabulary"] == {"pieces": len(words), "embeddings_kept": len(shared)}
    assert record["kept"] == ["pooler", "mlm", "nsp"] and not record["drawn"]
    before, after = old.model.state_dict(), there.model.state_dict()
    ids = {old.tokenizer.token(number): number for number in range(old.tokenizer.vocab_size)}
    for number, word in enumerate(words):
        vector = after[WORD_EMBEDDINGS][number]
        if word in shared:
            torch.testing.assert_close(vector, before[WORD_EMBEDDINGS][ids[word]])
        else:
            assert 0.2 < float(vector.norm() / before[WORD_EMBEDDINGS].norm(dim=1).mean()) < 5
    for name in before:
        if name not in (WORD_EMBEDDINGS, MLM_BIAS, "cls.predictions.decoder.weight"):
            torch.testing.assert_close(after[name], before[name])
    assert float(after[MLM_BIAS].mean()) == pytest.approx(0, abs=1e-3)
    assert after[MLM_BIAS][5] == after[MLM_BIAS].min(), "it never occurs in the text"
