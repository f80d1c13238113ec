"""The loop: it learns, it can be killed anywhere, and a full disk costs minutes, not the run."""

import itertools
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bert_core.pretraining.average import RunningMean
from bert_core.pretraining.batches import Batch, BatchSource, Position
from bert_core.pretraining.evaluate import Evaluation, evaluate, evaluation_batches
from bert_core.pretraining.history import list_snapshots, load_snapshot, save_snapshot
from bert_core.pretraining.loop import (
    Progress,
    Recipe,
    Run,
    SavePlan,
    Workers,
    generator_states,
    load_state,
    read_metrics,
    save_state,
)
from bert_core.pretraining.pairs import TRAINING_MIX
from bert_core.pretraining.schedule import Budget
from tests.bert_core.pretraining.conftest import tiny_model

NEVER = 1e9
QUIET = SavePlan(save_seconds=NEVER, log_steps=2, history=(), evaluations=())
CPU = torch.device("cpu")


class Killed(Exception):
    """Stands for a kill: nothing is saved on the way out."""


def kill_after(steps: int) -> Callable[[], bool]:
    count = itertools.count()

    def asked() -> bool:
        if next(count) == steps:
            raise Killed
        return False

    return asked


def stop_after(steps: int) -> Callable[[], bool]:
    count = itertools.count()
    return lambda: next(count) >= steps


def new_run(source: BatchSource, folder: Path, steps: int = 12, **changes: Any) -> Run:
    """A run with dropout, so that its generators matter, on a fresh model."""
    model = tiny_model(source.tokenizer.vocab_size, dropout=0.1)
    torch.manual_seed(11)
    return Run(model, source, Budget(steps=steps), folder, **{"save_plan": QUIET, **changes})


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.model.state_dict().items()}


def assert_same_end(one: Run, other: Run) -> None:
    """Bitwise equal weights, and the same figures at the same steps."""
    for name, tensor in weights(one).items():
        assert torch.equal(tensor, weights(other)[name]), name
    timeless = [
        [{k: v for k, v in line.items() if "second" not in k} for line in lines]
        for lines in (
            read_metrics(one.folder / "metrics.jsonl"),
            read_metrics(other.folder / "metrics.jsonl"),
        )
    ]
    assert timeless[0] == timeless[1]


def test_stopped_run_continues_as_if_nothing_had_happened(
    source: BatchSource, tmp_path: Path
) -> None:
    save_plan = SavePlan(
        save_seconds=NEVER, log_steps=2, history=(0.0, 0.5), evaluations=(0.0, 0.5, 0.8)
    )
    batches = evaluation_batches(source.corpus, source.tokenizer, TRAINING_MIX, 30)

    def run(name: str, **changes: Any) -> Run:
        made = new_run(source, tmp_path / name, save_plan=save_plan, **changes)
        made.evaluate = lambda: evaluate(made.model, batches, source.tokenizer.mask_id, CPU)
        return made

    whole = run("whole")
    whole.train()
    run("parts", stop_requested=stop_after(6)).train()
    with pytest.raises(Killed):  # what it does after step 6 is lost
        run("parts", stop_requested=kill_after(3)).train()
    last = run("parts")
    assert last.train().step == 12
    assert_same_end(whole, last)
    lines = read_metrics(last.folder / "metrics.jsonl")
    assert sum("heldout" in line for line in lines) == 3
    assert len(list((last.folder / "history").iterdir())) == 2


def test_killed_run_continues_from_its_last_state(source: BatchSource, tmp_path: Path) -> None:
    often = replace(QUIET, save_seconds=0.0, log_steps=1)
    whole = new_run(source, tmp_path / "whole", save_plan=often)
    whole.train()
    for steps in (4, 5):
        killed = new_run(
            source, tmp_path / "parts", save_plan=often, stop_requested=kill_after(steps)
        )
        with pytest.raises(Killed):
            killed.train()
    last = new_run(source, tmp_path / "parts", save_plan=often)
    last.train()
    assert_same_end(whole, last)


def test_finished_run_stays_finished(source: BatchSource, tmp_path: Path) -> None:
    run = new_run(source, tmp_path, steps=2)
    run.train()
    before = weights(run)
    again = new_run(source, tmp_path, steps=2)
    assert again.train().step == 2
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(again).items())


def test_other_settings_do_not_continue_a_state(source: BatchSource, tmp_path: Path) -> None:
    new_run(source, tmp_path, steps=2).train()
    other = new_run(replace(source, seed=99), tmp_path, steps=2, recipe=Recipe(warmup=0.4))
    with pytest.raises(ValueError, match="another recipe, seed"):
        other.train()
    coarser = new_run(replace(source, rows_multiple=2), tmp_path, steps=2)
    with pytest.raises(ValueError, match="another rows_multiple"):
        coarser.train()
    longer = new_run(source, tmp_path, steps=3)
    assert longer.train().step == 3, "the budget may change"


def test_a_state_of_an_earlier_version_is_continued(source: BatchSource, tmp_path: Path) -> None:
    new_run(source, tmp_path, steps=2).train()
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    del state["fingerprint"]["rows_multiple"]
    state["standing"] = state.pop("progress")
    del state["mean"]
    torch.save(state, tmp_path / "state.pt")
    assert new_run(source, tmp_path, steps=3).train().step == 3


def test_one_named_gpu_is_not_shared_by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="give cuda, not cuda:0"):
        Workers.from_environment(torch.device("cuda:0"))


def test_longer_budget_makes_its_own_end(source: BatchSource, tmp_path: Path) -> None:
    """The last snapshot is of the weights the longer run ends with, and it is evaluated again."""
    save_plan = replace(QUIET, history=(0.0, 1.0), evaluations=(0.0, 0.5, 1.0))
    batches = evaluation_batches(source.corpus, source.tokenizer, TRAINING_MIX, 10)
    for steps in (4, 8):
        run = new_run(source, tmp_path, steps=steps, save_plan=save_plan)
        run.evaluate = partial(evaluate, run.model, batches, source.tokenizer.mask_id, CPU)
        run.train()
    snapshots = [snapshot for snapshot, _ in list_snapshots(tmp_path / "history")]
    assert [snapshot.step for snapshot in snapshots] == [0, 8]
    lines = read_metrics(tmp_path / "metrics.jsonl")
    assert [line["step"] for line in lines if "heldout" in line] == [0, 2, 4, 8]


def stored_mean(folder: Path) -> tuple[int, dict[str, torch.Tensor]]:
    mean = torch.load(folder / "state.pt", weights_only=True)["mean"]
    return mean["steps"], mean["weights"]


def test_the_mean_is_that_of_the_weights_after_the_last_steps(
    source: BatchSource, tmp_path: Path
) -> None:
    after: list[dict[str, torch.Tensor]] = []

    def record() -> bool:
        after.append(weights(run))
        return False

    run = new_run(source, tmp_path, steps=5, average=0.4, stop_requested=record)
    run.train()
    steps, mean = stored_mean(tmp_path)
    assert steps == 2 and len(after) == 6
    assert mean.keys() == after[0].keys()
    for name, found in mean.items():
        expected = (after[4][name] + after[5][name]) / 2
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-7)


def test_the_mean_survives_interruptions_bit_for_bit(source: BatchSource, tmp_path: Path) -> None:
    average: dict[str, Any] = {"steps": 8, "average": 0.7}
    whole = new_run(source, tmp_path / "whole", **average)
    whole.train()
    new_run(source, tmp_path / "parts", stop_requested=stop_after(6), **average).train()
    with pytest.raises(Killed):
        new_run(source, tmp_path / "parts", stop_requested=kill_after(1), **average).train()
    last = new_run(source, tmp_path / "parts", **average)
    last.train()
    assert_same_end(whole, last)
    assert whole.weight_choice == last.weight_choice
    (steps, mean), (same_steps, same_mean) = map(stored_mean, (whole.folder, last.folder))
    assert steps == same_steps == 5
    assert all(torch.equal(mean[name], same_mean[name]) for name in mean)


@pytest.mark.parametrize(("loss_of_mean", "kept"), [(0.5, "mean"), (1.0, "last"), (2.0, "last")])
def test_a_run_ends_with_the_better_of_mean_and_last_weights(
    loss_of_mean: float,
    kept: str,
    source: BatchSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    met: list[list[Batch]] = []

    def judged(model: Any, batches: list[Batch], mask_id: int, device: torch.device) -> Evaluation:
        met.append(batches)
        found = evaluate(model, batches[:1], mask_id, device)
        return replace(found, mlm_loss=[1.0, loss_of_mean][len(met) - 1], nsp_loss=3.0)

    monkeypatch.setattr("bert_core.pretraining.loop.evaluate", judged)
    plan = replace(QUIET, history=(1.0,))
    recipe = Recipe(nsp_weight=2.0)
    run = new_run(source, tmp_path, steps=4, average=0.5, save_plan=plan, recipe=recipe)
    progress = run.train()
    choice = run.weight_choice
    assert choice is not None and (choice.kept, choice.steps) == (kept, 2)
    assert (choice.loss_last, choice.loss_mean) == (1 + 2 * 3, loss_of_mean + 2 * 3)
    last = torch.load(tmp_path / "state.pt", weights_only=True)["model"]
    expected = stored_mean(tmp_path)[1] if kept == "mean" else last
    assert any(not torch.equal(expected[name], last[name]) for name in last) is (kept == "mean")
    assert all(torch.equal(found, expected[name]) for name, found in weights(run).items())
    # both met the same batches: those of the training text that would have come next
    following = source.batches(Position(progress.epoch, progress.batch))
    assert met[0] == met[1] and choice.pairs >= 1000
    for batch, (due, _) in zip(met[0][:3], following, strict=False):
        assert torch.equal(batch.input_ids, due.input_ids)
    [(_, path)] = list_snapshots(tmp_path / "history")
    save_snapshot(tmp_path / "same.safetensors", run.model, 4, progress.tokens, 0.0)
    one, same = (
        load_snapshot(file, run.model.config).state_dict()
        for file in (path, tmp_path / "same.safetensors")
    )
    assert all(torch.equal(one[name], same[name]) for name in one)


def test_a_longer_budget_begins_its_own_mean(source: BatchSource, tmp_path: Path) -> None:
    new_run(source, tmp_path, steps=4, average=0.5).train()
    assert stored_mean(tmp_path)[0] == 2
    new_run(source, tmp_path, steps=12, average=0.5, stop_requested=stop_after(1)).train()
    assert stored_mean(tmp_path)[0] == 0, "step 5 is not in the second half of twelve"
    new_run(source, tmp_path, steps=12, average=0.5).train()
    assert stored_mean(tmp_path)[0] == 6


def test_no_mean_unless_asked_for(source: BatchSource, tmp_path: Path) -> None:
    run = new_run(source, tmp_path, steps=2)
    run.train()
    assert stored_mean(tmp_path)[0] == 0 and run.weight_choice is None
    with pytest.raises(ValueError, match="from 0 to 1, got 20"):
        new_run(source, tmp_path, average=20.0).train()


def test_time_budget_ends_a_run(source: BatchSource, tmp_path: Path) -> None:
    run = new_run(source, tmp_path)
    run.budget = Budget(seconds=0.3)
    progress = run.train()
    assert progress.step > 0 and progress.seconds >= 0.3


def test_each_process_gets_its_own_generators_back(source: BatchSource, tmp_path: Path) -> None:
    run = new_run(source, tmp_path)
    states: list[dict[str, torch.Tensor]] = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        states.append(generator_states(CPU))
    save_state(tmp_path, run.fingerprint(), run.model, [], RunningMean(), Progress(step=3), states)
    for rank, seed in ((0, 1), (1, 2), (2, 77)):  # the third was not there: its own start stays
        expected = torch.rand(4, generator=torch.Generator().manual_seed(seed))
        torch.manual_seed(77)
        assert load_state(tmp_path, run.fingerprint(), run.model, [], RunningMean(), rank).step == 3
        assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize(
    ("matrix_rate", "other_rate", "precision"),
    [
        (0.02, 0.01, torch.float32),
        (0.0, 0.005, torch.float32),
        (0.02, 0.01, torch.bfloat16),
    ],
    ids=["muon", "adamw", "muon-bfloat16"],
)
def test_loss_falls_below_the_unigram_entropy(
    source: BatchSource,
    tmp_path: Path,
    matrix_rate: float,
    other_rate: float,
    precision: torch.dtype,
) -> None:
    counts = np.bincount(source.corpus.ids, minlength=source.tokenizer.vocab_size)
    shares = counts[counts > 0] / counts.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    model = tiny_model(source.tokenizer.vocab_size)
    recipe = Recipe(matrix_rate=matrix_rate, other_rate=other_rate)
    run = Run(
        model,
        source,
        Budget(steps=250),
        tmp_path,
        recipe=recipe,
        save_plan=QUIET,
        precision=precision,
    )
    batches = evaluation_batches(source.corpus, source.tokenizer, TRAINING_MIX, 200)
    before = evaluate(model, batches, source.tokenizer.mask_id, CPU)
    run.train()
    after = evaluate(model, batches, source.tokenizer.mask_id, CPU)
    assert before.mlm_loss > entropy
    assert after.mlm_loss < 0.97 * entropy
    assert after.mlm_top1 > before.mlm_top1


def test_broken_loss_stops_the_run(source: BatchSource, tmp_path: Path) -> None:
    run = new_run(source, tmp_path)
    with torch.no_grad():
        run.model.cls.seq_relationship.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="no longer a number at step 1"):
        run.train()
    assert not (tmp_path / "state.pt").exists()


def test_broken_gradient_is_told_before_anything_is_kept(
    source: BatchSource, tmp_path: Path
) -> None:
    asked = itertools.count()

    def break_the_third_step() -> bool:
        if next(asked) == 2:
            run.model.bert.pooler.dense.weight.register_hook(lambda grad: grad * float("nan"))
        return False

    often = SavePlan(save_seconds=0.0, log_steps=50, history=(0.5, 1.0), evaluations=())
    run = new_run(source, tmp_path, save_plan=often, stop_requested=break_the_third_step)
    with pytest.raises(FloatingPointError, match="no longer a number at step 3"):
        run.train()
    kept = torch.load(tmp_path / "state.pt", weights_only=True)
    assert kept["progress"]["step"] == 2
    assert all(tensor.isfinite().all() for tensor in kept["model"].values())
    assert not (tmp_path / "history").exists()


@contextmanager
def disk_that_takes(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: writes then fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_keeps_the_state_before_and_the_run_going(
    source: BatchSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_run(source, tmp_path, stop_requested=stop_after(4)).train()
    before = (tmp_path / "state.pt").read_bytes()
    assert len(before) > 50_000
    often = replace(QUIET, save_seconds=0.0)
    with disk_that_takes(50_000):
        with pytest.raises(Killed):
            new_run(source, tmp_path, save_plan=often, stop_requested=kill_after(3)).train()
    assert "State not saved, the one before is kept" in capsys.readouterr().err
    assert (tmp_path / "state.pt").read_bytes() == before
    assert not list(tmp_path.glob("*.unfinished"))
    assert new_run(source, tmp_path).train().step == 12


def test_full_disk_costs_snapshots_and_figures_but_no_line_before_them(
    source: BatchSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_plan = SavePlan(save_seconds=NEVER, log_steps=1, history=(0.5,), evaluations=())
    with disk_that_takes(250):
        with pytest.raises(Killed):
            new_run(source, tmp_path, save_plan=save_plan, stop_requested=kill_after(8)).train()
    told = capsys.readouterr().err
    assert "Snapshot not saved" in told and "Figures not written" in told
    text = (tmp_path / "metrics.jsonl").read_text()
    assert text.endswith("\n") and [json.loads(line)["step"] for line in text.splitlines()] == [1]
    assert not [path for path in (tmp_path / "history").iterdir()]


def test_full_disk_at_the_end_is_an_error_and_keeps_the_state_before(
    source: BatchSource, tmp_path: Path
) -> None:
    new_run(source, tmp_path, stop_requested=stop_after(4)).train()
    before = (tmp_path / "state.pt").read_bytes()
    with disk_that_takes(50_000), pytest.raises(OSError):
        new_run(source, tmp_path).train()
    assert (tmp_path / "state.pt").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a state"])
def test_broken_state_is_told_plainly(source: BatchSource, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.pt is broken and cannot be continued"):
        new_run(source, tmp_path).train()


def test_metrics_survive_a_line_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps({"step": 1}) + "\n" + '{"step": 2, "mlm')
    assert read_metrics(path) == [{"step": 1}]
    assert read_metrics(tmp_path / "absent.jsonl") == []


def test_progress_says_rate_loss_and_time_left(
    source: BatchSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_run(source, tmp_path, steps=4).train()
    last = capsys.readouterr().err.splitlines()[-1]
    for part in ("100.0%", "step 4", "tokens/s", "MLM", "NSP", "min left"):
        assert part in last
    line = read_metrics(tmp_path / "metrics.jsonl")[-1]
    assert line["step"] == 4 and line["tokens"] > 0 and line["tokens_per_second"] > 0


@pytest.mark.gpu
def test_training_on_a_gpu_learns_and_continues(
    source: BatchSource, tmp_path: Path, accelerator: str
) -> None:
    device = torch.device(accelerator)
    new_run(source, tmp_path, steps=60, device=device, stop_requested=stop_after(30)).train()
    run = new_run(source, tmp_path, steps=60, device=device)
    assert run.train().step == 60
    losses = [line["mlm_loss"] for line in read_metrics(tmp_path / "metrics.jsonl")]
    assert np.mean(losses[-5:]) < losses[0] - 0.2
