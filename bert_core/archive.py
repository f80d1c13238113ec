"""A zip file with a model in it, unpacked into a folder of its own in the cache."""

import os
import shutil
import stat
import tempfile
import zipfile
from hashlib import sha256
from io import BufferedIOBase
from pathlib import Path, PurePosixPath

from bert_core.folder_layout import config_file, model_folder
from bert_core.problems import CheckpointError, Problem, first_line

MOST_BYTES = 4 * 2**30
"""All files of an archive together; a BERT-large in float32 has 1.3 GB."""
_MOST_FILES = 200
_KINDS = (".json", ".txt", ".safetensors", ".bin", ".ckpt", ".md")
"""What is unpacked; anything else in an archive is left there."""


def cache_folder() -> Path:
    """Where archives are unpacked: a folder of this user's own."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "headlight"


def unpack(archive: BufferedIOBase, name: str, cache: Path | None = None) -> Path:
    """The folder of the model in a zip file; unpacked once for one content, whole or not at all.

    Args:
        archive: The zip file, at its beginning.
        name: What messages call it.
        cache: Nothing is written outside it; default `cache_folder()`.

    Raises:
        CheckpointError: no zip file, no model or several in it, one that is too large, or one that
            would write outside its folder.
    """
    cache = cache_folder() if cache is None else cache
    try:
        digest = sha256()
        while part := archive.read(2**20):
            digest.update(part)
        target = cache / digest.hexdigest()[:32] / _as_folder(name)
        if not target.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            _unpack_into(target, zipfile.ZipFile(archive), name)
    except CheckpointError:
        raise
    except Exception as error:  # a damaged archive can raise nearly anything
        raise CheckpointError(
            Problem.ARCHIVE, f"{name} cannot be unpacked: {first_line(error)}"
        ) from error
    return _model_in(target, name)


def _as_folder(name: str) -> str:
    """The name of an archive as that of the folder, which is what the model is called."""
    kept = "".join(each for each in Path(name).stem if each.isalnum() or each in "-_.")
    return kept.strip(".")[:60] or "model"


def _unpack_into(target: Path, archive: zipfile.ZipFile, name: str) -> None:
    files = [entry for entry in archive.infolist() if entry.filename.lower().endswith(_KINDS)]
    if len(files) > _MOST_FILES:
        raise CheckpointError(Problem.ARCHIVE, f"{name} holds {len(files)} files of a model's kind")
    fresh = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=target.parent))
    try:
        left = MOST_BYTES
        for entry in files:
            path = fresh / _safe(entry, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, path.open("xb") as written:
                # The size that the archive tells may be a lie, so what comes is counted.
                while part := source.read(2**20):
                    left -= len(part)
                    if left < 0:
                        raise CheckpointError(
                            Problem.ARCHIVE,
                            f"the files in {name} have more than {MOST_BYTES / 2**20:,.0f} MB",
                        )
                    written.write(part)
        try:
            fresh.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster, with the same files
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _safe(entry: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """The entry's path within the folder."""
    path = PurePosixPath(entry.filename)
    leads_out = path.is_absolute() or ".." in path.parts or "\\" in entry.filename
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if leads_out or is_link or ":" in entry.filename:
        raise CheckpointError(
            Problem.ARCHIVE,
            f"{name} holds {entry.filename[:80]!r}, which leads out of its folder; "
            "nothing is unpacked",
        )
    return path


def _model_in(folder: Path, name: str) -> Path:
    """The folder itself, or the only one within it that holds a configuration."""
    if config_file(model_folder(folder)) is not None:
        return folder
    inner = [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir() and config_file(model_folder(path)) is not None
    ]
    if len(inner) == 1:
        return inner[0]
    found = ", ".join(path.name for path in inner[:5]) or "none"
    raise CheckpointError(
        Problem.ARCHIVE, f"{name} should hold the folder of one model; it holds: {found}"
    )
