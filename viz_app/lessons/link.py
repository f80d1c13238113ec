"""A whole lesson in a link: compressed, in letters that an address takes as they are."""

from __future__ import annotations

import base64
import binascii
import zlib

from viz_app.lessons.faults import Fault, LessonError
from viz_app.lessons.yaml_text import LONGEST

LONGEST_LINK = 16_000
"""Characters; browsers take more, a server behind another one often 8,000 of the whole address."""
PREFIX = "z"


def packed(source: str) -> str:
    """The text of a lesson as it stands in a link.

    Raises:
        LessonError: it is too long for one.
    """
    content = base64.urlsafe_b64encode(zlib.compress(source.encode(), 9)).decode().rstrip("=")
    if len(content) >= LONGEST_LINK:
        values = {"length": f"{len(content):,}", "longest": f"{LONGEST_LINK:,}"}
        raise LessonError([Fault("link_size", 0, values)])
    return PREFIX + content


def is_packed(name: str) -> bool:
    """Whether this part of an address holds a lesson, and is not the name of a ready one."""
    return name.startswith(PREFIX) and len(name) > 40


def unpacked(content: str) -> str:
    """The text of a lesson out of a link; never more of it than a lesson may have.

    Raises:
        LessonError: it is broken, or too long.
    """
    if len(content) > LONGEST_LINK:
        values = {"length": f"{len(content):,}", "longest": f"{LONGEST_LINK:,}"}
        raise LessonError([Fault("link_size", 0, values)])
    letters = content.removeprefix(PREFIX)
    try:
        data = base64.b64decode(letters + "=" * (-len(letters) % 4), b"-_", validate=True)
        opener = zlib.decompressobj()
        text = opener.decompress(data, 4 * LONGEST)
        if opener.unconsumed_tail:
            raise LessonError(
                [Fault("size", 0, {"length": f"> {4 * LONGEST:,}", "longest": f"{LONGEST:,}"})]
            )
        if not opener.eof:
            raise LessonError([Fault("link", 0)])
        return text.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, LessonError):
            raise
        raise LessonError([Fault("link", 0)]) from error
