"""Buttons that save a picture as SVG or PNG; the PNG is drawn in the reader's browser."""

from __future__ import annotations

import numpy as np

from viz_app.messages import Say
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import PictureArrays, PictureHeader


def picture(svg: str, *, name: str, key: str, say: Say) -> None:
    """Draw the two buttons.

    Args:
        svg: The picture.
        name: Name of the file, without its ending.
    """
    header: PictureHeader = {
        "view": key,
        "name": name,
        "labels": {"svg": say("attention.save.svg"), "png": say("attention.save.png")},
    }
    arrays: PictureArrays = {"svg": np.frombuffer(svg.encode(), dtype=np.uint8)}
    mount_view("picture", pack(header, arrays), key=key, values={}, triggers={})
