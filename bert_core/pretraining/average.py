"""The mean of several checkpoints' weights.

The mean of two checkpoints of one run, or of runs that part from the same weights, often has a
lower loss than each of them; the model costs no more for it (Izmailov et al. 2018, "Averaging
Weights Leads to Wider Optima and Better Generalization"; Wortsman et al. 2022, "Model soups").
"""

from collections.abc import Sequence
from pathlib import Path

import torch

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
