"""The training loop: joint MLM and NSP loss until a budget is spent, resumable at any moment.

A run lives in one folder: `state.pt` (all that a resume needs, replaced whole every few minutes),
`metrics.jsonl` (one line per log entry or evaluation), `history/` (compact snapshots) and, at the
end, `checkpoint/`.
"""

import json
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from bert_core.model import BertForPreTraining, BertOutput
from bert_core.pretraining.average import RunningMean
from bert_core.pretraining.batches import Batch, BatchSource, Position, forward_on, made_ahead
from bert_core.pretraining.evaluate import Evaluation, evaluate
from bert_core.pretraining.history import HISTORY_SHARES, save_snapshot
from bert_core.pretraining.losses import summed_cross_entropy
from bert_core.pretraining.muon import build_optimizers
from bert_core.pretraining.schedule import Budget, learning_rate_factor

Forward = Callable[..., BertOutput]

_PATIENCE = timedelta(hours=6)
"""How long processes wait for the lead, which alone learns a vocabulary, tokenises, evaluates."""

COMPARED_PAIRS = 1000
"""Pairs of the training text on which the last weights and their mean are compared."""


@dataclass(frozen=True)
class Recipe:
    """How the weights are updated; kept in the state: a resume cannot change it unnoticed."""

    matrix_rate: float = 4e-3
    """Peak learning rate of Muon for the layers' matrices; 0 gives all parameters to AdamW."""
    other_rate: float = 2e-3
    """Peak learning rate of AdamW."""
    weight_decay: float = 0.05
    warmup: float = 0.05
    """Share of the budget."""
    clip: float = 1.0
    """Largest norm of the gradient of all parameters together."""
    nsp_weight: float = 1.0
    """Weight of the next-sentence loss beside the masked-word loss (both in nats)."""


@dataclass(frozen=True)
class SavePlan:
    """When a run writes something down: its state, a line of figures, a snapshot, an evaluation."""

    save_seconds: float = 120.0
    log_steps: int = 50
    history: tuple[float, ...] = HISTORY_SHARES
    """Shares of the budget at which a snapshot is kept; empty for none."""
    evaluations: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    """Shares of the budget at which the model meets held-out pairs."""


@dataclass
class Progress:
    """How far a run has come, and how much of what its `SavePlan` asks for is done."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    epoch: int = 0
    batch: int = 0
    snapshots: int = 0
    evaluations: int = 0
    lines: int = 0
    """Lines written to the metrics."""


@dataclass(frozen=True)
class WeightChoice:
    """Which weights a run ends with: the last ones, or their mean over its end.

    Losses are those of training (nats, the next-sentence loss times its weight), on batches that
    would have come next; held-out text chooses nothing.
    """

    kept: str
    """`last` or `mean`."""
    loss_last: float
    loss_mean: float
    steps: int
    """Steps in the mean."""
    pairs: int


@dataclass(frozen=True)
class Workers:
    """This process among those that share a batch."""

    rank: int = 0
    world_size: int = 1
    control: dist.ProcessGroup | None = None
    """For everything but gradients: over the CPU, and with patience."""

    @classmethod
    def from_environment(cls, device: torch.device) -> "Workers":
        """Join the others when `torchrun` started this process; otherwise work alone.

        Raises:
            ValueError: one GPU is named for all processes.
        """
        named = device.type == "cuda" and ":" in str(device)
        world_size = int(os.environ.get("WORLD_SIZE", "1"))
        if world_size == 1:
            if named:
                torch.cuda.set_device(device)
            return cls()
        if named:
            raise ValueError(
                f"Each process of torchrun takes a GPU of its own; give cuda, not {device}."
            )
        if device.type == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        control = dist.new_group(backend="gloo", timeout=_PATIENCE)
        return cls(dist.get_rank(), dist.get_world_size(), control)

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def leave(self) -> None:
        """Part from the other processes, all at once: one that goes while another still works may
        be aborted by its own communication threads."""
        if self.world_size > 1:
            dist.barrier(group=self.control)
            dist.destroy_process_group()

    @contextmanager
    def lead_first(self) -> Iterator[None]:
        """The lead runs the block before the others: it makes files that they then find."""
        if not self.leads:
            dist.barrier(group=self.control)
        yield
        if self.leads and self.world_size > 1:
            dist.barrier(group=self.control)

    def sum(self, tensors: list[Tensor]) -> None:
        """Replace each tensor by its sum over the processes."""
        if self.world_size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def gather(self, value: dict[str, Tensor]) -> list[dict[str, Tensor]]:
        """What every process holds, in the order of their ranks."""
        if self.world_size == 1:
            return [value]
        gathered: list[dict[str, Tensor]] = [{} for _ in range(self.world_size)]
        dist.all_gather_object(gathered, value, group=self.control)
        return gathered

    def agree(self, seconds: float, stop: bool) -> tuple[float, bool]:
        """The lead's clock and wish to stop, so that all processes end at the same step."""
        if self.world_size == 1:
            return seconds, stop
        word = torch.tensor([seconds, stop], dtype=torch.float64)
        dist.broadcast(word, 0, group=self.control)
        return float(word[0]), bool(word[1])


@dataclass
class Run:
    """One training run: what is trained, on what, how long, and where it is written down."""

    model: BertForPreTraining
    source: BatchSource
    budget: Budget
    folder: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    recipe: Recipe = Recipe()
    save_plan: SavePlan = SavePlan()
    workers: Workers = Workers()
    precision: torch.dtype = torch.float32
    """Of the matrix products (`choose_precision`); a resume on another machine may change it."""
    compile: bool = False
    average: float = 0.0
    """Over this share of the budget, at its end, a mean of the weights is kept (0: none), and the
    run ends with it if it is the better. Training itself is the same, so a resume may change it."""
    evaluate: Callable[[], Evaluation] | None = None
    """Figures on held-out pairs, for the log."""
    stop_requested: Callable[[], bool] = lambda: False
    """Asked after every step; when it says yes, the run saves its state and ends early."""
    weight_choice: WeightChoice | None = field(default=None, init=False)
    """Set at the end of the budget where a mean was kept; the model then holds what was chosen."""

    def train(self) -> Progress:
        """Train until the budget is spent; continues from `state.pt` if there is one.

        Raises:
            ValueError: the stored state belongs to another recipe, data or model; or `average` is
                no share.
            FloatingPointError: loss or gradient is no longer a number.
            OSError: the state could not be written at the end; the one before is kept.
        """
        if not 0 <= self.average <= 1:
            raise ValueError(f"The share that is averaged is from 0 to 1, got {self.average}.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.model.to(self.device).train()
        optimizers = build_optimizers(
            self.model,
            self.recipe.matrix_rate,
            self.recipe.other_rate,
            self.recipe.weight_decay,
            self.precision,
        )
        mean = RunningMean()
        progress = load_state(
            self.folder, self.fingerprint(), self.model, optimizers, mean, self.workers.rank
        )
        mean = self._allow_for_a_longer_budget(progress, mean)
        forward: Forward = self.model
        if self.compile:
            forward = torch.compile(self.model, dynamic=True)
        meter = Meter(self.folder / "metrics.jsonl", progress, self.budget, self.workers.leads)
        before = progress.seconds
        saved = before
        began = time.monotonic()
        start = Position(progress.epoch, progress.batch)
        on_gpu = self.device.type == "cuda"
        batches = made_ahead(self.source, start) if on_gpu else self.source.batches(start)
        while True:
            seconds = before + time.monotonic() - began
            progress.seconds, stop = self.workers.agree(seconds, self.stop_requested())
            spent = self.budget.spent(progress.step, progress.seconds)
            self._mark(spent, progress, meter)
            if spent >= 1.0 or stop:
                break
            factor = learning_rate_factor(spent, self.recipe.warmup)
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = group.setdefault("peak_lr", group["lr"]) * factor
            batch, position = next(batches)
            losses = self._step(forward, optimizers, batch)
            if self._averages(spent):
                mean.add(self.model)
            progress.step += 1
            progress.tokens += batch.num_tokens
            progress.epoch, progress.batch = position.epoch, position.batch
            meter.count(losses, batch, factor)
            if progress.step % self.save_plan.log_steps == 0:
                meter.log()
            # By the clock on which all processes agreed: every one takes part in a save.
            if progress.seconds - saved > self.save_plan.save_seconds:
                saved = progress.seconds
                meter.check()
                with full_disk_tolerated("State not saved, the one before is kept"):
                    self._save(optimizers, progress, mean)
        meter.log()
        self._save(optimizers, progress, mean)
        if spent >= 1.0 and mean.steps > 0 and self.workers.leads:
            self.weight_choice = self._choose_weights(mean, batches)
            if self.weight_choice.kept == "mean" and 1.0 in self.save_plan.history:
                self._save_snapshot(1.0, progress)
        return progress

    def _averages(self, spent: float) -> bool:
        """Do the steps at this share of the budget count for the mean of the weights?"""
        return self.average > 0 and spent >= 1 - self.average

    def fingerprint(self) -> dict[str, Any]:
        """What must be the same before and after an interruption. The budget may change."""
        source = self.source
        return {
            "recipe": asdict(self.recipe),
            "config": self.model.config.to_dict(),
            "corpus": source.corpus.digest,
            "mix": {str(k): v for k, v in source.mix.shares.items()},
            "longest": source.mix.longest,
            "same_source": source.mix.same_source,
            "rule": asdict(source.rule),
            "tokens_per_batch": source.tokens_per_batch,
            "seed": source.seed,
            "source_weights": dict(source.source_weights or {}),
            "rows_multiple": source.rows_multiple,
        }

    def _step(self, forward: Forward, optimizers: list[Optimizer], batch: Batch) -> Tensor:
        """One update; returns [MLM loss, NSP loss] of the whole batch in nats, and NSP accuracy."""
        chosen, rows = len(batch.mlm_labels), len(batch.nsp_labels)
        mine = batch.share(self.workers.rank, self.workers.world_size).to(self.device)
        lower = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision) if lower else nullcontext():
            output = forward_on(forward, mine)
        mlm_loss = summed_cross_entropy(output.mlm_logits, mine.mlm_labels)
        nsp_loss = summed_cross_entropy(output.nsp_logits, mine.nsp_labels)
        loss = mlm_loss / chosen + self.recipe.nsp_weight * nsp_loss / rows
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        right = (output.nsp_logits.argmax(-1) == mine.nsp_labels).sum()
        losses = torch.stack([mlm_loss.detach() / chosen, nsp_loss.detach() / rows, right / rows])
        parameters = [p for p in self.model.parameters() if p.grad is not None]
        self.workers.sum([p.grad for p in parameters if p.grad is not None] + [losses])
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.recipe.clip)
        for optimizer in optimizers:
            optimizer.step()
        return losses + 0 * norm  # a gradient that is no number has spoilt the weights: tell it

    def _allow_for_a_longer_budget(self, progress: Progress, mean: RunningMean) -> RunningMean:
        """What was due at shares that a larger budget has put ahead again is due once more.

        Returns:
            The mean to go on with: a new one where its steps are no longer at the end.
        """
        spent = self.budget.spent(progress.step, progress.seconds)
        snapshots = sum(share <= spent for share in self.save_plan.history)
        evaluations = sum(share <= spent for share in self.save_plan.evaluations)
        progress.snapshots = min(progress.snapshots, snapshots)
        progress.evaluations = min(progress.evaluations, evaluations)
        return mean if self._averages(spent) else RunningMean()

    def _mark(self, spent: float, progress: Progress, meter: "Meter") -> None:
        """Keep the snapshots and make the evaluations that are due."""
        snapshots = sum(spent >= share for share in self.save_plan.history)
        evaluations = sum(spent >= share for share in self.save_plan.evaluations)
        if snapshots > progress.snapshots or evaluations > progress.evaluations:
            meter.check()
        for share in self.save_plan.history[progress.snapshots : snapshots]:
            progress.snapshots += 1
            if self.workers.leads:
                self._save_snapshot(share, progress)
        if evaluations > progress.evaluations:
            progress.evaluations = evaluations
            if self.evaluate is not None and self.workers.leads:
                meter.write({"heldout": self.evaluate().as_dict()})

    def _save_snapshot(self, share: float, progress: Progress) -> None:
        with full_disk_tolerated("Snapshot not saved"):
            save_snapshot(
                self.folder / "history" / f"{round(share * 100):03d}.safetensors",
                self.model,
                progress.step,
                progress.tokens,
                progress.seconds,
            )

    def _choose_weights(
        self, mean: RunningMean, batches: Iterator[tuple[Batch, Position]]
    ) -> WeightChoice:
        """Leave in the model whichever has the lower loss on the next batches: its weights, or
        their mean."""
        sample: list[Batch] = []
        while sum(len(batch.nsp_labels) for batch in sample) < COMPARED_PAIRS:
            sample.append(next(batches)[0])

        def loss() -> float:
            found = evaluate(self.model, sample, self.source.tokenizer.mask_id, self.device)
            return found.mlm_loss + self.recipe.nsp_weight * found.nsp_loss

        loss_last = loss()
        mean.exchange(self.model)
        loss_mean = loss()
        if loss_last <= loss_mean:
            mean.exchange(self.model)
        return WeightChoice(
            kept="last" if loss_last <= loss_mean else "mean",
            loss_last=round(loss_last, 5),
            loss_mean=round(loss_mean, 5),
            steps=mean.steps,
            pairs=sum(len(batch.nsp_labels) for batch in sample),
        )

    def _save(self, optimizers: list[Optimizer], progress: Progress, mean: RunningMean) -> None:
        """The lead writes the state; every process gives its generators."""
        generators = self.workers.gather(generator_states(self.device))
        if self.workers.leads:
            save_state(
                self.folder, self.fingerprint(), self.model, optimizers, mean, progress, generators
            )


@contextmanager
def full_disk_tolerated(what: str) -> Iterator[None]:
    """Say what could not be written, and go on: a full disk must not end a run."""
    try:
        yield
    except OSError as problem:
        print(f"\n{what}: {problem}", file=sys.stderr)


def generator_states(device: torch.device) -> dict[str, Tensor]:
    """States of this process's random generators, from which dropout is drawn."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def save_state(
    folder: Path,
    fingerprint: Mapping[str, Any],
    model: BertForPreTraining,
    optimizers: list[Optimizer],
    mean: RunningMean,
    progress: Progress,
    generators: list[dict[str, Tensor]],
) -> None:
    """Write `state.pt` whole or not at all; `generators` holds every process's, by rank.

    Raises:
        OSError: it could not be written; the state before is untouched.
    """
    unfinished = folder / "state.unfinished"
    try:
        with unfinished.open("wb") as stream:
            torch.save(
                {
                    "fingerprint": dict(fingerprint),
                    "model": model.state_dict(),
                    "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                    "mean": mean.state_dict(),
                    "generators": generators,
                    "progress": asdict(progress),
                },
                stream,
            )
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, folder / "state.pt")
    except RuntimeError as problem:  # torch's word for a file that takes no more
        raise OSError(f"state.pt cannot be written: {problem}") from problem
    finally:
        unfinished.unlink(missing_ok=True)


def load_state(
    folder: Path,
    fingerprint: Mapping[str, Any],
    model: BertForPreTraining,
    optimizers: list[Optimizer],
    mean: RunningMean,
    rank: int = 0,
) -> Progress:
    """Put a stored state into model, optimizers, mean and generators; progress 0 if there is none.

    A process beyond those that saved the state keeps the generators it was started with.

    Raises:
        ValueError: the file is broken, or the state is of another run; the message names what
            differs.
    """
    path = folder / "state.pt"
    if not path.exists():
        return Progress()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as problem:
        raise ValueError(
            f"{path} is broken and cannot be continued. Remove it to begin again, or choose a new "
            "folder."
        ) from problem
    # A state of an earlier version may lack a part: it cannot differ in what it does not tell.
    stored = {**fingerprint, **state["fingerprint"]}
    differing = [key for key in fingerprint if stored[key] != fingerprint[key]]
    if differing:
        raise ValueError(
            f"The state in {folder.name} was trained with another {', '.join(differing)}. "
            "Give the same settings to continue it, or choose a new folder."
        )
    model.load_state_dict(state["model"])
    for optimizer, stored in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(stored)
    if "mean" in state:
        mean.load_state_dict(state["mean"], next(model.parameters()).device)
    for generators in state["generators"][rank : rank + 1]:
        torch.set_rng_state(generators["cpu"])
        if "cuda" in generators and torch.cuda.is_available():
            torch.cuda.set_rng_state(generators["cuda"])
    return Progress(**(state["progress"] if "progress" in state else state["standing"]))


class Meter:
    """Means of the losses between two log lines, and the progress line."""

    def __init__(self, path: Path, progress: Progress, budget: Budget, writes: bool) -> None:
        self.path, self.progress, self.budget, self.writes = path, progress, budget, writes
        if writes:
            keep_lines(path, progress.lines)
        self._restart()

    def _restart(self) -> None:
        self._losses: list[Tensor] = []
        self._tokens = 0
        self._factor = 0.0
        self._since = time.monotonic()

    def count(self, losses: Tensor, batch: Batch, factor: float) -> None:
        """Add one step, without waiting for a GPU to have worked it out."""
        self._losses.append(losses)
        self._tokens += batch.num_tokens
        self._factor = factor

    def check(self) -> Tensor:
        """The figures of the steps since the last line, [step, 3], float64.

        Called before anything is kept, so that no file ever holds spoilt weights.

        Raises:
            FloatingPointError: one is not a finite number.
        """
        if not self._losses:
            return torch.zeros(0, 3, dtype=torch.float64)
        losses = torch.stack(self._losses).cpu().double()
        broken = (~torch.isfinite(losses).all(dim=1)).nonzero().flatten().tolist()
        if broken:
            step = self.progress.step - len(losses) + 1 + broken[0]
            raise FloatingPointError(
                f"The loss is no longer a number at step {step}. Lower the learning rate and "
                "continue from the stored state."
            )
        return losses

    def log(self) -> None:
        """Write the means since the last line and show them."""
        losses = self.check()
        if len(losses) == 0:
            return
        mlm_loss, nsp_loss, nsp_accuracy = losses.mean(dim=0).tolist()
        rate = self._tokens / max(1e-9, time.monotonic() - self._since)
        self.write(
            {
                "mlm_loss": round(mlm_loss, 4),
                "nsp_loss": round(nsp_loss, 4),
                "nsp_accuracy": round(nsp_accuracy, 4),
                "rate_factor": round(self._factor, 4),
                "tokens_per_second": round(rate),
            }
        )
        spent = self.budget.spent(self.progress.step, self.progress.seconds)
        if self.writes:
            left = self.progress.seconds * (1 - spent) / max(spent, 1e-9)
            line = (
                f"{spent:6.1%}  step {self.progress.step}"
                f"  {self.progress.tokens / 1e6:.2f} M tokens  {rate:,.0f} tokens/s"
                f"  MLM {mlm_loss:.3f}  NSP {nsp_loss:.3f} ({nsp_accuracy:.0%})"
                f"  {left / 60:.0f} min left"
            )
            ending = "\r" if sys.stderr.isatty() else "\n"
            print(line, end=ending, file=sys.stderr, flush=True)
        self._restart()

    def write(self, figures: Mapping[str, Any]) -> None:
        """Append one line to the metrics."""
        if not self.writes:
            return
        progress = self.progress
        line = {
            "step": progress.step,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds, 1),
            **figures,
        }
        size = self.path.stat().st_size if self.path.exists() else 0
        with full_disk_tolerated("Figures not written"):
            try:
                with self.path.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(line) + "\n")
            except OSError:
                os.truncate(self.path, size)  # what follows half a line would not be read
                raise
            progress.lines += 1


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics file; a last line cut short by a kill is left out."""
    if not path.exists():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


def keep_lines(path: Path, count: int) -> None:
    """Cut the metrics to their first lines; a resume writes the others again."""
    unfinished = path.with_suffix(".unfinished")
    kept = read_metrics(path)[:count]
    unfinished.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    os.replace(unfinished, path)
