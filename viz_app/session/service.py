"""What a visitor may open, and how much of it at once: everything here, a list on a served app.

On one's own machine any folder and any name of the Hugging Face hub opens. A served app (`headlight
--serve`, or HEADLIGHT_SERVE=1 in its environment) opens the shipped models and those in one folder
of its owner's (`--models`, HEADLIGHT_MODELS), each by its name in the list. A name that is not in
the list is looked for nowhere, so nothing can be told from the answer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bert_core.assets import ASSETS, shipped_checkpoints
from bert_core.folder_files import Version, version_of
from bert_core.folder_layout import config_file, model_folder

SERVE, MODELS = "HEADLIGHT_SERVE", "HEADLIGHT_MODELS"
"""Variables of the environment."""


@dataclass(frozen=True)
class Service:
    """What this app opens for a visitor; by default all that its one reader names."""

    listed: Mapping[str, Path] | None = None
    """Name of a model → its folder; None: any folder and any name of the hub."""
    longest_text: int = 20_000
    """Characters of a text; a model's limit is far below."""
    most_jobs: int | None = None
    """Calculations under way or waiting, of all sessions together."""
    most_jobs_of_a_session: int | None = None
    models_kept: int = 3
    """Models in memory."""

    def offers(self, name: str) -> bool:
        """Whether a visitor may open what has this name, should there be such a thing."""
        return self.listed is None or name in self.listed

    def folder(self, name: str) -> Path | None:
        """The folder of a model; None for one that is not on this machine or not offered."""
        if self.listed is not None:
            return self.listed.get(name)
        if name in shipped_checkpoints():
            return ASSETS / "checkpoints" / name
        try:
            folder = Path(name).expanduser()
            return folder if folder.is_dir() else None
        except (OSError, RuntimeError, ValueError):  # a name too long, a home that is not there
            return None

    def is_here(self, name: str) -> bool:
        """Whether a model can be opened without asking another machine for it."""
        if self.folder(name) is not None:
            return True
        return self.listed is None and name.endswith(".zip") and os.path.isfile(name)

    def version(self, name: str) -> Version:
        """What changes with the files of a model's folder; nothing where there is none to change.

        The shipped models and what the hub gave stay as they are.
        """
        folder = None if name in shipped_checkpoints() else self.folder(name)
        try:
            return () if folder is None else version_of(model_folder(folder))
        except OSError:  # it went away
            return ()


def served(models: Path | None = None) -> Service:
    """The service of a class or of anybody: shipped models, and those in a folder of models.

    Raises:
        OSError: the folder is not there or cannot be read.
    """
    own = {} if models is None else {found.name: found for found in sorted(models.iterdir())}
    listed = {
        name: folder
        for name, folder in own.items()
        if folder.is_dir() and config_file(model_folder(folder)) is not None
    }
    for name in shipped_checkpoints():  # last: a folder of the same name does not stand in for it
        listed[name] = ASSETS / "checkpoints" / name
    return Service(
        dict(sorted(listed.items())), longest_text=4_000, most_jobs=40, most_jobs_of_a_session=3
    )


@cache
def current() -> Service:
    """As the environment has it; the list is made once."""
    if os.environ.get(SERVE, "") in ("", "0"):
        return Service()
    models = os.environ.get(MODELS)
    return served(Path(models) if models else None)
