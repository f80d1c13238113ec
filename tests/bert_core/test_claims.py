"""Claims about a model are read with care."""

from typing import Any, get_args

import pytest

from bert_core.claims import KINDS, Claim, InTop, NextSentence, WeightAtLeast, read_claim


@pytest.mark.parametrize(
    ("entry", "claim"),
    [
        ({"kind": "in_top", "token": "dog", "k": 3}, InTop("dog", 3)),
        (
            {
                "kind": "weight_at_least",
                "layer": 1,
                "head": 2,
                "query": "dog",
                "key": ["my"],
                "weight": 1,
            },
            WeightAtLeast(1, 2, "dog", ("my",), 1.0),
        ),
        ({"kind": "next_sentence", "is_next": False, "at_least": 0.5}, NextSentence(False, 0.5)),
    ],
)
def test_a_claim_is_read_from_its_entry(entry: dict[str, Any], claim: Claim) -> None:
    assert read_claim(entry) == claim


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "in_bottom"}, "a kind out of in_top, .* not 'in_bottom'"),
        ({}, "not None"),
        ({"kind": "in_top", "token": "dog"}, r"missing \['k'\]"),
        ({"kind": "in_top", "token": "dog", "k": 3, "top": 1}, r"unknown \['top'\]"),
        ({"kind": "in_top", "token": "dog", "k": "3"}, "{'k': '3'} should be of the types.*int"),
        ({"kind": "in_top", "token": "dog", "k": True}, "int"),
        ({"kind": "pieces", "word": "dog", "pieces": []}, "pieces"),
        ({"kind": "pieces", "word": "dog", "pieces": "dog"}, "pieces"),
        ({"kind": "next_sentence", "is_next": 1, "at_least": 0.5}, "bool"),
        ({"kind": "no_favourite", "at_most": None}, "float"),
    ],
)
def test_an_entry_that_is_no_claim_is_named(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_claim(entry)


def test_every_kind_has_a_name() -> None:
    assert set(KINDS.values()) == set(get_args(Claim))
