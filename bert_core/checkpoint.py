"""Folders on disk to models and back, in the Hugging Face layout.

A folder holds `config.json`, `vocab.txt` or `tokenizer.json`, and `model.safetensors` or
`pytorch_model.bin`. What we save, `transformers.BertForPreTraining.from_pretrained` opens.
"""

import json
import os
import pickle
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from bert_core.config import BertConfig
from bert_core.model import BertForPreTraining
from bert_core.tokenizer import BertTokenizer

_WORDS = "bert.embeddings.word_embeddings.weight"
_DECODER = "cls.predictions.decoder.weight"
_OPTIONAL_PARTS = {
    "pooler": "bert.pooler.",
    "mlm": "cls.predictions.",
    "nsp": "cls.seq_relationship.",
}
"""Parts that a checkpoint may lack, with the beginning of their keys."""


class Problem(StrEnum):
    """What keeps a checkpoint from being opened; the app has a remedy for each."""

    NAME = "name"
    """Not the name of anything: no folder, not shipped, no hub id."""
    PACKAGE = "package"
    """A hub id, but the package that downloads is not installed."""
    HUB = "hub"
    """The hub does not give it."""
    NO_CONFIG = "no_config"
    KIND = "kind"
    """A model, but not a BERT."""
    CONFIG = "config"
    """`config.json` is broken or says what cannot be."""
    TOKENIZER = "tokenizer"
    """No vocabulary, or one that is broken or not WordPiece."""
    VOCABULARY = "vocabulary"
    """More vocabulary than word embeddings."""
    WEIGHTS = "weights"
    """No weight file."""
    CODE = "code"
    """A weight file that holds more than numbers, or is too broken to tell."""
    BROKEN = "broken"
    """A file that cannot be read as weights."""
    LAYERS = "layers"
    """Fewer layers than `config.json` says."""
    MISSING = "missing"
    """Weights that every BERT has are not in the file."""
    SHAPE = "shape"
    """A weight of another size than `config.json` says."""
    NUMBERS = "numbers"
    """Weights that are infinite, undefined or no floating-point numbers."""


class CheckpointError(ValueError):
    """A checkpoint cannot be opened: the message says why, `problem` of what kind that is."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A model with its tokenizer, and what the file did not hold."""

    model: BertForPreTraining
    tokenizer: BertTokenizer
    missing: Mapping[str, str]
    """Part (`pooler`, `mlm`, `nsp`) → reason; such a part holds zeros and must not be shown."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What was concluded about the folder, where its files do not say it: name of the note → what
    it is about, such as the prefix that was taken off. `cased`, `uncased` and `uncased_accents`
    tell how the vocabulary has text read."""


def convert_hf_state_dict(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the keys of any published BERT to ours; drop buffers and heads of other tasks.

    Handles a missing `bert.` prefix (a bare encoder), `gamma`/`beta` for LayerNorm, `module.` from
    data-parallel training, the tied decoder and its second bias.
    """
    renamed: dict[str, Tensor] = {}
    for full_name, tensor in state.items():
        key = full_name.removeprefix("module.")
        key = key.replace("LayerNorm.gamma", "LayerNorm.weight")
        key = key.replace("LayerNorm.beta", "LayerNorm.bias")
        if key.startswith(("embeddings.", "encoder.", "pooler.")):
            key = "bert." + key
        if key == "cls.predictions.decoder.bias":
            key = "cls.predictions.bias"
        if key.endswith("position_ids") or not key.startswith(("bert.", "cls.")):
            continue
        renamed[key] = tensor
    return renamed


def load_checkpoint(folder: str | os.PathLike[str]) -> LoadedCheckpoint:
    """Read a checkpoint folder into a float32 model in eval mode, on the CPU.

    Raises:
        CheckpointError: a file is missing, broken, not a BERT, or does not fit the configuration.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(Problem.NAME, f"{folder} is not a folder")
    config = _read_config(folder / "config.json")
    tokenizer = _read_tokenizer(folder)
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError(
            Problem.VOCABULARY,
            f"the vocabulary has {tokenizer.vocab_size} entries but config.json gives the model "
            f"only {config.vocab_size}; the files do not belong together",
        )
    state = convert_hf_state_dict(_read_weights(folder))
    model = _empty_model(config, state)
    missing = _fit(state, model)
    model.load_state_dict(state, assign=True)  # a fixed table stays fixed
    notes = {tokenizer.concluded: "vocab.txt"} if tokenizer.concluded else {}
    return LoadedCheckpoint(model.eval(), tokenizer, missing, notes)


def save_checkpoint(
    folder: str | os.PathLike[str],
    model: BertForPreTraining,
    tokenizer: BertTokenizer,
    dtype: torch.dtype = torch.float16,
    extra_files: Mapping[str, str] | None = None,
) -> None:
    """Write a folder that `load_checkpoint` and `transformers` open; whole or not at all.

    Args:
        dtype: Type of the numbers on disk.
        extra_files: Name → text of further files, such as `training.json`; files of an older
            checkpoint in the same folder that are not written anew stay.

    Raises:
        OSError: the disk is full or not writable; an older checkpoint stays as it was.
        ValueError: a weight is undefined or too large for `dtype`; likewise.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    old = folder.with_name(f".{folder.name}-old")
    if old.exists() and not folder.exists():
        old.rename(folder)  # a save was killed between its last two steps
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        if folder.is_dir():
            keep_out = shutil.ignore_patterns("model.safetensors")  # written anew, and large
            shutil.copytree(folder, fresh, ignore=keep_out, dirs_exist_ok=True)
        state = {}
        for key, tensor in model.state_dict().items():
            state[key] = tensor.detach().to("cpu", dtype).contiguous()
            if not torch.isfinite(state[key]).all():
                raise ValueError(f"{key} holds numbers that {dtype} cannot hold; nothing is saved")
        model.config.to_json(fresh / "config.json")
        tokenizer.save(fresh)
        try:
            save_file(state, fresh / "model.safetensors", metadata={"format": "pt"})
        except SafetensorError as error:
            raise OSError(f"model.safetensors cannot be written: {error}") from error
        for name, text in (extra_files or {}).items():
            (fresh / name).write_text(text, encoding="utf-8")
        (fresh / "model.safetensors").chmod(0o644)  # written as a private temporary file
        fresh.chmod(0o755)
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _read_config(path: Path) -> BertConfig:
    if not path.is_file():
        raise CheckpointError(Problem.NO_CONFIG, f"there is no config.json in {path.parent}")
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
        kind = values.get("model_type", "bert") if isinstance(values, dict) else "bert"
        if kind != "bert":
            raise CheckpointError(
                Problem.KIND, f"config.json says model_type {kind!r}; only 'bert' can be opened"
            )
        return BertConfig.from_json(path)
    except CheckpointError:
        raise
    except (ValueError, OSError, RecursionError) as error:  # JSON and UTF-8 are ValueErrors too
        raise CheckpointError(Problem.CONFIG, f"config.json cannot be used: {error}") from error


def _read_tokenizer(folder: Path) -> BertTokenizer:
    try:
        return BertTokenizer.from_folder(folder)
    except (ValueError, OSError) as error:
        raise CheckpointError(
            Problem.TOKENIZER, f"the tokenizer cannot be read: {error}"
        ) from error


def weight_file(folder: Path) -> Path | None:
    """The file that a checkpoint's weights are read from: safetensors before pickle."""
    files = (folder / name for name in ("model.safetensors", "pytorch_model.bin"))
    return next((file for file in files if file.is_file()), None)


def _read_weights(folder: Path) -> dict[str, Tensor]:
    file = weight_file(folder)
    if file is None:
        raise CheckpointError(
            Problem.WEIGHTS, f"there is no model.safetensors and no pytorch_model.bin in {folder}"
        )
    return _read_safe(file) if file.suffix == ".safetensors" else _read_pickled(file)


def _read_safe(safe: Path) -> dict[str, Tensor]:
    try:
        return load_file(safe)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            Problem.BROKEN, f"{safe.name} is broken or not a weight file: {_first_line(error)}"
        ) from error


def _read_pickled(pickled: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(pickled, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # its own words advise to open the file unprotected
        raise CheckpointError(
            Problem.CODE,
            f"{pickled.name} is broken or holds more than numbers; it is not opened, since that "
            "could run foreign code",
        ) from error
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise CheckpointError(
            Problem.BROKEN, f"{pickled.name} is broken or not a weight file: {_first_line(error)}"
        ) from error
    if not isinstance(state, Mapping):
        raise CheckpointError(
            Problem.BROKEN,
            f"{pickled.name} is broken or not a weight file: it does not hold named tensors",
        )
    return {
        key: value
        for key, value in state.items()
        if isinstance(key, str) and isinstance(value, Tensor)
    }


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _empty_model(config: BertConfig, state: Mapping[str, Tensor]) -> BertForPreTraining:
    """A model without numbers: a configuration with absurd sizes must not eat the memory."""
    prefix = "bert.encoder.layer."
    held = len({key.split(".")[3] for key in state if key.startswith(prefix)})
    if config.num_hidden_layers > held:
        raise CheckpointError(
            Problem.LAYERS,
            f"config.json gives the model {config.num_hidden_layers} layers, but the weight file "
            f"holds {held}",
        )
    try:
        with torch.device("meta"):
            return BertForPreTraining(config)
    except (RuntimeError, OverflowError, TypeError) as error:  # a size beyond 64 bits
        raise CheckpointError(
            Problem.CONFIG, f"config.json cannot be used: its sizes cannot be: {_first_line(error)}"
        ) from error


def _fit(state: dict[str, Tensor], model: BertForPreTraining) -> dict[str, str]:
    """Make `state` exactly what the model expects; returns the optional parts it had to fill."""
    missing: dict[str, str] = {}
    decoder = state.pop(_DECODER, None)
    words = state.get(_WORDS)
    if decoder is not None and words is not None and not torch.equal(decoder, words):
        missing["mlm"] = "its output matrix is not tied to the word embeddings"
    expected = model.state_dict()
    absent = [key for key in expected if key not in state]
    for part, prefix in _OPTIONAL_PARTS.items():
        lacking = [key for key in absent if key.startswith(prefix)]
        if lacking:
            missing[part] = f"the checkpoint has no {', '.join(lacking)}"
    if "pooler" in missing:  # the NSP head reads the pooler's output
        missing.setdefault("nsp", missing["pooler"])
    needed = [key for key in absent if not key.startswith(tuple(_OPTIONAL_PARTS.values()))]
    if needed:
        more = f" and {len(needed) - 3} more" if len(needed) > 3 else ""
        raise CheckpointError(
            Problem.MISSING,
            f"these weights are missing: {', '.join(needed[:3])}{more}; is this a BERT of "
            f"{model.config.num_hidden_layers} layers?",
        )
    for key, shape in ((key, tuple(tensor.shape)) for key, tensor in expected.items()):
        found = tuple(state[key].shape) if key in state else shape
        if found != shape:
            raise CheckpointError(
                Problem.SHAPE, f"{key} is {found} in the file but {shape} by config.json"
            )
        if key not in state:
            state[key] = torch.zeros(shape)
        elif not state[key].is_floating_point():
            raise CheckpointError(
                Problem.NUMBERS, f"{key} holds {state[key].dtype}, not floating-point numbers"
            )
        state[key] = state[key].float()
        if not torch.isfinite(state[key]).all():
            raise CheckpointError(Problem.NUMBERS, f"{key} holds infinite or undefined numbers")
    for key in set(state) - set(expected):
        del state[key]
    return missing
