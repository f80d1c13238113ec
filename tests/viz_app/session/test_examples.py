"""The examples menu: read with care, and what an example says agrees with what it claims."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bert_core import shelves
from bert_core.claims import HeadClaim, Pieces
from viz_app.session.examples import FILE, TEXTS, Example, Place, example, examples, read_examples

ENTRIES = [(language, entry) for language, menu in examples().items() for entry in menu]
each_example = pytest.mark.parametrize(
    ("language", "entry"), ENTRIES, ids=[entry.id for _, entry in ENTRIES]
)


def test_the_menu_has_every_language_and_labels_of_its_own() -> None:
    assert set(examples()) == set(shelves.LANGUAGES)
    for entries in examples().values():
        assert 10 <= len(entries) <= 16
        for name in ("id", "title", "shows"):
            assert len({getattr(entry, name) for entry in entries}) == len(entries)
            assert all(getattr(entry, name).strip() for entry in entries)
        assert len({(entry.text_a, entry.text_b) for entry in entries}) == len(entries)
        assert any(entry.text_b for entry in entries)
    ids = [entry.id for _, entry in ENTRIES]
    assert len(set(ids)) == len(ids)
    assert all(example(one) == pair for one, pair in zip(ids, ENTRIES, strict=True))


def weights(entry: Example) -> list[HeadClaim]:
    return [claim for claim in entry.expect if isinstance(claim, HeadClaim)]


@each_example
def test_what_an_example_says_is_what_it_claims(language: str, entry: Example) -> None:
    """Heads and quoted words of the text are those of the claims; it states no other figure."""
    heads = set(re.findall(r"L\d+ H\d+", entry.shows))
    assert heads <= {f"L{claim.layer} H{claim.head}" for claim in weights(entry)}
    claimed = " ".join(str(value) for claim in entry.expect for value in asdict(claim).values())
    known = f"{entry.text_a} {entry.text_b} {claimed}"
    quoted = re.findall(r"“([^”]+)”", entry.shows)
    assert [words for words in quoted if words not in known] == []
    assert not re.search(r"\d", re.sub(r"L\d+ H\d+|“[^”]+”", "", entry.shows))


@each_example
def test_an_example_about_a_head_is_seen_at_that_head(language: str, entry: Example) -> None:
    seen = entry.seen
    if seen.page == "attention":
        assert (seen.layer, seen.head) in {(claim.layer, claim.head) for claim in weights(entry)}


@pytest.fixture
def one() -> dict[str, Any]:
    return {
        "id": "x",
        "title": "X",
        "text_a": "a [MASK].",
        "text_b": "",
        "shows": "See.",
        "seen": {"page": "attention", "section": "at_view=lines", "layer": 1},
        "expect": [{"kind": "in_top", "token": "dog", "k": 1}],
    }


def read(entry: dict[str, Any], tmp_path: Path) -> Example:
    path = tmp_path / "menu.json"
    path.write_text(json.dumps({"en": [entry]}), encoding="utf-8")
    return read_examples(path)["en"][0]


def test_a_place_knows_its_page_and_the_parameters_of_its_section(
    one: dict[str, Any], tmp_path: Path
) -> None:
    seen = read(one, tmp_path).seen
    assert seen == Place("attention", "at_view=lines", layer=1)
    assert seen.file.is_file()
    assert seen.choices == {"at_view": "lines"}
    assert Place("start").choices == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expect": []}, "one claim at least"),
        ({"expect": [{"kind": "nothing"}]}, "a kind out of"),
        ({"seen": {"page": "nowhere"}}, "no page 'nowhere'"),
        ({"seen": {}}, r"missing \['page'\]"),
        ({"seen": {"page": "start", "token": 1}}, r"unknown \['token'\]"),
        ({"text_b": None}, "texts"),
        ({"more": ""}, "texts"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(
    change: dict[str, Any], message: str, one: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"menu.json: en, 1: .*{message}"):
        read(one | change, tmp_path)


def test_the_file_has_no_other_fields() -> None:
    for entries in json.loads(FILE.read_text(encoding="utf-8")).values():
        assert all(set(entry) == TEXTS | {"seen", "expect"} for entry in entries)


def test_pieces_are_claimed_of_words_that_stand_in_the_text() -> None:
    for _, entry in ENTRIES:
        for claim in entry.expect:
            if isinstance(claim, Pieces):
                assert claim.word in f"{entry.text_a} {entry.text_b}"
