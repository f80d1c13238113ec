"""The whole pipeline by its command line, alone and as two processes, on the tests' own text."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bert_core import load
from bert_core.pretraining.__main__ import main
from bert_core.pretraining.history import list_snapshots, load_snapshot
from bert_core.pretraining.loop import Run, read_metrics
from tests.bert_core.pretraining.conftest import write_text

SMALL = "--layers 2 --heads 4 --hidden 20 --inner 37 --batch-tokens 512 --device cpu".split()


def train_arguments(text_files: list[Path], run: Path, *more: str) -> list[str]:
    texts = [str(path) for path in text_files]
    cache = str(run.parent / "cache")
    return ["train", "--text", *texts, "--folder", str(run), "--cache", cache, *SMALL, *more]


def test_from_text_to_a_model_that_answers(
    text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    heldout = ["--heldout", str(text_files[1])]
    arguments = train_arguments(
        text_files[:1], run, *heldout, "--vocabulary", "120", "--steps", "8", "--seed", "5"
    )
    assert main([*arguments, "--weight", "even.txt=1.5"]) == 0
    bert = load(str(run / "checkpoint"), device="cpu")
    assert bert.config.hidden_size == 20 and bert.config.vocab_size == bert.tokenizer.vocab_size
    assert len(bert.fill_mask("The dog walked to the [MASK].")[0]) == 5
    bert.next_sentence("The dog laughed.", "Was it still good?")

    training = json.loads((run / "checkpoint" / "training.json").read_text(encoding="utf-8"))
    assert training["corpus"]["files"] == ["even.txt"]
    assert training["corpus"]["weights"] == {"even.txt": 1.5}
    assert training["steps"] == 8 and training["seed"] == 5
    assert training["tokens_seen"] > 0 and training["seconds"] > 0
    assert training["device"].startswith("cpu")
    assert training["precision"] in ("float32", "bfloat16")
    assert set(training["heldout"]) == {"packed_64", "packed_128", "single_sentences"}
    assert training["everyday"]["clozes"] == 40
    assert training["continued_from"] is None
    assert training["lengths"] == ["128=0.25", "64=0.35", "single=0.4"]
    # the last fifth of 8 steps is one step: its mean are the weights that it ended with
    assert (training["average"]["steps"], training["average"]["kept"]) == (1, "last")
    assert training["curve"][-1]["tokens"] == training["tokens_seen"]

    names = sorted(path.stem for _, path in list_snapshots(run / "history"))
    assert names == ["000", "001", "003", "010", "030", "100"]
    last = load_snapshot(list_snapshots(run / "history")[-1][1], bert.config)
    for name, tensor in last.state_dict().items():
        torch.testing.assert_close(tensor, bert.model.state_dict()[name], rtol=0.02, atol=0.01)

    assert main(["plot", "--folder", str(run), "--output", str(tmp_path / "curve.svg")]) == 0
    assert "masked-word loss" in (tmp_path / "curve.svg").read_text(encoding="utf-8")
    capsys.readouterr()
    language = ["--language", "en"]
    cache = ["--cache", str(tmp_path / "cache"), "--device", "cpu"]
    assert (
        main(["evaluate", "--checkpoint", str(run / "checkpoint"), *heldout, *cache, *language])
        == 0
    )
    judged = json.loads(capsys.readouterr().out)
    assert judged["everyday"]["pairs"] == training["everyday"]["pairs"]
    one_kind = ["--kinds", "packed_64"]
    evaluate = ["evaluate", "--checkpoint", str(run / "checkpoint"), *heldout, *cache]
    assert main([*evaluate, *one_kind]) == 0
    assert json.loads(capsys.readouterr().out) == {"packed_64": judged["packed_64"]}
    # the checkpoint holds float16 weights
    assert judged["packed_64"]["mlm_loss"] == pytest.approx(
        training["heldout"]["packed_64"]["mlm_loss"], abs=0.005
    )


def test_weights_can_be_continued(text_files: list[Path], tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    fresh = ["--vocabulary", "120", "--steps", "2"]
    assert main(train_arguments(text_files, first, *fresh)) == 0
    continued = ["--init-from", str(first / "checkpoint"), "--steps", "2", "--dropout", "0.2"]
    assert main(train_arguments(text_files, second, *continued)) == 0
    one, other = (load(str(run / "checkpoint"), device="cpu") for run in (first, second))
    assert other.config.hidden_dropout_prob == 0.2
    training = json.loads((second / "checkpoint" / "training.json").read_text(encoding="utf-8"))
    assert training["continued_from"]["name"] == "checkpoint"
    assert training["continued_from"]["training"]["steps"] == 2
    start = load_snapshot(list_snapshots(second / "history")[0][1], other.config)
    for name, tensor in one.model.state_dict().items():
        torch.testing.assert_close(start.state_dict()[name], tensor, rtol=0.02, atol=0.01)


def test_longer_pairs_by_option(
    text_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = ["--lengths", "160=0.75", "single=0.25"]
    run = tmp_path / "run"
    arguments = [*train_arguments(text_files, run, "--vocabulary", "120", "--steps", "1"), *long]
    assert main(arguments) == 0
    assert load(str(run / "checkpoint"), device="cpu").config.max_position_embeddings == 160
    training = json.loads((run / "checkpoint" / "training.json").read_text())
    assert training["lengths"] == ["160=0.75", "single=0.25"]
    assert main([*arguments[:-1], "single=0.5"]) == 1
    assert "another mix" in capsys.readouterr().err
    more = ["--init-from", str(run / "checkpoint"), "--steps", "1", "--lengths", "192=1"]
    assert main(train_arguments(text_files, tmp_path / "longer", *more)) == 1
    assert "Pairs of up to 192 tokens; checkpoint reads 160" in capsys.readouterr().err


def test_fresh_model_knows_the_frequencies(text_files: list[Path], tmp_path: Path) -> None:
    arguments = train_arguments(text_files, tmp_path / "run", "--vocabulary", "120")
    assert main([*arguments, "--steps", "1", "--log-steps", "1", "--warmup", "0.5"]) == 0
    loss = read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]["mlm_loss"]
    assert loss < 0.97 * np.log(120)


def test_chinese_is_learnt_by_character(tmp_path: Path) -> None:
    documents = [
        ["今天天气很好。", "我们去公园。"],
        ["他读ABC书两页。", "书很好看。", "天黑了。"],
    ] * 9
    text = write_text(tmp_path / "zh.txt", documents)
    arguments = train_arguments([text], tmp_path / "run", "--vocabulary", "80", "--steps", "1")
    assert main([*arguments, "--language", "zh"]) == 0
    tokenizer = load(str(tmp_path / "run" / "checkpoint"), device="cpu").tokenizer
    assert list(tokenizer.encode("天气很好").tokens[1:-1]) == ["天", "气", "很", "好"]
    assert "abc" in tokenizer.encode("读ABC").tokens


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--weight", "even.txt"], "NAME=NUMBER"),
        (["--lengths", "128=0.5", "whole=0.5"], "TOKENS=SHARE or single=SHARE, got 'whole=0.5'"),
        (["--lengths", "600=1"], "a batch holds 512"),
        (["--weight", "third.txt=2"], "third.txt"),
        (["--init-from", "absent"], "absent"),
        (["--heldout", "absent.txt"], "absent.txt"),
    ],
)
def test_problems_are_told_in_one_line(
    change: list[str],
    message: str,
    text_files: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = [] if "--init-from" in change else ["--vocabulary", "120"]
    arguments = train_arguments(text_files, tmp_path / "run", *start, "--steps", "1", *change)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and message in error


def test_termination_saves_and_the_same_command_goes_on(
    text_files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_itself(run: Run, *rest: Any) -> torch.Tensor:
        losses = step(run, *rest)
        signal.raise_signal(signal.SIGTERM)
        return losses

    step = Run._step
    handler = signal.getsignal(signal.SIGTERM)
    arguments = train_arguments(text_files, tmp_path / "run", "--vocabulary", "120", "--steps", "3")
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_step", ends_itself)
        assert main(arguments) == 0
    assert signal.getsignal(signal.SIGTERM) == handler
    assert (tmp_path / "run" / "state.pt").exists()
    assert not (tmp_path / "run" / "checkpoint").exists()
    assert main(arguments) == 0
    training = json.loads((tmp_path / "run" / "checkpoint" / "training.json").read_text())
    assert training["steps"] == 3


def test_two_processes_do_what_one_does(text_files: list[Path], tmp_path: Path) -> None:
    """The same global batch, shared: the same losses and, in the end, the same weights."""
    more = "--vocabulary 120 --steps 5 --log-steps 1 --threads 1 --precision float32".split()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()}
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", "-m", "bert_core.pretraining"),
            *train_arguments(text_files, tmp_path / "two", *more),
        ],
        env=environment,
        check=True,
        timeout=100,
        capture_output=True,
    )
    # One process reads the same batches when told to keep their rows even.
    alone = [*train_arguments(text_files, tmp_path / "one", *more), "--rows-multiple", "2"]
    assert main(alone) == 0
    one, two = (read_metrics(tmp_path / name / "metrics.jsonl") for name in ("one", "two"))
    assert [line["tokens"] for line in one] == [line["tokens"] for line in two]
    for figure in ("mlm_loss", "nsp_loss", "nsp_accuracy"):
        expected = [line[figure] for line in one if figure in line]
        found = [line[figure] for line in two if figure in line]
        assert len(expected) == 5
        assert found == pytest.approx(expected, abs=2e-4), figure
    weights = [
        load(str(tmp_path / name / "checkpoint"), device="cpu").model.state_dict()
        for name in ("one", "two")
    ]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, rtol=0.02, atol=2e-3)
