"""Batches of sentence pairs of like length, in an order that a seed and a position give back."""

import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from bert_core.masking import (
    MaskingRule,
    TokenClasses,
    choose_tokens,
    corrupt_tokens,
    token_classes,
)
from bert_core.model import BertOutput
from bert_core.pretraining.documents import Corpus
from bert_core.pretraining.pairs import PairMix, Plan, pair_ids, plan_pairs
from bert_core.tokenizer import BertTokenizer

BUCKETS = (
    *(24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 112, 128),
    *(160, 192, 224, 256, 320, 384, 448, 512),
)
"""Lengths to which batches are padded (tokens). A pair goes into the smallest that holds it."""


@dataclass(frozen=True)
class Batch:
    """One batch for both objectives; integers are int64."""

    input_ids: Tensor  # [batch seq], corrupted
    token_type_ids: Tensor  # [batch seq]
    attention_mask: Tensor  # [batch seq], 1 for a token, 0 for padding
    mlm_positions: Tensor  # [chosen], flat indices into batch * seq
    mlm_labels: Tensor  # [chosen], the original ids
    nsp_labels: Tensor  # [batch], 0 = is next, 1 = random

    @property
    def num_tokens(self) -> int:
        """Tokens without padding."""
        return int(self.attention_mask.sum())

    def to(self, device: torch.device) -> "Batch":
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)}
        return Batch(**moved)

    def pin_memory(self) -> "Batch":
        """A copy in memory from which a GPU reads without waiting; torch's loader asks for it."""
        return Batch(**{f.name: getattr(self, f.name).pin_memory() for f in fields(self)})

    def share(self, rank: int, world_size: int) -> "Batch":
        """The rows that process `rank` of `world_size` computes.

        Raises:
            ValueError: fewer rows than processes.
        """
        rows, seq = self.input_ids.shape
        if rows < world_size:
            raise ValueError(f"A batch of {rows} rows cannot be shared by {world_size} processes.")
        start, stop = rows * rank // world_size, rows * (rank + 1) // world_size
        mine = (self.mlm_positions >= start * seq) & (self.mlm_positions < stop * seq)
        return Batch(
            input_ids=self.input_ids[start:stop],
            token_type_ids=self.token_type_ids[start:stop],
            attention_mask=self.attention_mask[start:stop],
            mlm_positions=self.mlm_positions[mine] - start * seq,
            mlm_labels=self.mlm_labels[mine],
            nsp_labels=self.nsp_labels[start:stop],
        )


def forward_on(forward: Callable[..., BertOutput], batch: Batch) -> BertOutput:
    """Both heads on a batch, and no more than they need."""
    return forward(
        batch.input_ids,
        token_type_ids=batch.token_type_ids,
        attention_mask=batch.attention_mask,
        mlm_positions=batch.mlm_positions,
        keep_hidden_states=False,
    )


def group_by_length(
    plan: Plan, tokens_per_batch: int, random: Random, rows_multiple: int = 1
) -> list[np.ndarray]:
    """Shuffle the examples of a plan and put those of one bucket together.

    Returns:
        One array of example numbers per batch, in shuffled order. A batch holds about
        `tokens_per_batch` tokens, padding counted, in a multiple of `rows_multiple` rows; what is
        left over in a bucket makes one smaller batch if it suffices.

    Raises:
        ValueError: a pair exceeds the largest bucket, or there are too few pairs for a batch.
    """
    if plan.length.max() > BUCKETS[-1]:
        raise ValueError(f"A pair of {plan.length.max()} tokens; a batch holds {BUCKETS[-1]}.")
    order = np.random.default_rng(random.getrandbits(63)).permutation(len(plan))
    bucket = np.searchsorted(BUCKETS, plan.length[order])
    groups: list[np.ndarray] = []
    for number, length in enumerate(BUCKETS):
        rows = max(1, tokens_per_batch // length // rows_multiple) * rows_multiple
        members = order[bucket == number]
        members = members[: len(members) // rows_multiple * rows_multiple]
        groups += [members[start : start + rows] for start in range(0, len(members), rows)]
    if not groups:
        raise ValueError(f"{len(plan)} pairs do not fill one batch of {rows_multiple} rows.")
    random.shuffle(groups)
    return groups


def assemble(
    corpus: Corpus,
    plan: Plan,
    examples: np.ndarray,
    tokenizer: BertTokenizer,
    classes: TokenClasses,
    rule: MaskingRule,
    rng: np.random.Generator,
) -> Batch:
    """Build one batch: [CLS] A [SEP] B [SEP], padded to the bucket, some tokens corrupted."""
    longest = int(plan.length[examples].max())
    seq = BUCKETS[int(np.searchsorted(BUCKETS, longest))]
    shape = (len(examples), seq)
    input_ids = np.full(shape, tokenizer.pad_id, dtype=np.int64)
    token_type_ids = np.zeros(shape, dtype=np.int64)
    maskable = np.zeros(shape, dtype=np.bool_)
    for row, example in enumerate(examples.tolist()):
        span_a, span_b = pair_ids(corpus, plan, example)
        middle, end = 1 + len(span_a), 2 + len(span_a) + len(span_b)
        input_ids[row, 0] = tokenizer.cls_id
        input_ids[row, 1:middle] = span_a
        input_ids[row, middle] = tokenizer.sep_id
        input_ids[row, middle + 1 : end] = span_b
        input_ids[row, end] = tokenizer.sep_id
        token_type_ids[row, middle + 1 : end + 1] = 1
        maskable[row, 1:middle] = True
        maskable[row, middle + 1 : end] = True
    attention_mask = np.arange(seq)[None, :] < plan.length[examples][:, None]
    continues = classes.is_continuation[input_ids]
    chosen = choose_tokens(maskable, rule, rng, continues)
    corrupted = corrupt_tokens(input_ids, chosen, classes, rule, rng)
    positions = np.flatnonzero(chosen)
    return Batch(
        input_ids=torch.from_numpy(corrupted),
        token_type_ids=torch.from_numpy(token_type_ids),
        attention_mask=torch.from_numpy(attention_mask.astype(np.int64)),
        mlm_positions=torch.from_numpy(positions),
        mlm_labels=torch.from_numpy(input_ids.reshape(-1)[positions]),
        nsp_labels=torch.from_numpy((~plan.is_next[examples]).astype(np.int64)),
    )


@dataclass(frozen=True)
class Position:
    """Where a run stands in its data: pass over the corpus, and batch within the pass."""

    epoch: int = 0
    batch: int = 0


@dataclass(frozen=True)
class BatchSource:
    """Everything that, with a position, decides what a batch holds."""

    corpus: Corpus
    tokenizer: BertTokenizer
    mix: PairMix
    rule: MaskingRule
    tokens_per_batch: int
    seed: int
    source_weights: Mapping[str, float] | None = None
    rows_multiple: int = 1

    def __post_init__(self) -> None:
        if self.mix.longest > BUCKETS[-1]:
            raise ValueError(
                f"Pairs of up to {self.mix.longest} tokens; a batch holds {BUCKETS[-1]}."
            )

    def batches(self, start: Position) -> Iterator[tuple[Batch, Position]]:
        """Endless batches from `start` on, each with the position that follows it.

        Pairs, order and masks are drawn anew in every pass; the same seed and position give the
        same batch, whatever was read before. The next pass is planned while the second half of
        this one is read.
        """
        classes = token_classes(self.tokenizer)
        epoch, first = start.epoch, start.batch
        with ThreadPoolExecutor(1) as pool:
            planned = pool.submit(self._plan, epoch)
            while True:
                plan, groups = planned.result()
                for number in range(first, len(groups)):
                    if number == max(first, len(groups) // 2):
                        planned = pool.submit(self._plan, epoch + 1)
                    rng = np.random.default_rng([self.seed, epoch, number])
                    batch = assemble(
                        self.corpus, plan, groups[number], self.tokenizer, classes, self.rule, rng
                    )
                    following = number + 1
                    wraps = following == len(groups)
                    yield batch, Position(epoch + 1, 0) if wraps else Position(epoch, following)
                epoch, first = epoch + 1, 0

    def _plan(self, epoch: int) -> tuple[Plan, list[np.ndarray]]:
        """The pairs of one pass and the batches that they make."""
        random = Random(f"{self.seed}/{epoch}")
        plan = plan_pairs(self.corpus, self.mix, random, self.source_weights)
        return plan, group_by_length(plan, self.tokens_per_batch, random, self.rows_multiple)


def made_ahead(source: BatchSource, start: Position) -> Iterator[tuple[Batch, Position]]:
    """`source.batches(start)`, made by a process of its own while a GPU is busy.

    A thread would not do: making batches and giving a GPU its work are both Python.
    """
    loader = DataLoader(
        _Stream(source, start),
        batch_size=None,  # what comes is a batch already
        num_workers=1,
        prefetch_factor=16,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=_leave_signals_alone,
        generator=torch.Generator(),  # or the loader would draw from the run's own
    )
    return iter(loader)


class _Stream(IterableDataset[tuple[Batch, Position]]):
    """The batches of a source from a position on."""

    def __init__(self, source: BatchSource, start: Position) -> None:
        self.source, self.start = source, start

    def __iter__(self) -> Iterator[tuple[Batch, Position]]:
        return self.source.batches(self.start)


def _leave_signals_alone(_: int) -> None:
    """The run decides when to stop; its helper ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
