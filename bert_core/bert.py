"""The handle that a notebook or a page works with: a model, its tokenizer, and what they can do."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bert_core.archive import unpack
from bert_core.assets import ASSETS, shipped_checkpoints
from bert_core.checkpoint import load_checkpoint
from bert_core.config import BertConfig
from bert_core.device import choose_device
from bert_core.encoding import Encoding
from bert_core.language import vocabulary_language
from bert_core.model import BertForPreTraining
from bert_core.predict import (
    NspPrediction,
    TokenPrediction,
    next_sentence_probabilities,
    top_tokens,
)
from bert_core.problems import CheckpointError, Problem
from bert_core.tokenizer import BertTokenizer
from bert_core.trace import Trace, trace_forward
from bert_core.weights import weight_files

Downloaded = Callable[[int, int], None]
"""Called with how many bytes of how many are there."""


@dataclass(frozen=True, eq=False)
class Bert:
    """A loaded BERT. Nothing here changes the model, so threads may share it."""

    name: str
    model: BertForPreTraining
    tokenizer: BertTokenizer
    missing: Mapping[str, str]
    """Parts that the checkpoint lacks (`pooler`, `mlm`, `nsp`) → reason."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What was concluded about the checkpoint; see `LoadedCheckpoint`."""

    @property
    def config(self) -> BertConfig:
        """The model's sizes."""
        return self.model.config

    @cached_property
    def language(self) -> str:
        """`zh` or `en`: in which of the languages of `bert_core.shelves` it is to be tried."""
        return vocabulary_language(
            self.tokenizer.token(token_id) for token_id in range(self.tokenizer.vocab_size)
        )

    def encode(self, text_a: str, text_b: str | None = None) -> Encoding:
        """Tokens as this model reads them, cut to its longest input."""
        encoding = self.tokenizer.encode(text_a, text_b, self.config.max_position_embeddings)
        if self.config.type_vocab_size == 1:  # such a model knows one segment only
            encoding = encoding.with_segments((0,) * len(encoding))
        return encoding

    def trace(
        self,
        text_a: str,
        text_b: str | None = None,
        *,
        heads_off: Collection[tuple[int, int]] = frozenset(),
        position_ids: Sequence[int] | None = None,
        token_type_ids: Sequence[int] | None = None,
        attention: str = "full",
    ) -> Trace:
        """One forward pass with every number within reach; see `trace_forward`."""
        encoding = self.encode(text_a, text_b)
        if token_type_ids is not None:
            encoding = encoding.with_segments(tuple(token_type_ids))
        return trace_forward(
            self.model,
            encoding,
            heads_off=heads_off,
            position_ids=position_ids,
            attention=attention,
        )

    def fill_mask(
        self, text_a: str, text_b: str | None = None, top_k: int = 5
    ) -> list[list[TokenPrediction]]:
        """The `top_k` best tokens for every [MASK] in the text, in reading order.

        Raises:
            ValueError: no [MASK] in the text, or the checkpoint has no MLM head.
        """
        self.require("mlm", "predict masked words")
        trace = self.trace(text_a, text_b)
        masks = mask_positions(trace.encoding, self.tokenizer)
        if not masks and "[MASK]" in (*trace.encoding.cut_a, *trace.encoding.cut_b):
            raise ValueError(
                f"the text's [MASK] lies beyond the {len(trace.encoding)} tokens that the model "
                "can read; shorten the text before it"
            )
        if not masks:
            raise ValueError("the text has no [MASK]; put one where a word should be predicted")
        return [
            top_tokens(trace.mlm_logits_at(position).cpu(), self.tokenizer, top_k)
            for position in masks
        ]

    def next_sentence(self, text_a: str, text_b: str) -> NspPrediction:
        """Does B follow A?

        Raises:
            ValueError: the checkpoint has no NSP head.
        """
        self.require("nsp", "predict the next sentence")
        return next_sentence_probabilities(self.trace(text_a, text_b).nsp_logits)

    def require(self, part: str, purpose: str) -> None:
        """Stop where a part of the checkpoint would be noise.

        Raises:
            ValueError: the part is missing; the message says which and why.
        """
        if part in self.missing:
            raise ValueError(f"{self.name} cannot {purpose}: {self.missing[part]}")


def mask_positions(encoding: Encoding, tokenizer: BertTokenizer) -> list[int]:
    """Indices of the [MASK] tokens."""
    return [i for i, token_id in enumerate(encoding.input_ids) if token_id == tokenizer.mask_id]


def load(name_or_path: str, device: str = "auto", report: Downloaded | None = None) -> Bert:
    """Open a shipped checkpoint by name, a folder, a zip file of one, or a Hugging Face model id.

    A hub id may name a revision after `@`: a branch, a tag or a commit.

    Args:
        report: Told how far a download is, by the threads that download.

    Only a name that is neither shipped nor a folder, and looks like a hub id, is looked for in the
    Hugging Face cache and then downloaded (needs the package `huggingface_hub`).

    Raises:
        CheckpointError: not found, or not a BERT that can be opened; the message says why.
        ValueError: the device is not on this machine.
    """
    target = choose_device(device)
    loaded = load_checkpoint(find_checkpoint(name_or_path, report))
    folder = Path(name_or_path).expanduser()
    name = folder.resolve().name if folder.exists() else name_or_path
    return Bert(name, loaded.model.to(target), loaded.tokenizer, loaded.missing, loaded.notes)


def find_checkpoint(name_or_path: str, report: Downloaded | None = None) -> Path:
    """The folder of a shipped checkpoint, a folder itself, or where a zip's or hub's files now lie.

    Raises:
        CheckpointError: neither; the message says why.
    """
    if name_or_path in shipped_checkpoints():
        return ASSETS / "checkpoints" / name_or_path
    try:
        folder = Path(name_or_path).expanduser()
        if name_or_path and folder.is_dir():
            return folder
        if folder.suffix == ".zip" and folder.is_file():
            with folder.open("rb") as archive:
                return unpack(archive, folder.name)
    except (OSError, RuntimeError) as error:  # a name too long, a home that is not there
        raise CheckpointError(
            Problem.NAME, f"{name_or_path[:80]!r}… cannot be the name of a folder"
        ) from error
    hub_id, at, revision = name_or_path.partition("@")
    parts = [*hub_id.split("/"), *([revision] if at else [])]
    looks_like_hub_id = hub_id.count("/") <= 1 and all(
        part and part[0].isalnum() and all(c.isalnum() or c in "-_." for c in part)
        for part in parts
    )
    if not looks_like_hub_id:
        raise CheckpointError(
            Problem.NAME,
            f"{name_or_path!r} is neither a folder nor one of {', '.join(shipped_checkpoints())}",
        )
    return _download(name_or_path, hub_id, revision or None, report)


def _bar(report: Downloaded) -> type[Any]:
    """A progress bar for the hub's package that draws nothing and tells of bytes alone."""
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    class Bar(tqdm):
        def display(self, *_: object, **__: object) -> None:
            if self.unit == "B" and self.total:  # another bar counts files
                report(int(self.n), int(self.total))

    return Bar


def _download(name: str, hub_id: str, revision: str | None, report: Downloaded | None) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )
    except ImportError as error:
        raise CheckpointError(
            Problem.PACKAGE,
            f"{name!r} is not shipped and not a folder; to fetch it from the Hugging Face hub, "
            "install huggingface_hub",
        ) from error
    texts = ["README.md", "config.json", "vocab.txt", "tokenizer*.json"]

    def fetch(weights: list[str]) -> Path:
        return Path(
            snapshot_download(
                hub_id,
                revision=revision,
                allow_patterns=[*texts, *weights],
                tqdm_class=None if report is None else _bar(report),
            )
        )

    safe = ["model.safetensors", "model.safetensors.index.json", "model-*.safetensors"]
    pickled = ["pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*.bin"]
    try:
        folder = fetch(safe)
        return folder if weight_files(folder) else fetch(pickled)
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CheckpointError(
            Problem.HUB,
            f"{name!r} is not shipped, not a folder, and not to be had from the hub: {reason}",
        ) from error
