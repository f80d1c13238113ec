"""The picture that a first visitor sees while torch and the model are still loading.

`assets/traces/<model>.view` holds the picture of one default example, made by
`tools/make_first_paint.py` from the checkpoint that is shipped.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.assets import ASSETS
from viz_app.session.state import Selection
from viz_app.view_models.architecture_view import ArchitectureView, Guess
from viz_app.view_models.views import TokenLabel
from viz_app.views.payload import pack, unpack

FOLDER = ASSETS / "traces"
_ARRAYS = ("vectors", "lengths", "limits", "attention", "best_keys", "best_weights")


def first_paint(selection: Selection) -> ArchitectureView | None:
    """The stored picture of this model and text, or None where there is none."""
    stored = _stored(FOLDER / f"{selection.model}.view")
    if stored is None:
        return None
    header, view = stored
    asked = {"text_a": selection.text_a, "text_b": selection.text_b}
    return view if {name: header[name] for name in asked} == asked else None


def write(path: Path, selection: Selection, view: ArchitectureView) -> None:
    """Store the picture of a selection's text."""
    header: dict[str, Any] = {
        "text_a": selection.text_a,
        "text_b": selection.text_b,
        "tokens": [asdict(token) for token in view.tokens],
        "hidden_size": view.hidden_size,
        "masked": view.masked,
        "guesses": [[asdict(guess) for guess in guesses] for guesses in view.guesses],
        "is_next": view.is_next,
    }
    arrays: dict[str, NDArray[Any]] = {name: np.asarray(getattr(view, name)) for name in _ARRAYS}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(header, arrays))


@cache
def _stored(path: Path) -> tuple[dict[str, Any], ArchitectureView] | None:
    if path.parent != FOLDER or not path.is_file():  # a model's name can be a path of any kind
        return None
    header, arrays = unpack(path.read_bytes())
    view = ArchitectureView(
        tokens=tuple(TokenLabel(**token) for token in header["tokens"]),
        hidden_size=header["hidden_size"],
        masked=tuple(header["masked"]),
        guesses=tuple(tuple(Guess(**guess) for guess in row) for row in header["guesses"]),
        is_next=header["is_next"],
        vectors=arrays["vectors"],
        lengths=arrays["lengths"],
        limits=arrays["limits"],
        attention=arrays["attention"],
        best_keys=arrays["best_keys"],
        best_weights=arrays["best_weights"],
    )
    return header, view
