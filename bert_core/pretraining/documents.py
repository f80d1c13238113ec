"""Text files in, one memory-mapped corpus of token ids out.

A text file holds one sentence per line and a blank line between documents. Tokenising takes
minutes, so it is done once: the ids lie in a cache folder whose name is a digest of the files'
content and of the vocabulary, and later runs map that folder into memory.
"""

import gzip
import hashlib
import json
import lzma
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from bert_core.tokenizer import BertTokenizer

CACHE_FORMAT = 1
TEXT_SUFFIXES = (".txt", ".xz", ".gz")
_ARRAYS = {
    "ids": np.uint16,
    "sentence_starts": np.uint32,
    "document_starts": np.uint32,
    "document_sources": np.uint8,
}
_SENTENCES_PER_CALL = 20_000


@dataclass(frozen=True)
class Corpus:
    """Token ids of many documents, without special tokens.

    `sentence_starts[s]:sentence_starts[s + 1]` are the ids of sentence s;
    `document_starts[d]:document_starts[d + 1]` are the sentences of document d.
    """

    ids: npt.NDArray[np.uint16]
    sentence_starts: npt.NDArray[np.uint32]
    document_starts: npt.NDArray[np.uint32]
    document_sources: npt.NDArray[np.uint8]
    sources: tuple[str, ...]
    digest: str

    @property
    def num_tokens(self) -> int:
        return len(self.ids)

    @property
    def num_documents(self) -> int:
        return len(self.document_starts) - 1

    def span(self, first: int, stop: int) -> npt.NDArray[np.uint16]:
        """Ids of the sentences `first` up to but not including `stop`."""
        return self.ids[self.sentence_starts[first] : self.sentence_starts[stop]]


def read_documents(path: Path) -> Iterator[list[str]]:
    """Yield the documents of one `.txt`, `.xz` or `.gz` file as lists of sentences.

    Raises:
        ValueError: the file is missing, damaged, not UTF-8, or holds no sentence.
    """
    if path.suffix not in TEXT_SUFFIXES:
        raise ValueError(f"{path.name}: expected a .txt, .xz or .gz file of text.")
    found = False
    document: list[str] = []
    try:
        with _open_text(path) as lines:
            for line in lines:
                sentence = line.strip()
                if sentence:
                    document.append(sentence)
                elif document:
                    found = True
                    yield document
                    document = []
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path.name} cannot be read as text: {problem}") from problem
    if document:
        found = True
        yield document
    if not found:
        raise ValueError(f"{path.name} holds no sentence. Expected one per line.")


def _open_text(path: Path) -> TextIOWrapper:
    """The file's decompressed text."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def find_text_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and for a folder every text file directly in it, in name order.

    Raises:
        ValueError: a path does not exist or a folder holds no text file.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix in TEXT_SUFFIXES)
            if not inside:
                raise ValueError(f"The folder {path.name} holds no .txt, .xz or .gz file.")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise ValueError(f"There is no file or folder {path}.")
    return files


def open_corpus(files: Sequence[Path], tokenizer: BertTokenizer, cache: Path) -> Corpus:
    """Map the tokenised corpus into memory, tokenising it first when it is not in the cache.

    A cache folder that was damaged (a file cut short, changed bytes) is noticed and built again.

    Raises:
        ValueError: a text file is damaged or empty, there are more files than can be told apart, or
            the vocabulary does not fit into 16 bits.
    """
    if len(files) > 1 << 8:
        raise ValueError(f"{len(files)} text files are too many; join them into 256 or fewer.")
    if tokenizer.vocab_size > 1 << 16:
        raise ValueError(f"The cache holds 16-bit ids; the vocabulary has {tokenizer.vocab_size}.")
    digest = corpus_digest(files, tokenizer)
    folder = cache / digest
    try:
        return _load(folder, digest)
    except (OSError, ValueError, KeyError):
        shutil.rmtree(folder, ignore_errors=True)
    cache.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
    try:
        _build(files, tokenizer, building)
        if not folder.exists():  # another process may have been faster
            os.replace(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return _load(folder, digest)


def corpus_digest(files: Sequence[Path], tokenizer: BertTokenizer) -> str:
    """Sixteen hexadecimal digits that change with any file's content or with the vocabulary."""
    whole = hashlib.sha256(f"format {CACHE_FORMAT}\n".encode())
    for path in files:
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{path.name} {content}\n".encode())
    for token_id in range(tokenizer.vocab_size):
        whole.update(f"{tokenizer.token(token_id)}\n".encode())
    return whole.hexdigest()[:16]


def _build(files: Sequence[Path], tokenizer: BertTokenizer, folder: Path) -> None:
    """Tokenise `files` into the arrays of a cache folder."""
    lengths: list[int] = []
    document_starts = [0]
    document_sources: list[int] = []
    with (folder / "ids.bin").open("wb") as stream:
        for source, path in enumerate(files):
            waiting: list[str] = []
            for document in read_documents(path):
                waiting += document
                document_starts.append(document_starts[-1] + len(document))
                document_sources.append(source)
                if len(waiting) >= _SENTENCES_PER_CALL:
                    lengths += _write_ids(stream, tokenizer, waiting)
                    waiting = []
            lengths += _write_ids(stream, tokenizer, waiting)
    arrays = {
        "sentence_starts": np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        "document_starts": np.asarray(document_starts),
        "document_sources": np.asarray(document_sources),
    }
    for name, values in arrays.items():
        values.astype(_ARRAYS[name]).tofile(folder / f"{name}.bin")
    description = {
        "format": CACHE_FORMAT,
        "sources": [path.name for path in files],
        "sha256": {name: _file_digest(folder / f"{name}.bin") for name in _ARRAYS},
    }
    (folder / "corpus.json").write_text(json.dumps(description, indent=1), encoding="utf-8")


def _write_ids(stream: BinaryIO, tokenizer: BertTokenizer, sentences: list[str]) -> list[int]:
    """Append the ids of `sentences` to the stream and return their lengths in tokens."""
    encoded = tokenizer.ids(sentences)
    if encoded:
        np.concatenate([np.asarray(ids, dtype=np.uint16) for ids in encoded]).tofile(stream)
    return [len(ids) for ids in encoded]


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _load(folder: Path, digest: str) -> Corpus:
    """Map a finished cache folder.

    Raises:
        OSError, ValueError, KeyError: the folder is absent, incomplete or changed.
    """
    description = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    for name in _ARRAYS:
        if _file_digest(folder / f"{name}.bin") != description["sha256"][name]:
            raise ValueError(f"{name}.bin in the cache is not what was written.")
    arrays = {
        # A plain array over the mapped file: slices of np.memmap itself cost three times as much.
        name: np.asarray(np.memmap(folder / f"{name}.bin", dtype=dtype, mode="r"))
        for name, dtype in _ARRAYS.items()
    }
    return Corpus(**arrays, sources=tuple(description["sources"]), digest=digest)
