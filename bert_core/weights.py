"""The weights in a checkpoint's folder: which files hold them, and what each number is called."""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

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
        if not ours.endswith("position_ids"):
            renamed[name] = ours
    used = [wrapper for wrapper in _WRAPPERS if any(wrapper in name for name in renamed)]
    return renamed, " ".join(filter(None, (*used, encoder.removesuffix("bert."))))


def _without_wrappers(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def weight_file(folder: Path) -> Path | None:
    """The file that a checkpoint's weights are read from: safetensors before pickle."""
    files = (folder / name for name in ("model.safetensors", "pytorch_model.bin"))
    return next((file for file in files if file.is_file()), None)


def read_weights(folder: Path) -> tuple[dict[str, Tensor], str]:
    """The weights of a folder under our names, and the prefix that was taken off theirs.

    Raises:
        CheckpointError: no weights, broken ones, or those of several models.
    """
    file = weight_file(folder)
    if file is None:
        raise CheckpointError(
            Problem.WEIGHTS, f"there is no model.safetensors and no pytorch_model.bin in {folder}"
        )
    state = _read_safe(file) if file.suffix == ".safetensors" else _read_pickled(file)
    names, taken_off = our_names(state)
    return {ours: state[theirs] for theirs, ours in names.items()}, taken_off


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
