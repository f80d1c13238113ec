"""Heads held against annotated sentences: words out of pieces, answers, scores, fixed offsets."""

from dataclasses import replace

import pytest
import torch

from bert_core import relations
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.relations import most_attended, score_relations, word_tokens, word_weights
from bert_core.shelves import AnnotatedSentence
from tests.viz_app.toy import toy_bert


def sentence(text: str, **pairs: tuple[tuple[int, int], ...]) -> AnnotatedSentence:
    """Words parted by spaces."""
    words, spans, end = tuple(text.split()), [], 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        spans.append((start, end))
    return AnnotatedSentence(text, words, tuple(spans), pairs)


def test_weights_between_words_are_summed_over_keys_and_averaged_over_queries() -> None:
    # [CLS] cat ##s saw [SEP]: words (1, 2) and (3,)
    weights = torch.tensor(
        [
            [1.0, 0.0, 0.0, 0.0, 0.0],
            [0.1, 0.2, 0.3, 0.4, 0.0],
            [0.0, 0.1, 0.1, 0.2, 0.6],
            [0.0, 0.3, 0.5, 0.1, 0.1],
            [0.0, 0.0, 0.0, 0.0, 1.0],
        ]
    )
    # cats → cats: ((0.2 + 0.3) + (0.1 + 0.1)) / 2; cats → saw: (0.4 + 0.2) / 2
    # saw → cats: 0.3 + 0.5
    expected = torch.tensor([[0.35, 0.3], [0.8, 0.1]])
    torch.testing.assert_close(word_weights(weights, [(1, 2), (3,)]), expected)


def test_a_word_is_never_its_own_answer() -> None:
    weights = torch.tensor([[0.9, 0.04, 0.06], [0.0, 1.0, 0.0], [0.3, 0.2, 0.5]])
    assert most_attended(weights).tolist() == [2, 0, 0]
    assert most_attended(weights.mT).tolist() == [2, 2, 0]  # who attends most to each


def test_pieces_belong_to_the_word_whose_characters_they_are() -> None:
    encoding = toy_bert().encode("the cats saw it")
    assert encoding.tokens == ("[CLS]", "the", "cat", "##s", "saw", "it", "[SEP]")
    assert word_tokens(encoding, sentence("the cats saw it").spans) == ((1,), (2, 3), (4,), (5,))


def given_weights(monkeypatch: pytest.MonkeyPatch, *each: torch.Tensor) -> None:
    """Let the model attend as told: one tensor [layers, heads, query, key] per sentence."""
    monkeypatch.setattr(
        relations, "attention_probs_of", lambda bert, encodings, report: enumerate(each)
    )


def between(*rows: list[float]) -> torch.Tensor:
    """One layer, one head: weights from word to word, set between [CLS] and [SEP]."""
    weights = torch.zeros(1, 1, len(rows) + 2, len(rows) + 2)
    weights[..., 1:-1, 1:-1] = torch.tensor(rows)
    return weights


def test_scores_of_a_made_up_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand-worked: one head, two sentences of three words."""
    shelf = [
        sentence("the cat saw", det=((0, 1),), nsubj=((1, 2),)),
        sentence("a dog saw", det=((0, 1),), nsubj=((1, 2),)),
    ]
    first = between([0.1, 0.7, 0.2], [0.6, 0.1, 0.3], [0.1, 0.8, 0.1])
    second = between([0.1, 0.2, 0.7], [0.2, 0.1, 0.7], [0.5, 0.4, 0.1])
    given_weights(monkeypatch, first, second)
    found = score_relations(toy_bert(), shelf).relations
    # the looks at cat (right), a at saw; cat looks most at the (0.6 > 0.1), saw at a (0.5 > 0.2)
    assert found["det"].shares.flatten().tolist() == [0.5, 0.5]
    # cat looks at the, dog at saw (right); saw looks most at cat (0.8 > 0.7) and at dog (0.4 > 0.2)
    assert found["nsubj"].shares.flatten().tolist() == [0.5, 1.0]
    (best,) = found["nsubj"].best()
    assert (best.looks, best.layer, best.head, best.share) == ("governor", 0, 0, 1.0)
    assert found["nsubj"].of_head(0, 0) == best
    assert (found["det"].count, found["det"].offset, found["det"].offset_share) == (2, 1, 1.0)


def test_an_answer_that_is_a_special_token_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all weight rests on [SEP]; of the rest, most lies on the right word."""
    weights = torch.zeros(1, 1, 5, 5)
    weights[..., 1, :] = torch.tensor([0.0, 0.0, 0.06, 0.04, 0.9])
    given_weights(monkeypatch, weights)
    found = score_relations(toy_bert(), [sentence("the cat saw", det=((0, 1),))])
    assert found.relations["det"].shares[0].item() == 1.0


def test_the_fixed_offset_is_the_one_that_most_pairs_have() -> None:
    shelf = [
        sentence("the cat saw the dog", det=((0, 1), (3, 4)), dobj=((4, 2),)),
        sentence("it saw cat", dobj=((2, 1),)),
        sentence("a dog saw the cat", dobj=((4, 2),)),
    ]
    found = score_relations(toy_bert(), shelf).relations
    assert (found["dobj"].offset, found["dobj"].count) == (-2, 3)
    assert found["dobj"].offset_share == pytest.approx(2 / 3)


def test_best_heads_come_in_order_whatever_they_look_at() -> None:
    found = score_relations(toy_bert(), [sentence("the cat saw the dog", det=((0, 1), (3, 4)))])
    score = found.relations["det"]
    assert score.shares.shape == (2, 3, 4)  # looks, layers, heads
    ranked = score.best(12)
    assert sorted((one.layer, one.head) for one in ranked) == [
        (layer, head) for layer in range(3) for head in range(4)
    ]
    assert [one.share for one in ranked] == sorted((one.share for one in ranked), reverse=True)
    assert all(one.share == score.shares[:, one.layer, one.head].max() for one in ranked)


def test_a_model_with_one_segment_is_scored_too() -> None:
    config = replace(toy_bert().config, type_vocab_size=1)
    bert = Bert("one", BertForPreTraining(config).eval(), toy_bert().tokenizer, missing={})
    found = score_relations(bert, [sentence("the cat saw", det=((0, 1),))])
    assert found.relations["det"].shares.shape == (2, 3, 4)


def test_words_that_were_cut_off_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    bert = toy_bert()
    plain = type(bert).encode

    def short(self: object, text: str) -> Encoding:
        return self.tokenizer.encode(text, None, 5)  # type: ignore[attr-defined]

    monkeypatch.setattr(type(bert), "encode", short)
    shelf = [sentence("the cat saw the dog", det=((0, 1), (3, 4)), dobj=((4, 2),))]
    found = score_relations(bert, shelf)
    assert {name: score.count for name, score in found.relations.items()} == {"det": 1}
    monkeypatch.setattr(type(bert), "encode", plain)
    assert score_relations(bert, []).relations == {}


def test_words_that_the_vocabulary_lacks_are_counted() -> None:
    shelf = [sentence("the bird saw", det=((0, 1),))]
    assert score_relations(toy_bert(), shelf).unknown == pytest.approx(1 / 3)
    assert score_relations(toy_bert(), [replace(shelf[0], relations={})]).relations == {}


def test_progress_is_reported_to_its_end() -> None:
    told: list[tuple[int, int]] = []
    score_relations(toy_bert(), [sentence("the cat")] * 3, lambda *now: told.append(now))
    assert told[-1] == (3, 3)
