"""The table of concepts: read with care, every card with its words, its place and its source."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from viz_app.messages import LANGUAGES, catalogue, say_in
from viz_app.messages.formulas import in_words
from viz_app.session.concepts import (
    FILE,
    GROUPS,
    Concept,
    concept_of_term,
    concepts,
    matching,
    read_concepts,
)
from viz_app.view_models.walkthrough.steps import STEPS

each_concept = pytest.mark.parametrize("concept", concepts(), ids=lambda concept: concept.id)
SECTIONS = {
    "at_view": "attention.section",
    "mw_section": "masked_words.section",
    "ns_section": "next_sentence.section",
    "pos_section": "positions.section",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_has_its_words_and_no_words_are_left_over(language: str) -> None:
    own = {key.split(".")[1] for key in catalogue(language) if re.match(r"concepts\..+\.here", key)}
    assert own == {concept.id for concept in concepts()}
    for concept in concepts():
        for part in ("name", "text", "here"):
            assert catalogue(language)[f"concepts.{concept.id}.{part}"]
    names = [catalogue(language)[f"concepts.{concept.id}.name"] for concept in concepts()]
    assert len(set(names)) == len(names)


@each_concept
def test_a_card_says_two_sentences(concept: Concept) -> None:
    english = catalogue("en")[f"concepts.{concept.id}.text"].replace("et al.", "et al")
    assert len(re.findall(r"[.?](?= [A-Z0-9\[]|$)", english)) == 2
    assert catalogue("zh")[f"concepts.{concept.id}.text"].count("。") == 2


@each_concept
def test_a_card_leads_to_a_section_that_is_there(concept: Concept) -> None:
    assert concept.seen.file.is_file()
    for name, value in concept.seen.choices.items():
        if name == "step":
            assert value in {step.id for step in STEPS}
        else:
            assert f"{SECTIONS[name]}.{value}" in catalogue("en")


@each_concept
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_formula_are_known(concept: Concept, language: str) -> None:
    in_words(concept.formula, say_in(language))


def test_a_term_leads_to_the_card_that_names_it() -> None:
    assert concept_of_term()["token"] is concept_of_term()["词元"]
    assert concept_of_term()["attention weight"].id == "attention"
    assert "column" not in concept_of_term()


@pytest.mark.parametrize(
    ("search", "language", "first"),
    [
        ("token", "en", "token"),
        ("词元", "zh", "token"),
        ("softmax", "zh", "softmax"),
        ("query", "zh", "query"),
        ("查询", "en", "query"),
        ("SOFTMAX", "en", "softmax"),
        ("joint loss", "en", "joint_loss"),
        ("Xiong", "en", "pre_ln"),
    ],
)
def test_a_search_finds_the_card_of_that_name_first(search: str, language: str, first: str) -> None:
    assert matching(search, language)[0].id == first


def test_a_search_wants_all_words_and_an_empty_one_nothing() -> None:
    assert matching("  ", "en") == concepts()
    assert matching("joint nowhere", "en") == ()
    found = {concept.id for concept in matching("random token", "en")}
    assert "masking_rule" in found and "softmax" not in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_a_card_finds_it_first(language: str) -> None:
    for concept in concepts():
        assert matching(catalogue(language)[f"concepts.{concept.id}.name"], language)[0] is concept


@pytest.fixture
def one() -> dict[str, Any]:
    return {
        "id": "x",
        "group": GROUPS[0],
        "formula": "",
        "seen": {"page": "attention", "section": "at_view=lines"},
        "source": "Somebody 2018, §1",
        "terms": ["token"],
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group": "other"}, "1, x: the group 'other'"),
        ({"source": " "}, "1, x: it names no source"),
        ({"terms": ["tokenn"]}, r"1, x: terms.json does not have \['tokenn'\]"),
        ({"seen": {"page": "nowhere"}}, "1, x: there is no page 'nowhere'"),
        ({"seen": {}}, r"1, x: the place: missing \['page'\]"),
        ({"formula": None}, "1: .* should be texts"),
        ({"more": ""}, "1: its fields should be"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(
    change: dict[str, Any], message: str, one: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "cards.json"
    path.write_text(json.dumps([one | change]), encoding="utf-8")
    with pytest.raises(ValueError, match=f"cards.json: {message}"):
        read_concepts(path)


def test_an_id_or_a_term_stands_there_once(one: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    for other, twice in (({"terms": []}, "'x'"), ({"id": "y"}, "'token'")):
        path.write_text(json.dumps([one, one | other]), encoding="utf-8")
        with pytest.raises(ValueError, match=f"{twice}.*more than once"):
            read_concepts(path)


def test_the_file_keeps_one_card_a_line() -> None:
    assert len(FILE.read_text(encoding="utf-8").splitlines()) == len(concepts()) + 2
