"""Pseudo-log-likelihoods worked out here once more, one forward pass per token."""

import pytest
import torch

from bert_core.bert import Bert
from bert_core.pseudo_likelihood import hidden_in_turn, pseudo_likelihoods
from tests.viz_app.toy import toy_bert


def by_hand(bert: Bert, tokens: str, position: int) -> float:
    """ln p of the token that stands at `position` in "the cats saw it" read as these tokens."""
    own = "[CLS] the cat ##s saw it [SEP]".split()
    ids = torch.tensor([[bert.tokenizer.id(token) for token in tokens.split()]])
    logits = bert.model(ids).mlm_logits[0, position]
    return float(logits.log_softmax(-1)[bert.tokenizer.id(own[position])])


def test_every_token_is_asked_for_with_itself_and_the_rest_of_its_word_hidden() -> None:
    bert = toy_bert()
    [found] = pseudo_likelihoods(bert, [bert.encode("the cats saw it")])
    with torch.no_grad():
        expected = [
            by_hand(bert, "[CLS] [MASK] cat ##s saw it [SEP]", 1),
            # PLL-word-l2r: the first piece is not told by the second, but tells it
            by_hand(bert, "[CLS] the [MASK] [MASK] saw it [SEP]", 2),
            by_hand(bert, "[CLS] the cat [MASK] saw it [SEP]", 3),
            by_hand(bert, "[CLS] the cat ##s [MASK] it [SEP]", 4),
            by_hand(bert, "[CLS] the cat ##s saw [MASK] [SEP]", 5),
        ]
    assert found.positions == (1, 2, 3, 4, 5)
    assert found.log_probabilities == pytest.approx(expected, rel=1e-5)
    assert found.total == pytest.approx(sum(expected), rel=1e-5)


def test_inputs_in_one_batch_are_scored_as_alone() -> None:
    bert = toy_bert()
    texts = [("it", None), ("the cats saw a dog.", "it was tired."), ("", None), ("a cat", None)]
    encodings = [bert.encode(*text) for text in texts]
    together = pseudo_likelihoods(bert, encodings)
    for encoding, found in zip(encodings, together, strict=True):
        [alone] = pseudo_likelihoods(bert, [encoding])
        assert found.encoding is encoding and found.positions == alone.positions
        assert found.log_probabilities == pytest.approx(alone.log_probabilities, rel=1e-4)
    assert together[2].positions == () and together[2].total == 0
    # the added [CLS] and [SEP] are asked for nowhere, in the second sentence neither
    assert together[1].positions == (*range(1, 7 + 1), *range(9, 12 + 1))


def test_nothing_but_the_word_itself_is_hidden() -> None:
    bert = toy_bert()
    encoding = bert.encode("a dogs cat")
    for position, variant in hidden_in_turn(encoding, bert.tokenizer).items():
        hidden = [i for i, token in enumerate(variant.tokens) if token == "[MASK]"]
        assert hidden == ([2, 3] if position == 2 else [position])


def test_a_sentence_that_was_cut_has_no_score() -> None:
    bert = toy_bert()
    with pytest.raises(ValueError, match="does not fit into the 40 tokens"):
        pseudo_likelihoods(bert, [bert.encode("cat " * 60)])


def test_a_checkpoint_without_the_head_has_no_scores() -> None:
    toy = toy_bert()
    bare = Bert("bare", toy.model, toy.tokenizer, {"mlm": "none in the file"})
    with pytest.raises(ValueError, match="bare cannot predict masked words: none in the file"):
        pseudo_likelihoods(bare, [bare.encode("a cat")])
