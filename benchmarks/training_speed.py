"""Tokens per second of our pretraining loop and of the Trainer of `transformers`, in turn."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from bert_core.config import BertConfig
from bert_core.device import choose_device
from bert_core.masking import MaskingRule
from bert_core.model import BertForPreTraining
from bert_core.pretraining.__main__ import device_name
from bert_core.pretraining.batches import Batch, BatchSource, Position
from bert_core.pretraining.documents import Corpus
from bert_core.pretraining.loop import Recipe, Run, SavePlan
from bert_core.pretraining.pairs import PairMix
from bert_core.pretraining.precision import avoid_cudnn_attention, choose_precision
from bert_core.pretraining.schedule import Budget
from bert_core.tokenizer import SPECIAL_TOKENS, BertTokenizer

TITLE = "Training"
NOTE = (
    "Joint MLM and NSP training of the `mini-en` configuration (4 layers, hidden 256, 12,288 "
    "pieces, no dropout), batches of 32 pairs packed to 128 tokens on a CPU and 512 on a GPU, "
    "random ids in place of words. Each side trains in turn; median over the rounds, first steps "
    "left out. The matrix rate is what large products reach in the same format; the share of it "
    "counts the multiplications and additions of the matrix products that a step needs, the same "
    "for both. “auto” is the format that our loop takes here by itself."
)
CONFIG = BertConfig(
    vocab_size=12288,
    hidden_size=256,
    num_hidden_layers=4,
    num_attention_heads=8,
    intermediate_size=1024,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
    max_position_embeddings=128,
)
ROUNDS = 3


@dataclass(frozen=True)
class Course:
    """The steps of a round: those that are left out at first, and those that are timed."""

    warm_up: int
    timed: int


COURSES = {"cpu": Course(2, 8), "cuda": Course(20, 100)}
"""A GPU does a step in milliseconds, and its first ones with every shape take longer."""

THEIRS = f"transformers {transformers.__version__}: BertForPreTraining and Trainer (AdamW)"
FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def run() -> list[dict[str, object]]:
    """One row per way of training, with its speed beside the Trainer's in the same format."""
    avoid_cudnn_attention()  # on both sides
    device = choose_device()
    source = _source(rows=512 if device.type == "cuda" else 32)
    course = COURSES["cuda" if device.type == "cuda" else "cpu"]
    chosen = choose_precision("auto", device)
    sides: dict[tuple[str, str], Callable[[], float]] = {}
    for name, dtype in FORMATS.items():
        for loop, recipe in (
            ("this project, Muon and AdamW", Recipe()),
            ("this project, AdamW alone", Recipe(matrix_rate=0.0)),
        ):
            sides[loop, name] = partial(_our_speed, source, course, recipe, dtype, device)
        sides[THEIRS, name] = partial(_their_speed, source, course, dtype, device)
    speeds: dict[tuple[str, str], list[float]] = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, measure in sides.items():
            speeds[side].append(measure())
    median = {side: statistics.median(values) for side, values in speeds.items()}
    timed = _batches(source, course)[course.warm_up :]
    flops = sum(flops_per_token(CONFIG, batch) * batch.num_tokens for batch in timed)
    flops /= sum(batch.num_tokens for batch in timed)
    rows: list[dict[str, object]] = []
    for (loop, name), values in speeds.items():
        rate = matrix_rate(FORMATS[name], device)
        rows.append(
            {
                "loop": loop,
                "format": f"{name} (auto)" if FORMATS[name] == chosen else name,
                "tokens/s": f"{median[loop, name]:,.0f}",
                "slowest and fastest round": f"{min(values):,.0f} – {max(values):,.0f}",
                "beside the Trainer": f"{median[loop, name] / median[THEIRS, name]:.2f}×",
                "beside the Trainer in float32": (
                    f"{median[loop, name] / median[THEIRS, 'float32']:.2f}×"
                ),
                "matrix rate, GFLOP/s": f"{rate / 1e9:,.0f}",
                "share of it": f"{median[loop, name] * flops / rate:.0%}",
                "device": device_name(device),
            }
        )
    return rows


def flops_per_token(config: BertConfig, batch: Batch) -> float:
    """Multiplications and additions in the matrix products that a step needs, per token.

    Forward 2 per weight and token, backward twice that; attention multiplies each token with all
    others of its row, once for the scores and once for the context; the MLM head works on the
    chosen tokens only, and what follows attention in the last layer on these and on [CLS].
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    rows, seq = batch.input_ids.shape
    attention = 3 * hidden * hidden + 2 * seq * hidden
    after_attention = hidden * hidden + 2 * hidden * inner
    chosen_share = len(batch.mlm_labels) / (rows * seq)
    whole_layers = config.num_hidden_layers - 1 + chosen_share + 1 / seq
    head = chosen_share * (hidden * hidden + config.vocab_size * hidden)
    padding = rows * seq / batch.num_tokens
    encoder = config.num_hidden_layers * attention + whole_layers * after_attention
    return padding * 6 * (encoder + head)


def matrix_rate(dtype: torch.dtype, device: torch.device) -> float:
    """Operations per second of a large product, the fastest of a few tries."""
    size = 8192 if device.type == "cuda" else 2048
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    tries: list[float] = []
    for _ in range(6):
        _wait(device)
        began = time.perf_counter()
        left @ right
        _wait(device)
        tries.append(time.perf_counter() - began)
    return 2 * size**3 / min(tries)


def _wait(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def _source(rows: int) -> BatchSource:
    """Pairs packed to 128 tokens, from documents of random ids."""
    documents, sentences, length = 100 * rows // 8, 40, 20
    ids = np.random.default_rng(1).integers(5, CONFIG.vocab_size, documents * sentences * length)
    corpus = Corpus(
        ids=ids.astype(np.uint16),
        sentence_starts=np.arange(0, len(ids) + 1, length, dtype=np.uint32),
        document_starts=np.arange(0, documents * sentences + 1, sentences, dtype=np.uint32),
        document_sources=np.zeros(documents, dtype=np.uint8),
        sources=("random ids",),
        digest="random ids",
    )
    words = [f"w{number}" for number in range(CONFIG.vocab_size - len(SPECIAL_TOKENS))]
    vocab = {token: number for number, token in enumerate([*SPECIAL_TOKENS, *words])}
    return BatchSource(
        corpus=corpus,
        tokenizer=BertTokenizer.from_vocab(vocab),
        mix=PairMix({128: 1.0}),
        rule=MaskingRule(),
        tokens_per_batch=rows * 128,
        seed=1,
    )


def _our_speed(
    source: BatchSource,
    course: Course,
    recipe: Recipe,
    precision: torch.dtype,
    device: torch.device,
) -> float:
    """Tokens per second of a run of our loop."""
    clock: list[float] = []

    def tick() -> bool:
        _wait(device)
        clock.append(time.perf_counter())
        return False

    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        Run(
            model=BertForPreTraining(CONFIG),
            source=source,
            budget=Budget(steps=course.warm_up + course.timed),
            folder=Path(folder),
            device=device,
            recipe=recipe,
            precision=precision,
            save_plan=SavePlan(save_seconds=1e9, log_steps=10**9, history=(), evaluations=()),
            stop_requested=tick,
        ).train()
    tokens = sum(batch.num_tokens for batch in _batches(source, course)[course.warm_up :])
    return tokens / (clock[course.warm_up + course.timed] - clock[course.warm_up])


def _batches(source: BatchSource, course: Course) -> list[Batch]:
    """The batches that a round trains on."""
    stream = source.batches(Position())
    return [batch for batch, _ in islice(stream, course.warm_up + course.timed)]


class _Batches(torch.utils.data.Dataset):
    """Whole batches as the Trainer's items, so that both sides train on the very same ones."""

    def __init__(self, batches: list[Batch]) -> None:
        self.items: list[dict[str, torch.Tensor]] = []
        for batch in batches:
            labels = torch.full_like(batch.input_ids, -100)
            labels.view(-1)[batch.mlm_positions] = batch.mlm_labels
            self.items.append(
                {
                    "input_ids": batch.input_ids,
                    "token_type_ids": batch.token_type_ids,
                    "attention_mask": batch.attention_mask,
                    "labels": labels,
                    "next_sentence_label": batch.nsp_labels,
                }
            )

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        return self.items[number]


class _Clock(transformers.TrainerCallback):
    """Notes when each step ends."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.ends: list[float] = []

    def on_step_end(self, *arguments: Any, **more: Any) -> None:
        _wait(self.device)
        self.ends.append(time.perf_counter())


class _Collator:
    """Hands on the one item of a batch; notes its tokens, since the Trainer shuffles the items."""

    def __init__(self) -> None:
        self.tokens: list[int] = []

    def __call__(self, items: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        self.tokens.append(int(items[0]["attention_mask"].sum()))
        return items[0]


def _their_speed(
    source: BatchSource, course: Course, precision: torch.dtype, device: torch.device
) -> float:
    """Tokens per second of `Trainer` on the same batches."""
    batches = _batches(source, course)
    collator = _Collator()
    torch.manual_seed(1)
    clock = _Clock(device)
    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=1,  # an item is a whole batch
            max_steps=len(batches),
            learning_rate=1e-3,
            weight_decay=0.05,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            use_cpu=device.type == "cpu",
            bf16=precision == torch.bfloat16,
        )
        transformers.Trainer(
            model=transformers.BertForPreTraining(_their_config()),
            args=arguments,
            train_dataset=_Batches(batches),
            data_collator=collator,
            callbacks=[clock],
        ).train()
    timed = sum(collator.tokens[course.warm_up :])
    return timed / (clock.ends[-1] - clock.ends[course.warm_up - 1])


def _their_config() -> transformers.BertConfig:
    """The same model in the other library's words."""
    own = {k: v for k, v in CONFIG.to_dict().items() if not k.startswith("headlight")}
    own.pop("architectures")
    return transformers.BertConfig(**own)
