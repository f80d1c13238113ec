"""Ranks, the logit lens and the training task, on the toy and on a shipped model."""

import numpy as np
import pytest
import torch

from bert_core import load
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.masking import MaskingRule
from bert_core.studies.masked_words import (
    FATES,
    corrupt,
    count_fates,
    hide_each_word,
    logit_lens,
    maskable_tokens,
    rank_of,
    ranked_tokens,
    standing_over_stages,
    whole_words,
)
from bert_core.trace import trace_forward
from tests.viz_app.toy import WORDS, toy_bert

TEXT = "the cat saw a dog it was tired the street was wide the dog saw it"


@pytest.fixture(scope="module")
def toy() -> Bert:
    return toy_bert()


@pytest.fixture(scope="module")
def encoding(toy: Bert) -> Encoding:
    return toy.encode(TEXT)


def test_ranks_and_probabilities_are_those_of_the_whole_vocabulary(toy: Bert) -> None:
    trace = toy.trace("the [MASK] saw a dog")
    logits = trace.mlm_logits_at(2)
    every = ranked_tokens(logits, toy.tokenizer, len(WORDS))
    assert [one.rank for one in every] == list(range(1, len(WORDS) + 1))
    assert sum(one.prediction.probability for one in every) == pytest.approx(1.0)
    [answers] = toy.fill_mask("the [MASK] saw a dog", top_k=len(WORDS))
    assert [one.prediction.token for one in every] == [one.token for one in answers]


def test_left_out_pieces_keep_their_ranks(toy: Bert) -> None:
    logits = toy.trace("the [MASK] saw a dog").mlm_logits_at(2)
    keep = whole_words(toy.tokenizer)
    assert [WORDS[i] for i in range(len(WORDS)) if not keep[i]] == [*WORDS[:5], "##s"]
    shown = ranked_tokens(logits, toy.tokenizer, len(WORDS), keep)
    assert len(shown) == len(WORDS) - 6
    by_id = {one.prediction.id: one for one in ranked_tokens(logits, toy.tokenizer, len(WORDS))}
    assert all(one == by_id[one.prediction.id] for one in shown)


def test_rank_by_hand() -> None:
    tokenizer = toy_bert().tokenizer
    scores = torch.full((len(WORDS),), -100.0)
    scores[7], scores[5], scores[9] = 2.0, 1.0, 0.0
    assert rank_of(scores, tokenizer, 5).rank == 2
    # e / (e² + e + 1)
    assert rank_of(scores, tokenizer, 5).prediction.probability == pytest.approx(0.24473, abs=1e-5)
    # equal scores share the better rank
    assert rank_of(scores, tokenizer, 4).rank == rank_of(scores, tokenizer, 6).rank == 4
    # a row beyond the vocabulary, which pads the table, takes its share but no rank
    padded = torch.cat([scores, torch.tensor([2.0])])
    assert rank_of(padded, tokenizer, 5).rank == 2
    # e / (e² + e + 1 + e²)
    assert rank_of(padded, tokenizer, 5).prediction.probability == pytest.approx(0.14696, abs=1e-5)
    assert [one.prediction.id for one in ranked_tokens(padded, tokenizer, 2)] == [7, 5]


def test_the_lens_at_the_last_layer_is_the_prediction(toy: Bert) -> None:
    trace = toy.trace("the [MASK] saw a dog", "it was tired")
    lens = logit_lens(trace, toy.tokenizer)
    shares = trace.mlm_logits.softmax(-1)
    assert lens.token_ids.shape == (4, len(trace.tokens))
    torch.testing.assert_close(lens.token_ids[-1], shares.argmax(-1))
    torch.testing.assert_close(lens.probabilities[-1], shares.amax(-1))
    best = int(shares[2].argmax())
    assert standing_over_stages(trace, toy.tokenizer, 2, best)[-1].rank == 1


def test_the_lens_reads_every_layer_by_the_same_head(toy: Bert) -> None:
    trace = toy.trace("the cat saw a dog")
    lens = logit_lens(trace, toy.tokenizer)
    for stage, hidden in enumerate(trace.hidden_states):
        with torch.no_grad():
            expected = toy.model.mlm_logits(hidden).argmax(-1)
        torch.testing.assert_close(lens.token_ids[stage], expected)


def test_special_tokens_and_typed_masks_are_never_chosen(toy: Bert) -> None:
    encoding = toy.encode("the [MASK] saw", "a dog")
    maskable = maskable_tokens(encoding, toy.tokenizer)
    assert maskable.tolist() == [False, True, False, True, False, True, True, False]
    counts = count_fates(encoding, toy.tokenizer, 200, seed=1)
    assert (counts.per_position[~maskable] == 0).all()
    assert (counts.per_position[maskable] > 0).all()


def test_a_draw_says_what_it_did(toy: Bert, encoding: Encoding) -> None:
    rule = MaskingRule(chosen=0.6)
    seen = set()
    for seed in range(40):
        drawn = corrupt(encoding, toy.tokenizer, seed, rule)
        for position, fate in enumerate(drawn.fates):
            right, reads = encoding.input_ids[position], drawn.encoding.input_ids[position]
            seen.add(fate)
            if fate == "masked":
                assert reads == toy.tokenizer.mask_id
            elif fate == "random":
                assert reads not in (right, toy.tokenizer.mask_id)
                assert WORDS[reads] not in WORDS[:5]
            else:
                assert reads == right
            assert drawn.encoding.tokens[position] == WORDS[reads]
    assert seen == {"", *FATES}


def test_a_seed_gives_its_draw_back(toy: Bert, encoding: Encoding) -> None:
    assert corrupt(encoding, toy.tokenizer, 3) == corrupt(encoding, toy.tokenizer, 3)
    others = {corrupt(encoding, toy.tokenizer, seed).fates for seed in range(9)}
    assert len(others) > 4


def test_many_draws_come_to_80_10_10() -> None:
    bert = load("mini-en", device="cpu")
    encoding = bert.encode("The quick brown fox jumps over the lazy dog and runs away.")
    counts = count_fates(encoding, bert.tokenizer, 5000, seed=0)
    own = len(encoding) - 2
    assert counts.maskable == own
    assert counts.chosen == 5000 * round(0.15 * own) == sum(counts.fates)
    shares = np.array(counts.fates) / counts.chosen
    # three standard errors of 80 % of this many
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=3 * (0.16 / counts.chosen) ** 0.5)
    assert counts.per_position.sum() == counts.chosen


def test_the_shown_draw_is_the_first_of_its_seed(toy: Bert, encoding: Encoding) -> None:
    counts = count_fates(encoding, toy.tokenizer, 1, seed=5)
    fates = corrupt(encoding, toy.tokenizer, 5).fates
    assert counts.fates == tuple(fates.count(fate) for fate in FATES)


def test_a_corrupted_input_runs_like_any_other(toy: Bert, encoding: Encoding) -> None:
    drawn = corrupt(encoding, toy.tokenizer, 2)
    trace = trace_forward(toy.model, drawn.encoding)
    assert trace.tokens == drawn.encoding.tokens


def test_hiding_each_word_is_asking_again_with_it_masked(toy: Bert) -> None:
    encoding = toy.encode("the dogs saw a cat", "it was wide")
    turns = hide_each_word(toy, encoding)

    def written(tokens: list[str]) -> str:
        return " ".join(tokens).replace(" ##", "")

    assert [turn.word.text for turn in turns] == "the dogs saw a cat it was wide".split()
    for turn in turns:
        tokens = [
            "[MASK]" if i in turn.word.positions else t for i, t in enumerate(encoding.tokens)
        ]
        middle = tokens.index("[SEP]")
        text_a, text_b = written(tokens[1:middle]), written(tokens[middle + 1 : -1])
        trace = toy.trace(text_a, text_b)
        assert trace.tokens == tuple(tokens)
        found = [trace.mlm_logits_at(position).softmax(-1) for position in turn.word.positions]
        own = [encoding.input_ids[position] for position in turn.word.positions]
        expected = np.prod([shares[i].item() for shares, i in zip(found, own, strict=True)])
        assert turn.probability == pytest.approx(expected, rel=1e-4)
        best = [int(shares.argmax()) for shares in found]
        assert [guess.id for guess in turn.best] == best
        assert turn.right == (best == own)
    assert len(turns[1].word.positions) == 2, "a word of two pieces is hidden whole"
    assert hide_each_word(toy, toy.encode("")) == ()


def test_a_word_read_as_unk_can_neither_be_probable_nor_guessed_right(toy: Bert) -> None:
    encoding = toy.encode("the zebra saw")
    unknown = hide_each_word(toy, encoding)[1]
    hidden = toy.trace("the [MASK] saw").mlm_logits_at(2)
    assert unknown.probability is None and not unknown.right
    assert [guess.id for guess in unknown.best] == [int(hidden.argmax())]
    # also where [UNK] itself is the model's first choice
    biased = toy_bert()
    with torch.no_grad():
        biased.model.cls.predictions.bias[biased.tokenizer.unk_id] += 1000.0
    unknown = hide_each_word(biased, encoding)[1]
    assert unknown.best[0].token == "[UNK]" and not unknown.right
