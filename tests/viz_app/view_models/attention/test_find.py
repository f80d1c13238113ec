"""The head finder's bars and table: the best head over the fixed offset, links by their weight."""

import torch

from bert_core.relations import RelationScore
from bert_core.studies.head_finder import PUBLISHED, word_links
from bert_core.studies.heads import head_roles
from bert_core.words import words_of
from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.attention.find import (
    MOST_LINKS,
    TABLE,
    figures_table,
    link_group,
    place_group,
    place_heads,
    relation_group,
    written,
)

SHARES = torch.zeros(2, 2, 3)  # looks, layers, heads
SHARES[0, 1, 2] = 0.75
OBJECT = RelationScore("dobj", 8, SHARES, -2, 0.5)
PREPOSITION = RelationScore("pobj", 4, SHARES.flip(0), 1, 1.0)
SCORES = {"dobj": OBJECT, "pobj": PREPOSITION}


def test_a_row_has_the_best_head_the_offset_below_it_and_says_who_looks() -> None:
    first, second = relation_group(SCORES, "pobj", say_in("en")).rows
    assert (first.label, first.value, first.baseline) == ("object → verb", 0.75, 0.5)
    assert first.tag == "L1 H2; fixed −2: 50.0\u00a0%"
    assert second.label == "preposition → object of a preposition"  # the governor looks
    assert (first.marked, second.marked) == (False, True)
    assert first.action and second.action


def test_places_have_the_head_with_most_weight_over_an_even_head() -> None:
    roles = head_roles(toy_bert().trace("the cat saw the dog"))
    rows = place_group(roles, "sep", say_in("en")).rows
    assert [row.value for row in rows] == [weight for _, _, weight in place_heads(roles).values()]
    assert all(row.baseline is not None and 0 < row.baseline < 1 for row in rows)
    assert [row.marked for row in rows] == [False, False, False, True]


def test_the_strongest_links_of_a_text_with_a_word_twice() -> None:
    trace = toy_bert().trace("the cat saw the dog . it was tired . the dog saw a cat")
    links = word_links(trace, 0, 0, "dependent")
    rows = link_group(links, words_of(trace.encoding)).rows
    assert len(rows) == MOST_LINKS < len(links)
    assert [row.value for row in rows] == [link.weight for link in links[:MOST_LINKS]]
    once = {"it", "was", "tired", "a"}
    for row, link in zip(rows, links, strict=False):
        for label, word in zip(row.label.split(" → "), (link.source, link.target), strict=True):
            place = f" ({word.positions[0]})"
            assert label == word.text + ("" if word.text in once else place)


def test_the_table_has_what_was_published_for_english_alone() -> None:
    say = say_in("en")
    rows = figures_table(SCORES, "en", say)
    assert rows[0] == ["object → verb", 8, "L1 H2", 0.75, -2, 0.5, 0.868, 0.4]
    assert written(rows[0])[3:] == [
        *("75.0\u00a0%", "−2", "50.0\u00a0%", "86.8\u00a0%", "40.0\u00a0%")
    ]
    assert all(len(row) == len(TABLE) for row in rows)
    assert figures_table(SCORES, "zh", say)[0] == rows[0][:-2]
    assert "antecedent" not in PUBLISHED
    (unknown,) = figures_table({"antecedent": OBJECT}, "en", say)
    assert written(unknown)[-2:] == ["–", "–"]
