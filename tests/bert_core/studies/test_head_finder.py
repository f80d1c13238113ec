"""Links of a head on a text, heads for places, and the table that was published."""

import pytest
import torch

from bert_core import shelves
from bert_core.relations import word_weights
from bert_core.studies.head_finder import (
    PLACES,
    PUBLISHED,
    first_subject_share,
    place_head,
    shelf_relations,
    word_links,
)
from bert_core.studies.heads import ROLES, RoleScores, head_roles
from bert_core.words import words_of
from tests.viz_app.toy import toy_bert

TEXT = "the cats saw the dog ."


def test_links_are_the_largest_weights_of_the_trace() -> None:
    trace = toy_bert().trace(TEXT, "it was tired")
    words = words_of(trace.encoding)
    links = word_links(trace, 2, 1, "dependent")
    assert {link.source for link in links} == set(words)
    assert [link.weight for link in links] == sorted((x.weight for x in links), reverse=True)
    weights = trace.layer(2).attention_probs[1]
    for link in links:
        to_others = {
            word: sum(weights[q, list(word.positions)].sum().item() for q in link.source.positions)
            / len(link.source.positions)
            for word in words
            if word != link.source
        }
        assert link.target == max(to_others, key=lambda word: to_others[word])
        assert link.weight == pytest.approx(to_others[link.target], abs=1e-6)


def test_looking_the_other_way_every_word_is_linked_to_who_looks_at_it() -> None:
    trace = toy_bert().trace(TEXT)
    words = words_of(trace.encoding)
    links = word_links(trace, 0, 3, "governor")
    assert {link.target for link in links} == set(words)
    weights = trace.layer(0).attention_probs[3]
    between = word_weights(weights, [word.positions for word in words])
    for link in links:
        column = between[:, words.index(link.target)].clone()
        column[words.index(link.target)] = -1
        assert link.source == words[int(column.argmax())]


def test_pronouns_that_stand_for_the_first_subject_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of three, the first alone stands for it."""
    told: list[dict[str, tuple[tuple[int, int], ...]]] = [
        {"nsubj": ((3, 4), (1, 2)), "antecedent": ((3, 1),)},
        {"nsubj": ((1, 2),), "antecedent": ((5, 4),)},
        {"antecedent": ((3, 1),)},
        {"nsubj": ((0, 1),)},
    ]
    shelf = [shelves.AnnotatedSentence("", (), (), relations) for relations in told]
    monkeypatch.setattr(shelves, "annotated", lambda language: shelf)
    assert first_subject_share("en") == pytest.approx(1 / 3)


@pytest.mark.parametrize("text", ["", "cat", "cats"])
def test_one_word_is_linked_to_nothing(text: str) -> None:
    assert word_links(toy_bert().trace(text), 0, 0, "dependent") == ()


def test_the_head_of_a_place() -> None:
    roles = head_roles(toy_bert().trace(TEXT))
    for place in PLACES:
        found = place_head(roles, place)
        assert found is not None
        layer, head, weight = found
        assert weight == roles.scores[ROLES.index(place)].max().item()
        assert weight == roles.scores[ROLES.index(place), layer, head].item()
    nothing = torch.full((len(ROLES), 1, 1), torch.nan)
    assert place_head(RoleScores(nothing, nothing[:, 0, 0]), "sep") is None


def test_the_shelf_has_what_was_published_and_its_language_is_the_models() -> None:
    names = {name for one in shelves.annotated("en") for name in one.relations}
    assert set(PUBLISHED) <= names
    assert all(0 < one.offset < one.head < 1 for one in PUBLISHED.values())
    found = shelf_relations(toy_bert())
    assert set(found.relations) == names
    assert found.unknown > 0.5  # a vocabulary of twenty
