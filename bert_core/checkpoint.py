"""Folders on disk to models and back, in the Hugging Face layout.

A folder holds `config.json`, `vocab.txt` or `tokenizer.json`, and `model.safetensors` or
`pytorch_model.bin`, whole or in several files with an index. What we save,
`transformers.BertForPreTraining.from_pretrained` opens.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from bert_core.config import BertConfig
from bert_core.folder_files import read_text, version_of
from bert_core.folder_layout import config_file, model_folder, refuse_foreign
from bert_core.model import OUTPUT_MATRIX, WORD_EMBEDDINGS, BertForPreTraining
from bert_core.problems import CheckpointError, Problem, first_line
from bert_core.tokenizer import BertTokenizer
from bert_core.weights import read_weights, weight_files

_OPTIONAL_PARTS = {
    "pooler": "bert.pooler.",
    "mlm": "cls.predictions.",
    "nsp": "cls.seq_relationship.",
}
"""Parts that a checkpoint may lack, with the beginning of their keys."""
_ROBERTA = ": a RoBERTa has another tokenizer and counts positions from 2"
_DIFFERENCES = {
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "distilbert": ": a DistilBERT has no segments and no pooler",
    "albert": ": an ALBERT has the same weights in every layer and a smaller embedding",
    "electra": ": an ELECTRA was trained to find replaced words, and has other heads",
    "modernbert": ": a ModernBERT rotates queries and keys instead of adding positions",
}
"""What the kinds that are taken for a BERT most often have that is different."""


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


def load_checkpoint(folder: str | os.PathLike[str]) -> LoadedCheckpoint:
    """Read a checkpoint folder into a float32 model in eval mode, on the CPU.

    Raises:
        CheckpointError: a file is missing, broken, not a BERT, or does not fit the configuration.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(Problem.NAME, f"{folder} is not a folder")
    outer, folder = folder, model_folder(folder)
    version = version_of(folder)
    config = _read_config(folder)
    if not weight_files(folder):
        refuse_foreign(folder)
    tokenizer = _read_tokenizer(folder)
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError(
            Problem.VOCABULARY,
            f"the vocabulary has {tokenizer.vocab_size} entries but config.json gives the model "
            f"only {config.vocab_size}; the files do not belong together",
        )
    state, taken_off = read_weights(folder)
    if version_of(folder) != version:
        raise CheckpointError(
            Problem.CHANGED, f"files in {folder} changed while they were read; nothing is opened"
        )
    model = _empty_model(_tied_or_not(config, state), state)
    missing = _fit(state, model)
    model.load_state_dict(state, assign=True)  # a fixed table stays fixed
    notes = {tokenizer.concluded: "vocab.txt"} if tokenizer.concluded else {}
    if folder != outer:
        notes["inner_folder"] = folder.name
    if taken_off:
        notes["prefix"] = taken_off
    if not model.config.tie_word_embeddings and "mlm" not in missing:
        notes["untied"] = OUTPUT_MATRIX
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
        weights = model.state_dict()
        if not model.config.tie_word_embeddings:  # `transformers` adds it under its second name
            weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"].clone()
        for key, tensor in weights.items():
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


def _read_config(folder: Path) -> BertConfig:
    path = config_file(folder)
    if path is None:
        refuse_foreign(folder)
        raise CheckpointError(Problem.NO_CONFIG, f"there is no config.json in {folder}")
    try:
        values = json.loads(read_text(path))
        kind = values.get("model_type", "bert") if isinstance(values, dict) else "bert"
        if kind != "bert":
            raise CheckpointError(
                Problem.KIND,
                f"{path.name} says model_type {kind!r}; only 'bert' can be opened"
                f"{_DIFFERENCES.get(str(kind), '')}",
            )
        return BertConfig.from_json(path)
    except CheckpointError:
        raise
    except (ValueError, OSError, RecursionError) as error:  # JSON and UTF-8 are ValueErrors too
        raise CheckpointError(Problem.CONFIG, f"{path.name} cannot be used: {error}") from error


def _read_tokenizer(folder: Path) -> BertTokenizer:
    try:
        return BertTokenizer.from_folder(folder)
    except (ValueError, OSError) as error:
        raise CheckpointError(
            Problem.TOKENIZER, f"the tokenizer cannot be read: {error}"
        ) from error


def _tied_or_not(config: BertConfig, state: dict[str, Tensor]) -> BertConfig:
    """The configuration with what the weights say: a second copy of one matrix is left out."""
    decoder, words = state.get(OUTPUT_MATRIX), state.get(WORD_EMBEDDINGS)
    if decoder is None:
        return config
    tied = words is not None and decoder.dtype == words.dtype and torch.equal(decoder, words)
    if tied:
        del state[OUTPUT_MATRIX]
    return replace(config, tie_word_embeddings=tied)


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
            Problem.CONFIG, f"config.json cannot be used: its sizes cannot be: {first_line(error)}"
        ) from error


def _fit(state: dict[str, Tensor], model: BertForPreTraining) -> dict[str, str]:
    """Make `state` exactly what the model expects; returns the optional parts it had to fill."""
    missing: dict[str, str] = {}
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
