"""Folders as people have them, and as somebody who means harm would make them: one table.

Each either opens, with what was concluded about it, or is refused for a reason that is named. None
of them writes anything beside itself.
"""

import io
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from bert_core import archive, checkpoint, folder_files
from bert_core.bert import load
from bert_core.model import OUTPUT_MATRIX, BertForPreTraining
from bert_core.problems import CheckpointError, Problem
from bert_core.weights import read_weights
from tests.bert_core.test_checkpoint import (
    WORDS,
    _Bomb,
    as_pickle,
    as_shards,
    change_config,
    change_weights,
    same_weights,
)

TRAP = "trap"
Change = Callable[[Path], Any]


@dataclass(frozen=True)
class Opens:
    """The folder opens with the model's own numbers."""

    notes: dict[str, str] = field(default_factory=dict)
    is_same: bool = True


def weights(change: Callable[[dict[str, torch.Tensor]], Any]) -> Change:
    return lambda folder: change_weights(folder, change)


def config(**values: Any) -> Change:
    return lambda folder: change_config(folder, **values)


def write(name: str, content: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(content)


def prefixed(prefix: str) -> Change:
    return weights(lambda state: {prefix + key: value for key, value in state.items()})


def vocabulary(*words: str) -> Change:
    """`vocab.txt` alone, some of its words others."""

    def change(folder: Path) -> None:
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer_config.json").unlink()
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        lines[-1 - len(words) : -1] = words
        (folder / "vocab.txt").write_text("\n".join(lines), encoding="utf-8")

    return change


def lightning(folder: Path) -> None:
    path = as_pickle(folder)
    torch.save({"state_dict": torch.load(path), "epoch": 1}, folder / "last.ckpt")
    path.unlink()


def instead_of_weights(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        (folder / name).write_bytes(b"x")

    return change


def sentence_transformers(folder: Path) -> None:
    inner = folder / "0_Transformer"
    inner.mkdir()
    for file in list(folder.iterdir()):
        if file != inner:
            file.rename(inner / file.name)
    modules = [{"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}]
    (folder / "modules.json").write_text(json.dumps(modules))


def bom(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    path = folder / "vocab.txt"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def pickle_bomb(folder: Path) -> None:
    path = as_pickle(folder)
    torch.save(torch.load(path) | {"bomb": _Bomb(folder.parent / TRAP)}, path)


def larger_than_a_text(name: str) -> Change:
    """A file of 10 GB that takes no room on the disk."""

    def change(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.truncate(10 * 2**30)

    return change


def a_link_to(name: str, target: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return change


def linked_weights(folder: Path) -> None:
    blobs = folder.parent / "blobs"
    blobs.mkdir()
    (folder / "model.safetensors").rename(blobs / "a")
    (folder / "model.safetensors").symlink_to("../blobs/a")


TABLE: dict[str, tuple[Change, Opens | Problem]] = {
    "as transformers saves it": (lambda folder: None, Opens()),
    "cased vocabulary alone": (vocabulary("Paris", "London"), Opens({"cased": "vocab.txt"})),
    "uncased vocabulary alone": (vocabulary("paris"), Opens({"uncased": "vocab.txt"})),
    "several safetensors": (as_shards, Opens()),
    "several pickles": (lambda folder: as_shards(folder, pickled=True), Opens()),
    "model.": (prefixed("model."), Opens({"prefix": "model."})),
    "_orig_mod.": (prefixed("_orig_mod."), Opens({"prefix": "_orig_mod."})),
    "a wrapper of one's own": (prefixed("encoder_model."), Opens({"prefix": "encoder_model."})),
    "Lightning": (lightning, Opens()),
    "two models in one file": (
        weights(lambda state: {f"{a}.{key}": state[key].clone() for a in "ab" for key in state}),
        Problem.CANDIDATES,
    ),
    "TensorFlow 2": (instead_of_weights("tf_model.h5"), Problem.FOREIGN),
    "TensorFlow 1": (instead_of_weights("bert_model.ckpt.index"), Problem.FOREIGN),
    "Flax": (instead_of_weights("flax_model.msgpack"), Problem.FOREIGN),
    "ONNX": (instead_of_weights("model.onnx"), Problem.FOREIGN),
    "Google's name": (
        lambda folder: (folder / "config.json").rename(folder / "bert_config.json"),
        Opens(),
    ),
    "sentence-transformers": (sentence_transformers, Opens({"inner_folder": "0_Transformer"})),
    "byte-order mark": (bom, Opens()),
    **{
        f"hidden_act {name}": (config(hidden_act=name), Opens())
        for name in ("silu", "gelu_pytorch_tanh", "quick_gelu", "tanh")
    },
    "an output matrix of its own": (
        weights(lambda state: state.update({OUTPUT_MATRIX: state[WORDS] + 1})),
        Opens({"untied": OUTPUT_MATRIX}, is_same=False),
    ),
    "a vocabulary larger than the table": (
        vocabulary(*(f"w{number}" for number in range(3)), *(f"v{i}" for i in range(99))),
        Problem.TOKENIZER,  # the special tokens went with it
    ),
    "is_decoder": (config(is_decoder=True), Problem.CONFIG),
    "relative positions": (
        config(
            position_embedding_type="relative_key",
            headlight_position_embedding_type="relative_key",
        ),
        Problem.CONFIG,
    ),
    "RoBERTa": (config(model_type="roberta"), Problem.KIND),
    "DistilBERT": (config(model_type="distilbert"), Problem.KIND),
    # --- what means harm ---
    "pickle bomb": (pickle_bomb, Problem.CODE),
    "deep config": (write("config.json", b'{"a":' * 100_000), Problem.CONFIG),
    "deep tokenizer": (write("tokenizer.json", b'{"a":' * 100_000), Problem.TOKENIZER),
    "a config of 10 GB": (larger_than_a_text("config.json"), Problem.CONFIG),
    "a vocabulary of 10 GB": (larger_than_a_text("tokenizer.json"), Problem.TOKENIZER),
    "a header of 10 GB": (
        write("model.safetensors", (10 * 2**30).to_bytes(8, "little") + b"{" * 64),
        Problem.BROKEN,
    ),
    "NaN": (weights(lambda state: state.update({WORDS: state[WORDS] / 0})), Problem.NUMBERS),
    "a link to itself": (a_link_to("model.safetensors", "model.safetensors"), Problem.WEIGHTS),
    "a link to a device": (a_link_to("model.safetensors", "/dev/zero"), Problem.WEIGHTS),
    "a link out of the folder": (linked_weights, Opens()),  # as the hub's cache has it
}


@pytest.mark.parametrize(("change", "outcome"), TABLE.values(), ids=list(TABLE))
def test_a_folder_opens_or_says_why_not(
    folder: Path, model: BertForPreTraining, change: Change, outcome: Opens | Problem
) -> None:
    change(folder)
    before = everything_in(folder.parent)
    if isinstance(outcome, Problem):
        with pytest.raises(CheckpointError) as caught:
            load(str(folder), device="cpu")
        assert caught.value.problem == outcome, caught.value
        assert len(str(caught.value)) < 2000
    else:
        bert = load(str(folder), device="cpu")
        assert dict(bert.notes) == outcome.notes and not bert.missing
        assert same_weights(bert.model, model) == outcome.is_same
    assert everything_in(folder.parent) == before


def everything_in(folder: Path) -> dict[str, tuple[int, int]]:
    found = ((path, path.lstat()) for path in folder.rglob("*"))
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in found}


# --- a folder that changes ------------------------------------------------------------------------


def test_a_folder_that_changes_while_it_is_read_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(where: Path) -> Any:
        found = read_weights(where)
        change_config(where, layer_norm_eps=1e-5)
        return found

    monkeypatch.setattr(checkpoint, "read_weights", slowly)
    with pytest.raises(CheckpointError, match="changed while they were read") as caught:
        load(str(folder))
    assert caught.value.problem == Problem.CHANGED


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_file_written_over_later_leaves_the_model_alone(folder: Path, dtype: torch.dtype) -> None:
    change_weights(folder, lambda state: {key: value.to(dtype) for key, value in state.items()})
    loaded = load(str(folder), device="cpu").model
    wanted = {key: value.clone() for key, value in loaded.state_dict().items()}
    file = folder / "model.safetensors"
    with file.open("r+b") as opened:  # in place, as cp does it
        opened.write(b"\x7f" * file.stat().st_size)
    assert all(torch.equal(value, wanted[key]) for key, value in loaded.state_dict().items())
    os.truncate(file, 0)
    assert all(torch.equal(value, wanted[key]) for key, value in loaded.state_dict().items())


def test_a_text_is_read_up_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_files, "LARGEST_TEXT", 10)
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf1234567")
    assert folder_files.read_text(tmp_path / "a.txt") == "1234567"
    (tmp_path / "a.txt").write_bytes(b"x" * 11)
    with pytest.raises(ValueError, match=r"a.txt is larger than"):
        folder_files.read_text(tmp_path / "a.txt")


# --- zip files ------------------------------------------------------------------------------------

Entries = list[tuple[zipfile.ZipInfo | str, bytes]]


def zipped(entries: Entries) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, content in entries:
            file.writestr(entry, content)
    return made.getvalue()


def entries_of(folder: Path, inside: str = "") -> Entries:
    return [(inside + path.name, path.read_bytes()) for path in sorted(folder.iterdir())]


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry, target.encode()


def lying(folder: Path) -> bytes:
    """Tells that its weights are one byte long."""
    content = zipped([*entries_of(folder), ("pytorch_model.bin", b"\0" * 10_000_000)])
    at = content.rindex(b"PK\x01\x02")  # the central directory's last entry
    return content[: at + 24] + (1).to_bytes(4, "little") + content[at + 28 :]


ZIPS: dict[str, tuple[Callable[[Path], bytes], str | None]] = {
    "files alone": (lambda folder: zipped(entries_of(folder)), None),
    "their folder": (lambda folder: zipped(entries_of(folder, "my-bert/")), None),
    "with what macOS adds": (
        lambda folder: zipped(
            [*entries_of(folder, "my-bert/"), ("__MACOSX/my-bert/._config.json", b"\0")]
        ),
        None,
    ),
    "a script beside them": (
        lambda folder: zipped([*entries_of(folder), ("../../evil.py", b"x")]),
        None,  # it is left in the archive
    ),
    "zip slip": (
        lambda folder: zipped([*entries_of(folder), ("../../evil.json", b"x")]),
        "'../../evil.json', which leads out of its folder",
    ),
    "an absolute path": (
        lambda folder: zipped([*entries_of(folder), ("/tmp/evil.json", b"x")]),
        "leads out of its folder",
    ),
    "a path of Windows": (
        lambda folder: zipped([*entries_of(folder), ("c:evil.json", b"x")]),
        "leads out of its folder",
    ),
    "a link": (
        lambda folder: zipped([*entries_of(folder), link("README.md", "/etc/passwd")]),
        "leads out of its folder",
    ),
    "zip bomb": (
        lambda folder: zipped([*entries_of(folder), ("pytorch_model.bin", b"\0" * 10_000_000)]),
        "have more than 2 MB",
    ),
    "a bomb that tells another size": (lying, "cannot be unpacked|have more than"),
    "many files": (
        lambda folder: zipped([(f"{number}.json", b"{}") for number in range(300)]),
        "holds 300 files",
    ),
    "two models": (
        lambda folder: zipped([*entries_of(folder, "a/"), *entries_of(folder, "b/")]),
        "one model; it holds: a, b",
    ),
    "no model": (lambda folder: zipped([("readme.txt", b"x")]), "one model; it holds: none"),
    "no zip file": (lambda folder: b"PK\x03\x04 and nothing more", "cannot be unpacked"),
    "cut off": (lambda folder: zipped(entries_of(folder))[:-500], "cannot be unpacked"),
}


@pytest.mark.parametrize(("make", "message"), ZIPS.values(), ids=list(ZIPS))
def test_a_zip_file_opens_or_says_why_not(
    folder: Path,
    model: BertForPreTraining,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], bytes],
    message: str | None,
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(archive, "MOST_BYTES", 2 * 2**20)
    (tmp_path / "given.zip").write_bytes(make(folder))
    before = everything_in(tmp_path)
    if message is None:
        bert = load(str(tmp_path / "given.zip"), device="cpu")
        assert bert.name == "given.zip" and same_weights(bert.model, model)
        once = everything_in(cache)
        load(str(tmp_path / "given.zip"), device="cpu")
        assert everything_in(cache) == once, "unpacked once"
    else:
        with pytest.raises(CheckpointError, match=message) as caught:
            load(str(tmp_path / "given.zip"))
        assert caught.value.problem == Problem.ARCHIVE
    after = everything_in(tmp_path)
    assert {path: seen for path, seen in after.items() if not path.startswith(str(cache))} == before
    assert not list(cache.rglob(".unpacking-*")) and not list(cache.rglob("*.py"))


def test_two_processes_may_unpack_at_once(folder: Path, tmp_path: Path) -> None:
    content, found = zipped(entries_of(folder)), []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        found.append(archive.unpack(io.BytesIO(content), "a.zip", tmp_path / "cache"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert load_file(found[0] / "model.safetensors")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_dir()] == [
        found[0].parent,
        found[0],
    ]


@pytest.mark.parametrize(
    ("name", "folder_name"),
    [
        ("my-bert.zip", "my-bert"),
        ("../../x y.zip", "xy"),
        ("...zip", "model"),
        ("我的.zip", "我的"),
    ],
)
def test_an_unpacked_model_is_called_as_its_archive(
    folder: Path, tmp_path: Path, name: str, folder_name: str
) -> None:
    found = archive.unpack(io.BytesIO(zipped(entries_of(folder))), name, tmp_path / "cache")
    assert found.name == folder_name and found.parents[1] == tmp_path / "cache"
