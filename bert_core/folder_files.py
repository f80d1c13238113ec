"""Files of a folder that may be anybody's: texts within a limit, all from one moment."""

import os
from pathlib import Path

LARGEST_TEXT = 2**26
"""Bytes of a configuration, vocabulary or index; the largest of real ones has 20 MB."""
_READ = (".json", ".txt", ".safetensors", ".bin", ".ckpt")
"""What names of files that make a model end with."""

Version = tuple[tuple[str, int, int, int], ...]
"""Of each file: its name, inode, size, and time of the last change in nanoseconds."""


def read_text(path: Path) -> str:
    """A text in UTF-8, with or without a byte-order mark, its lines ending in any system's way.

    Raises:
        ValueError: it is longer than `LARGEST_TEXT`, or not UTF-8.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise ValueError(f"{path.name} is larger than {LARGEST_TEXT // 2**20} MB")
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def version_of(folder: Path) -> Version:
    """What changes when a file that makes the model of a folder is written anew; links followed.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_READ) and os.path.isfile(entry):  # not so a link to itself
                stat = entry.stat()
                found.append((entry.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(found))
