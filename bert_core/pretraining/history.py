"""Compact snapshots of a run: how the weights looked at 0, 1, 3, 10, 30 and 100 % of the budget.

A matrix is kept as 8-bit integers with one float16 scale per row, a vector as float16. The rounding
error is measured when a snapshot is written and stands in its metadata.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bert_core.config import BertConfig
from bert_core.model import BertForPreTraining

HISTORY_SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
_VALUES, _SCALE = ".int8", ".scale"


@dataclass(frozen=True)
class Snapshot:
    """Where a snapshot was taken and how exact it is.

    The share of the run is not part of it, since a run's budget may be enlarged.
    """

    step: int
    tokens: int
    seconds: float
    relative_error: float
    """Root mean square of the rounding error over that of the weights, worst tensor."""


def quantise_rows(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Round each row to 8-bit steps of its own size.

    Args:
        matrix: [rows columns], float32.

    Returns:
        int8 values [rows columns] and float16 scales [rows]; values * scale is the matrix again.
    """
    scale = (matrix.abs().amax(dim=1) / 127).to(torch.float16)
    steps = scale.float().clamp(min=torch.finfo(torch.float16).tiny)
    values = (matrix / steps[:, None]).round().clamp(-127, 127).to(torch.int8)
    return values, scale


def pack_weights(state: dict[str, Tensor]) -> tuple[dict[str, Tensor], float]:
    """Compact tensors of a state dict, and the worst relative error among them."""
    packed: dict[str, Tensor] = {}
    worst = 0.0
    for name, weight in state.items():
        exact = weight.detach().float().cpu()
        if exact.ndim == 2:
            values, scale = quantise_rows(exact)
            packed[name + _VALUES], packed[name + _SCALE] = values, scale
            restored = values.float() * scale.float()[:, None]
        else:
            packed[name] = exact.to(torch.float16)
            restored = packed[name].float()
        size = float(exact.norm())
        if size > 0:
            worst = max(worst, float((restored - exact).norm()) / size)
    return packed, worst


def save_snapshot(
    path: Path,
    model: BertForPreTraining,
    step: int,
    tokens: int,
    seconds: float,
) -> Snapshot:
    """Write one snapshot; the file appears whole or not at all.

    Raises:
        OSError: it could not be written.
    """
    packed, error = pack_weights(model.state_dict())
    snapshot = Snapshot(step, tokens, round(seconds, 1), round(error, 6))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    try:
        save_file(packed, unfinished, {"snapshot": json.dumps(vars(snapshot))})
        unfinished.chmod(0o644)  # it is written as a private file
        os.replace(unfinished, path)
    except SafetensorError as problem:
        raise OSError(f"{path.name} cannot be written: {problem}") from problem
    finally:
        unfinished.unlink(missing_ok=True)
    return snapshot


def list_snapshots(folder: Path) -> list[tuple[Snapshot, Path]]:
    """The snapshots of a history folder, earliest first."""
    found = []
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as stored:
            found.append((Snapshot(**json.loads(stored.metadata()["snapshot"])), path))
    return sorted(found, key=lambda entry: entry[0].step)


def load_snapshot(path: Path, config: BertConfig) -> BertForPreTraining:
    """The model as it was, up to the rounding of the snapshot, in eval mode.

    Raises:
        ValueError: the snapshot does not fit the configuration.
    """
    with safe_open(path, "pt") as stored:
        packed = {name: stored.get_tensor(name) for name in stored.keys()}
    state: dict[str, Tensor] = {}
    for name, tensor in packed.items():
        if name.endswith(_VALUES):
            weight = name.removesuffix(_VALUES)
            state[weight] = tensor.float() * packed[weight + _SCALE].float()[:, None]
        elif not name.endswith(_SCALE):
            state[name] = tensor.float()
    model = BertForPreTraining(config)
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    shapes = {name: tensor.shape for name, tensor in state.items()}
    if shapes != expected:
        wrong = sorted(n for n in expected if shapes.get(n) != expected[n])
        raise ValueError(f"{path.name} does not fit this configuration; differing: {wrong[:3]}.")
    model.load_state_dict(state)
    return model.eval()
