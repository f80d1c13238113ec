"""A trace with all attention weights, beside what `transformers` gives of one forward pass."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
import transformers

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import OUTPUT_MATRIX, BertForPreTraining
from bert_core.trace import trace_forward
from bert_core.weights import convert_hf_state_dict

TITLE = "A trace"
NOTE = (
    "BERT-base with random weights, one text without padding, "
    f"transformers {transformers.__version__} with the same weights; each row in turn, medians. "
    "Milliseconds of the processor's time on one thread, which other work on the machine moves "
    "less than the clock's. `transformers` keeps all attentions and hidden states by its eager "
    "kernel, and gives predictions by sdpa; the trace gives any layer's other steps when asked."
)
ROUNDS = 9
TOKENS = (32, 128, 512)


def run() -> list[dict[str, object]]:
    """One row per length and what is compared."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [row for tokens in TOKENS for row in _rows(tokens)]
    finally:
        torch.set_num_threads(threads)


def _rows(tokens: int) -> list[dict[str, object]]:
    torch.manual_seed(0)
    eager, sdpa = (_theirs(kernel) for kernel in ("eager", "sdpa"))
    sdpa.load_state_dict(eager.state_dict())
    ours = BertForPreTraining(BertConfig()).eval()
    state = convert_hf_state_dict(eager.state_dict())
    del state[OUTPUT_MATRIX]
    ours.load_state_dict(state)
    ids = torch.randint(1000, 30_000, (1, tokens))
    inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    encoding = Encoding(
        text_a="",
        text_b=None,
        tokens=("word",) * tokens,
        input_ids=tuple(ids[0].tolist()),
        token_type_ids=(0,) * tokens,
        attention_mask=(1,) * tokens,
        special_tokens_mask=(0,) * tokens,
        offsets=(None,) * tokens,
    )
    every = {"output_attentions": True, "output_hidden_states": True}
    works: dict[str, Callable[[], object]] = {
        "trace": lambda: trace_forward(ours, encoding),
        "overview": lambda: trace_forward(ours, encoding).attention_overview(),
        "all of theirs": lambda: eager(**inputs, **every),
        "prediction": lambda: ours(**inputs),
        "their prediction": lambda: sdpa(**inputs),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    with torch.no_grad():
        for _ in range(ROUNDS + 1):
            for name, work in works.items():
                begin = time.process_time()
                work()
                times[name].append(1000 * (time.process_time() - begin))
    median = {name: statistics.median(each[1:]) for name, each in times.items()}
    pairs = (
        ("trace", "trace", "all of theirs"),
        ("trace and all weights as a picture", "overview", "all of theirs"),
        ("both predictions, nothing kept", "prediction", "their prediction"),
    )
    return [
        {
            "what": what,
            "tokens": tokens,
            "ours ms": round(median[mine], 1),
            "transformers ms": round(median[theirs], 1),
            "of theirs": f"{median[mine] / median[theirs]:.2f} ×",
        }
        for what, mine, theirs in pairs
    ]


def _theirs(kernel: str) -> Any:
    settings: dict[str, Any] = {"attn_implementation": kernel}
    return transformers.BertForPreTraining(transformers.BertConfig(**settings)).eval()
