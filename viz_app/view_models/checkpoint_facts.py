"""What can be said of a checkpoint: its sizes, its parameters part by part, how it was trained.

Counts come from the model itself. `training.json` and the model card come from the checkpoint's
folder, which may be anybody's: what is not there or not of the expected type is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.bert import Bert
from bert_core.config import BertConfig
from bert_core.quantities import parameter_counts
from viz_app.view_models.views import read_only

LONGEST_CARD = 20_000
"""Characters of a model card that are shown."""
LOAD_ERRORS = {
    "name": "… is neither a folder nor one of …",
    "hub": "… is not shipped, not a folder, and not to be had from the hub",
    "package": "to fetch it from the Hugging Face hub, install huggingface_hub",
    "no_config": "there is no config.json in …",
    "kind": "config.json says model_type …; only 'bert' can be opened",
    "config": "config.json cannot be used: …",
    "tokenizer": "the tokenizer cannot be read: …",
    "vocabulary": "the vocabulary has … entries but config.json gives the model only …",
    "weights": "there is no model.safetensors and no pytorch_model.bin in …",
    "foreign": "… holds TensorFlow weights, which are not read here",
    "broken": "… is broken or not a weight file",
    "code": "… is broken or holds more than numbers",
    "layers": "config.json gives the model … layers, but the weight file holds …",
    "candidates": "the weight file holds … encoders, under …",
    "archive": "… cannot be unpacked: …",
    "changed": "files in … changed while they were read",
    "missing": "these weights are missing: …",
    "shape": "… is … in the file but … by config.json",
    "numbers": "… holds infinite or undefined numbers",
}
"""`Problem` → what `bert_core` says when it cannot open a checkpoint; … stands for what differs."""
_LARGEST_RECORD = 8 * 2**20  # bytes; ours are a few kB


@dataclass(frozen=True)
class Part:
    """A part of the model: how many numbers it learned, and how that count comes about."""

    name: str
    count: int
    formula: str
    """The count worked out from the sizes, with + and × between numbers."""


def parameter_parts(bert: Bert) -> tuple[Part, ...]:
    """Every parameter of the model, counted once, by part; parts that it lacks are left out."""
    formulas = _formulas(bert.config)
    return tuple(
        Part(name, count, formulas[name]) for name, count in parameter_counts(bert).items()
    )


def _formulas(config: BertConfig) -> dict[str, str]:
    hidden, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    square = f"{hidden:,} × {hidden:,}"
    own_matrix = "" if config.tie_word_embeddings else f" + {config.vocab_size:,} × {hidden:,}"
    return {
        "word": f"{config.vocab_size:,} × {hidden:,}",
        "position": f"{config.max_position_embeddings:,} × {hidden:,}",
        "segment": f"{config.type_vocab_size:,} × {hidden:,}",
        "attention": f"{layers} × 4 × ({square} + {hidden:,})",
        "feed_forward": f"{layers} × (2 × {hidden:,} × {inner:,} + {inner:,} + {hidden:,})",
        "layer_norm": f"(2 × {layers} + 1) × 2 × {hidden:,}",
        "pooler": f"{square} + {hidden:,}",
        "mlm": f"{square} + 3 × {hidden:,} + {config.vocab_size:,}{own_matrix}",
        "nsp": f"2 × {hidden:,} + 2",
    }


def model_card(folder: Path, language: str) -> str | None:
    """The text of README.<language>.md, or else of README.md, cut to LONGEST_CARD characters.

    None where neither is there. A link to another place is no card: the page would show any file.
    """
    cards = (folder / f"README.{language}.md", folder / "README.md")
    card = next((card for card in cards if card.is_file() and _is_own(card)), None)
    if card is None:
        return None
    with card.open(encoding="utf-8", errors="replace") as file:
        return file.read(LONGEST_CARD)


@dataclass(frozen=True)
class HeldOut:
    """Figures on documents that the model was not trained on; accuracies are shares 0..1."""

    kind: str
    mlm_loss: float | None
    """Nats per chosen token."""
    mlm_top1: float | None
    """Of all chosen tokens, a tenth of which is to be seen as it is and a tenth replaced."""
    mlm_top1_masked: float | None
    """Of those that stand as [MASK]."""
    mlm_top5: float | None
    nsp_accuracy: float | None
    nsp_accuracy_unmasked: float | None
    """The same pairs with no word hidden, as a reader types them."""


HELD_OUT_FIGURES = tuple(field.name for field in fields(HeldOut) if field.name != "kind")


@dataclass(frozen=True)
class TrainingCurve:
    """Figures of the training batches over the tokens seen; all arrays [point]."""

    tokens: NDArray[np.float64]
    mlm_loss: NDArray[np.float64]
    nsp_accuracy: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("tokens", "mlm_loss", "nsp_accuracy"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float64))


@dataclass(frozen=True)
class Training:
    """What `training.json` tells of a run; None or empty where it does not."""

    earlier: Training | None
    """The run before, where this one continued it."""

    tokens_seen: float | None
    steps: float | None
    seconds: float | None
    batch_tokens: float | None
    seed: float | None
    device: str | None
    corpus_tokens: float | None
    corpus_files: tuple[str, ...]
    continued_from: str | None
    heldout: tuple[HeldOut, ...]
    cloze_top5: float | None
    """Share of the project's own gap sentences with an accepted word among the first five."""
    everyday_nsp: float | None
    """Share of the project's own pairs that are judged right."""
    curve: TrainingCurve | None


def _is_own(file: Path) -> bool:
    """Whether a file lies in its folder, or where the hub's cache keeps what that links to."""
    target, folder = file.resolve(), file.parent.resolve()
    cache = folder.parents[1] / "blobs" if folder.parent.name == "snapshots" else folder
    return target.parent in (folder, cache)


def read_training(folder: Path) -> Training | None:
    """The record of the run that made a checkpoint; None where there is none.

    Raises:
        ValueError: the file is there but is no JSON object; the message says what it is.
    """
    file = folder / "training.json"
    if not file.is_file() or not _is_own(file):
        return None
    if file.stat().st_size > _LARGEST_RECORD:
        raise ValueError(f"training.json is larger than {_LARGEST_RECORD // 2**20} MB")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"training.json cannot be read: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("training.json does not hold a JSON object")
    continued = _mapping(record, "continued_from")
    earlier = _mapping(continued, "training")
    return _training(
        record,
        earlier=_training(earlier, earlier=None, name=None) if earlier else None,
        name=_text(continued, "name"),
    )


def _training(record: Mapping[str, Any], earlier: Training | None, name: str | None) -> Training:
    corpus, everyday = _mapping(record, "corpus"), _mapping(record, "everyday")
    return Training(
        earlier=earlier,
        tokens_seen=_number(record, "tokens_seen"),
        steps=_number(record, "steps"),
        seconds=_number(record, "seconds"),
        batch_tokens=_number(record, "batch_tokens"),
        seed=_number(record, "seed"),
        device=_text(record, "device"),
        corpus_tokens=_number(corpus, "tokens"),
        corpus_files=tuple(name for name in _list(corpus, "files") if isinstance(name, str)),
        continued_from=name,
        heldout=tuple(_held_out(_mapping(record, "heldout"))),
        cloze_top5=_number(everyday, "cloze_top5"),
        everyday_nsp=_number(everyday, "nsp_accuracy"),
        curve=_curve(_list(record, "curve")),
    )


def _held_out(kinds: Mapping[str, Any]) -> Iterable[HeldOut]:
    for kind in kinds:
        figures = _mapping(kinds, kind)
        values = [_number(figures, name) for name in HELD_OUT_FIGURES]
        if any(value is not None for value in values):
            yield HeldOut(kind, *values)


def _curve(lines: list[Any]) -> TrainingCurve | None:
    names = ("tokens", "mlm_loss", "nsp_accuracy")
    points = [[_number(line, name) for name in names] for line in lines if isinstance(line, dict)]
    whole = [point for point in points if None not in point]
    if len(whole) < 2:
        return None
    return TrainingCurve(*np.array(whole, np.float64).T)


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:  # JSON's whole numbers have no largest one
        return None
    return number if math.isfinite(number) else None


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _mapping(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _list(values: Mapping[str, Any], name: str) -> list[Any]:
    value = values.get(name)
    return value if isinstance(value, list) else []
