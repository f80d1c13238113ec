"""The mean of weights: of several checkpoints, and of the last steps of a run.

The mean of weights that lie close together, those of one run or of runs that part from the same
weights, often has a lower loss than each of them; the model costs no more for it (Izmailov et al.
2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; Wortsman et al. 2022,
"Model soups").
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bert_core.checkpoint import LoadedCheckpoint, load_checkpoint


def average_checkpoints(folders: Sequence[Path]) -> LoadedCheckpoint:
    """One model with the mean of all weights, float32; the tokenizer is that of the first folder.

    Raises:
        CheckpointError: a folder cannot be opened.
        ValueError: fewer than two folders, or they differ in configuration, vocabulary or heads.
    """
    if len(folders) < 2:
        raise ValueError(f"A mean takes two checkpoints or more, got {len(folders)}.")
    first, *others = [load_checkpoint(folder) for folder in folders]
    for folder, other in zip(folders[1:], others, strict=True):
        for what, one, two in (
            ("configuration", first.model.config, other.model.config),
            ("vocabulary", _vocabulary(first), _vocabulary(other)),
            ("set of heads", set(first.missing), set(other.missing)),
        ):
            if one != two:
                raise ValueError(f"{folders[0]} and {folder} differ in their {what}.")
    states = [loaded.model.state_dict() for loaded in (first, *others)]
    first.model.load_state_dict(
        {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    )
    return first


def _vocabulary(loaded: LoadedCheckpoint) -> list[str]:
    return [loaded.tokenizer.token(number) for number in range(loaded.tokenizer.vocab_size)]


class RunningMean:
    """The mean of a model's weights after each of several steps, float32, on its device."""

    def __init__(self) -> None:
        self.steps = 0
        self.weights: dict[str, Tensor] = {}

    @torch.no_grad()
    def add(self, model: nn.Module) -> None:
        """Take the weights as they are now into the mean."""
        self.steps += 1
        for name, weight in model.named_parameters():
            if self.steps == 1:
                self.weights[name] = weight.clone()
            else:
                self.weights[name].lerp_(weight, 1 / self.steps)

    @torch.no_grad()
    def exchange(self, model: nn.Module) -> None:
        """Give the model the mean and keep the model's weights in its place."""
        for name, weight in model.named_parameters():
            own = weight.clone()
            weight.copy_(self.weights[name])
            self.weights[name] = own

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        return {"steps": self.steps, "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on from what was stored."""
        self.steps = state["steps"]
        self.weights = {name: weight.to(device) for name, weight in state["weights"].items()}
