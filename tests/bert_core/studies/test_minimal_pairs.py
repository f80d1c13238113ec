"""A pair's score is the difference of its sentences' own."""

import pytest

from bert_core.pseudo_likelihood import pseudo_likelihoods
from bert_core.studies.minimal_pairs import score
from tests.viz_app.toy import toy_bert


def test_the_difference_arises_token_by_token() -> None:
    bert = toy_bert()
    found = score(bert, "the cat saw a dog", "the cats saw a dog")
    assert found.right.encoding.tokens[2:3] == ("cat",)
    assert found.wrong.encoding.tokens[2:4] == ("cat", "##s")
    right, wrong = (
        pseudo_likelihoods(bert, [bert.encode(text)])[0].total
        for text in ("the cat saw a dog", "the cats saw a dog")
    )
    assert found.difference == pytest.approx(right - wrong, rel=1e-4)
    assert score(bert, "the cats saw a dog", "the cat saw a dog").difference == pytest.approx(
        -found.difference, rel=1e-4
    )
