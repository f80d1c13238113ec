"""Text files of every kind read alike; a cache gives back the ids, or is built again."""

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from bert_core.pretraining.documents import (
    Corpus,
    corpus_digest,
    find_text_files,
    open_corpus,
    read_documents,
)
from bert_core.tokenizer import BertTokenizer
from tests.bert_core.pretraining.conftest import stories, write_text

DOCUMENTS = [["A fox ran.", "It was red."], ["Rain fell.", "All day.", "Then it stopped."]]


def test_text_is_cut_into_documents_whatever_the_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n\nA fox ran. \nIt was red.\n\n  \n\nRain fell.\nAll day.\nThen it stopped.")
    assert list(read_documents(path)) == DOCUMENTS


def test_compressed_files_read_like_plain_ones(tmp_path: Path) -> None:
    plain = write_text(tmp_path / "a.txt", DOCUMENTS).read_bytes()
    (tmp_path / "a.txt.xz").write_bytes(lzma.compress(plain))
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(plain))
    for path in find_text_files([tmp_path]):
        assert list(read_documents(path)) == DOCUMENTS, path.name


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "holds no sentence"),
        ("a.txt", b"\n \n\n", "holds no sentence"),
        ("a.txt", b"caf\xe9 au lait\n", "cannot be read as text"),
        ("a.txt.xz", b"not compressed", "cannot be read as text"),
        ("a.txt.xz", lzma.compress(b"A fox ran.\n" * 999)[:-20], "cannot be read as text"),
        ("a.txt.gz", gzip.compress(b"A fox ran.\n" * 999)[:-4], "cannot be read as text"),
        ("a.pdf", b"A fox ran.", "expected a .txt, .xz or .gz"),
    ],
    ids=["empty", "blank", "latin-1", "no xz", "short xz", "short gz", "pdf"],
)
def test_damaged_or_empty_text_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        list(read_documents(tmp_path / name))


def test_missing_files_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="absent.txt"):
        find_text_files([tmp_path / "absent.txt"])
    with pytest.raises(ValueError, match="holds no .txt"):
        find_text_files([tmp_path])


def test_more_files_than_can_be_told_apart_are_refused(
    tmp_path: Path, tokenizer: BertTokenizer
) -> None:
    with pytest.raises(ValueError, match="257 text files are too many"):
        open_corpus([tmp_path / f"{number}.txt" for number in range(257)], tokenizer, tmp_path)


def test_corpus_holds_the_tokenizers_ids_in_order(corpus: Corpus, tokenizer: BertTokenizer) -> None:
    documents = stories()[::2] + stories()[1::2]
    assert corpus.num_documents == len(documents)
    assert corpus.sources == ("even.txt", "odd.txt")
    assert np.bincount(corpus.document_sources).tolist() == [len(documents) // 2] * 2
    for number in (0, 7, len(documents) - 1):
        first, stop = corpus.document_starts[number : number + 2].tolist()
        assert stop - first == len(documents[number])
        for sentence, text in zip(range(first, stop), documents[number], strict=True):
            assert corpus.span(sentence, sentence + 1).tolist() == tokenizer.ids([text])[0]
    assert corpus.sentence_starts[-1] == corpus.num_tokens == len(corpus.ids)


def test_text_is_tokenised_once(
    text_files: list[Path],
    tokenizer: BertTokenizer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = open_corpus(text_files, tokenizer, tmp_path)

    def fail(texts: list[str]) -> list[list[int]]:
        raise AssertionError("tokenised again")

    monkeypatch.setattr(tokenizer, "ids", fail)
    again = open_corpus(text_files, tokenizer, tmp_path)
    assert isinstance(again.ids.base, np.memmap)
    np.testing.assert_array_equal(again.ids, first.ids)


def test_digest_follows_content_and_vocabulary(tmp_path: Path, tokenizer: BertTokenizer) -> None:
    path = write_text(tmp_path / "a.txt", DOCUMENTS)
    before = corpus_digest([path], tokenizer)
    assert corpus_digest([path], tokenizer) == before
    other = BertTokenizer.learn(["entirely other words here"], 40)
    assert corpus_digest([path], other) != before
    write_text(path, DOCUMENTS[::-1])
    assert corpus_digest([path], tokenizer) != before


@pytest.mark.parametrize("damage", ["shorter", "changed", "description", "missing"])
def test_damaged_cache_is_built_again(
    damage: str, text_files: list[Path], tokenizer: BertTokenizer, tmp_path: Path
) -> None:
    whole = open_corpus(text_files, tokenizer, tmp_path)
    ids, folder = np.array(whole.ids), tmp_path / whole.digest
    if damage == "shorter":
        (folder / "ids.bin").write_bytes((folder / "ids.bin").read_bytes()[:-100])
    elif damage == "changed":
        (folder / "sentence_starts.bin").write_bytes(
            (folder / "sentence_starts.bin").read_bytes()[::-1]
        )
    elif damage == "description":
        (folder / "corpus.json").write_text('{"format": 1, "sour')
    else:
        (folder / "document_starts.bin").unlink()
    again = open_corpus(text_files, tokenizer, tmp_path)
    np.testing.assert_array_equal(again.ids, ids)
    assert again.num_documents == len(stories())


def test_failed_tokenising_leaves_no_cache(tmp_path: Path, tokenizer: BertTokenizer) -> None:
    good = write_text(tmp_path / "good.txt", DOCUMENTS)
    bad = tmp_path / "bad.txt.xz"
    bad.write_bytes(lzma.compress(good.read_bytes())[:-9])
    with pytest.raises(ValueError, match="bad.txt.xz"):
        open_corpus([good, bad], tokenizer, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
