"""The weights in a checkpoint's folder: which files hold them, and what each number is called."""

import json
import pickle
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bert_core.folder_files import read_text
from bert_core.problems import CheckpointError, Problem, first_line

_ANCHOR = "embeddings.word_embeddings.weight"
"""Every BERT has it, so what stands before it is the prefix of the encoder."""
_PARTS = ("embeddings.", "encoder.", "pooler.")
_HEADS = ("cls.predictions.", "cls.seq_relationship.")
_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
"""What torch.compile, sharded training and activation checkpoints put into names, anywhere."""
_OTHER_KINDS = ("roberta.", "electra.", "albert.", "distilbert.", "mpnet.", "longformer.")
_NESTED = ("state_dict", "model_state_dict", "model")
"""Where a training script's file keeps the weights, beside the optimizer's state and others."""


def convert_hf_state_dict(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of any published BERT under our names; see `our_names`."""
    return {ours: state[theirs] for theirs, ours in our_names(state)[0].items()}


def our_names(names: Iterable[str]) -> tuple[dict[str, str], str]:
    """Their names of weights → ours, in the same order, and the prefix that was taken off.

    Finds the encoder under any prefix (none in a bare encoder, `module.` from data-parallel
    training, `model.` or a name of one's own around it), and the heads under the same one. Takes
    wrappers' names out, `gamma`/`beta` for LayerNorm and the second name of the decoder's bias too.
    Buffers and heads of other tasks are left out.

    Raises:
        CheckpointError: several encoders, or one of another kind; the message names them.
    """
    plain = {name: _without_wrappers(name) for name in names}
    ends = [key for key in plain.values() if f".{key}".endswith(f".{_ANCHOR}")]
    encoders = sorted({key.removesuffix(_ANCHOR) for key in ends})
    if len(encoders) > 1:
        listed = ", ".join(repr(prefix) for prefix in encoders)
        raise CheckpointError(
            Problem.CANDIDATES,
            f"the weight file holds {len(encoders)} encoders, under {listed}; save the one that is "
            "meant in a folder of its own",
        )
    encoder = encoders[0] if encoders else "bert."
    if encoder.endswith(_OTHER_KINDS):
        raise CheckpointError(
            Problem.KIND,
            f"the weight file holds a {encoder.split('.')[-2]}; only 'bert' can be opened",
        )
    # The heads stand beside the encoder or beside something around it.
    beside = {key[: key.index(head)] for key in plain.values() for head in _HEADS if head in key}
    around = max((p for p in beside if encoder.startswith(p)), key=len, default=None)
    renamed = {}
    for name, key in plain.items():
        if key.startswith(tuple(encoder + part for part in _PARTS)):
            ours = "bert." + key.removeprefix(encoder)
        elif around is not None and key.startswith(tuple(around + head for head in _HEADS)):
            ours = key.removeprefix(around)
        else:
            continue
        ours = ours.replace("LayerNorm.gamma", "LayerNorm.weight")
        ours = ours.replace("LayerNorm.beta", "LayerNorm.bias")
        if ours == "cls.predictions.decoder.bias":
            ours = "cls.predictions.bias"
        elif ours == "cls.predictions.bias" and name.replace("bias", "decoder.bias") in plain:
            continue  # the published code adds the other one where the two are not tied
        if not ours.endswith("position_ids"):
            renamed[name] = ours
    used = [wrapper for wrapper in _WRAPPERS if any(wrapper in name for name in renamed)]
    return renamed, " ".join(filter(None, (*used, encoder.removesuffix("bert."))))


def _without_wrappers(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files that a checkpoint's weights are read from, none where there are none.

    Safetensors before pickle, one file before many; a Lightning checkpoint (`*.ckpt`) last.

    Raises:
        CheckpointError: the index of many files is broken or names what is not there, or there are
            several Lightning checkpoints.
    """
    return _find(folder)[0]


def _find(folder: Path) -> tuple[tuple[Path, ...], Collection[str] | None]:
    """The files, and the names of all weights in them where an index lists them."""
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return (folder / name,), None
        index = folder / f"{name}.index.json"
        if index.is_file():
            shards = _read_index(index)
            return tuple(sorted({folder / shard for shard in shards.values()})), shards.keys()
    lightning = tuple(sorted(file for file in folder.glob("*.ckpt") if file.is_file()))
    if len(lightning) > 1:
        listed = ", ".join(file.name for file in lightning)
        raise CheckpointError(
            Problem.CANDIDATES,
            f"{folder} holds {len(lightning)} checkpoints, {listed}; put the one that is meant in "
            "a folder of its own",
        )
    return lightning, None


def read_weights(folder: Path) -> tuple[dict[str, Tensor], str]:
    """The weights of a folder under our names, and the prefix that was taken off theirs.

    Of weights in several files, one file is in memory at a time, beside what was kept.

    Raises:
        CheckpointError: no weights, broken ones, or those of several models.
    """
    files, listed = _find(folder)
    if not files:
        raise CheckpointError(
            Problem.WEIGHTS, f"there is no model.safetensors and no pytorch_model.bin in {folder}"
        )
    if listed is None:
        state = _read(files[0])
        names, taken_off = our_names(state)
        return _kept(state, names), taken_off
    names, taken_off = our_names(listed)
    kept: dict[str, Tensor] = {}
    for file in files:
        kept |= _kept(_read(file), names)
    return kept, taken_off


def _kept(state: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """The weights that have names, under our names, in float32 if they are numbers with a point.

    They are copies: what was read is the file itself, mapped into memory, and a file that is
    written over later would change the model, or end the process where it became shorter.
    """
    return {
        ours: state[theirs].to(torch.float32, copy=True)
        if state[theirs].is_floating_point()
        else state[theirs].clone()
        for theirs, ours in names.items()
        if theirs in state
    }


def _read(file: Path) -> dict[str, Tensor]:
    return _read_safe(file) if file.suffix == ".safetensors" else _read_pickled(file)


def _read_index(index: Path) -> dict[str, str]:
    """Name of a weight → name of the file beside the index that holds it."""
    try:
        values = json.loads(read_text(index))
        shards = values["weight_map"]
        if not shards or not all(isinstance(shard, str) for shard in shards.values()):
            raise ValueError("its weight_map names no files")
    except (ValueError, OSError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            Problem.BROKEN, f"{index.name} is broken or not a weight file: {first_line(error)}"
        ) from error
    suffix = Path(index.name.removesuffix(".index.json")).suffix
    for shard in sorted(set(shards.values())):
        # a name with a folder in it could lead anywhere
        is_beside = shard == Path(shard).name and shard.endswith(suffix)
        if not is_beside or not (index.parent / shard).is_file():
            raise CheckpointError(
                Problem.WEIGHTS, f"{index.name} names {shard[:80]!r}, which is not beside it"
            )
    return dict(shards)


def _read_safe(safe: Path) -> dict[str, Tensor]:
    try:
        return load_file(safe)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            Problem.BROKEN, f"{safe.name} is broken or not a weight file: {first_line(error)}"
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
            Problem.BROKEN, f"{pickled.name} is broken or not a weight file: {first_line(error)}"
        ) from error
    if isinstance(state, Mapping):  # Lightning and most training scripts keep more beside them
        nested = (state.get(name) for name in _NESTED)
        state = next((values for values in nested if isinstance(values, Mapping)), state)
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
