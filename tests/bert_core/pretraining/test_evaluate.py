"""Evaluation counts what it says it counts, and shows every model the same pairs."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core import shelves
from bert_core.bert import Bert
from bert_core.checkpoint import save_checkpoint
from bert_core.model import BertForPreTraining
from bert_core.pretraining.__main__ import main
from bert_core.pretraining.batches import Batch
from bert_core.pretraining.documents import Corpus
from bert_core.pretraining.evaluate import (
    EVALUATION_KINDS,
    Evaluation,
    evaluate,
    evaluate_kinds,
    evaluation_batches,
    everyday_figures,
)
from bert_core.relations import score_relations
from bert_core.tokenizer import BertTokenizer
from tests.bert_core.pretraining.conftest import tiny_model
from tests.viz_app.toy import toy_bert

CPU = torch.device("cpu")
MASK = 4
"""Id of [MASK] in the hand-made batches."""


def make_batch(mlm_labels: list[int], nsp_labels: list[int], hidden: int = 0) -> Batch:
    """The first tokens are chosen, and the first `hidden` of these stand as [MASK]."""
    rows = len(nsp_labels)
    ids = torch.full((rows, 7), 5)
    ids[0, 1 : 1 + hidden] = MASK
    return Batch(
        input_ids=ids,
        token_type_ids=torch.zeros_like(ids),
        attention_mask=torch.ones_like(ids),
        mlm_positions=torch.arange(len(mlm_labels)) + 1,
        mlm_labels=torch.tensor(mlm_labels),
        nsp_labels=torch.tensor(nsp_labels),
    )


@pytest.fixture
def opinionated() -> BertForPreTraining:
    """Whatever it reads, it ranks the tokens 30, 31, 32, … and says "is next"."""
    model = tiny_model(99).eval()
    with torch.no_grad():
        for head in (model.cls.predictions.transform.LayerNorm, model.cls.seq_relationship):
            head.weight.zero_()
            head.bias.zero_()
        model.cls.predictions.bias[30:40] = torch.arange(20, 10, -1.0)
        model.cls.seq_relationship.bias[0] = 1
    return model


def test_counts_by_hand(opinionated: BertForPreTraining) -> None:
    batches = [make_batch([30, 34, 35, 80], [0, 1, 0], hidden=3), make_batch([30], [1])]
    found = evaluate(opinionated, batches, MASK, CPU)
    assert found.mlm_top1 == 2 / 5
    assert (found.mlm_top1_masked, found.masked_tokens) == (1 / 3, 3)
    assert found.mlm_top5 == 3 / 5
    assert found.nsp_accuracy == 2 / 4
    assert (found.pairs, found.chosen_tokens) == (4, 5)
    scores = torch.log_softmax(opinionated.cls.predictions.bias.detach(), dim=0)
    expected = -scores[torch.tensor([30, 34, 35, 80, 30])].mean()
    assert found.mlm_loss == pytest.approx(float(expected), rel=1e-5)
    # its answer is always "is next" by one logit: ln(1 + 1/e) where that is right, 1 more if not
    assert found.nsp_loss == pytest.approx(np.log(1 + 1 / np.e) + 2 / 4, rel=1e-5)


def test_no_share_of_hidden_words_where_none_is_hidden(opinionated: BertForPreTraining) -> None:
    found = evaluate(opinionated, [make_batch([30], [0])], MASK, CPU)
    assert found.mlm_top1_masked is None and "mlm_top1_masked" not in found.as_dict()


def test_model_is_left_in_the_mode_it_came_in(opinionated: BertForPreTraining) -> None:
    for training in (True, False):
        opinionated.train(training)
        evaluate(opinionated, [make_batch([30], [0])], MASK, CPU)
        assert opinionated.training is training


@pytest.mark.parametrize("kind", EVALUATION_KINDS)
def test_every_model_meets_the_same_pairs(
    kind: str, corpus: Corpus, tokenizer: BertTokenizer
) -> None:
    one, other = (evaluation_batches(corpus, tokenizer, EVALUATION_KINDS[kind]) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        for field in fields(Batch):
            assert torch.equal(getattr(first, field.name), getattr(second, field.name))
    lengths = torch.cat([batch.attention_mask.sum(dim=1) for batch in one])
    longest = {"packed_64": 64, "packed_128": 128, "single_sentences": 128}[kind]
    assert lengths.max() <= longest


def test_figures_are_ready_for_json(corpus: Corpus, tokenizer: BertTokenizer) -> None:
    figures = evaluate_kinds(tiny_model(tokenizer.vocab_size), corpus, tokenizer, CPU)
    assert set(figures) == set(EVALUATION_KINDS)
    for kind in figures.values():
        assert 0 <= kind["mlm_top1"] <= kind["mlm_top5"] <= 1
        assert 0 <= kind["nsp_accuracy"] <= 1 and kind["pairs"] > 100


def test_unmasked_pairs_are_the_same_pairs_with_every_word_in_place(
    corpus: Corpus, tokenizer: BertTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[list[Batch]] = []

    def spy(
        model: BertForPreTraining, batches: list[Batch], mask_id: int, device: torch.device
    ) -> Evaluation:
        met.append(batches)
        return evaluate(model, batches, mask_id, device)

    monkeypatch.setattr("bert_core.pretraining.evaluate.evaluate", spy)
    figures = evaluate_kinds(tiny_model(tokenizer.vocab_size), corpus, tokenizer, CPU)
    assert len(met) == 2 * len(figures)
    for kind, masked, whole in zip(figures.values(), met[::2], met[1::2], strict=True):
        hidden = 0
        for before, after in zip(masked, whole, strict=True):
            restored = before.input_ids.flatten().clone()
            restored[before.mlm_positions] = before.mlm_labels
            assert torch.equal(after.input_ids.flatten(), restored)
            assert torch.equal(after.nsp_labels, before.nsp_labels)
            hidden += int((before.input_ids != after.input_ids).sum())
        assert hidden > 0
        found = evaluate(tiny_model(tokenizer.vocab_size), whole, tokenizer.mask_id, CPU)
        assert kind["nsp_accuracy_unmasked"] == pytest.approx(found.nsp_accuracy, abs=1e-5)
        assert kind["masked_tokens"] == pytest.approx(0.8 * kind["chosen_tokens"], rel=0.05)


def test_everyday_figures_count_hits(tokenizer: BertTokenizer) -> None:
    model = tiny_model(tokenizer.vocab_size)
    figures = everyday_figures(model, tokenizer, "en")
    pairs, bert = shelves.next_sentence_pairs("en"), Bert("tiny", model, tokenizer, {})
    answers = [bert.next_sentence(pair.text_a, pair.text_b) for pair in pairs]
    right = sum(
        (answer.is_next > answer.random) == pair.is_next
        for answer, pair in zip(answers, pairs, strict=True)
    )
    assert figures["nsp_accuracy"] == pytest.approx(right / len(pairs), abs=1e-4)
    assert 0.1 < figures["nsp_accuracy"] < 0.9
    assert 0 <= figures["cloze_top5"] <= 1 and figures["clozes"] >= 40
    assert 0 <= figures["nsp_accuracy"] <= 1 and figures["pairs"] >= 100


def test_relations_by_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bert = toy_bert()
    save_checkpoint(tmp_path / "toy", bert.model, bert.tokenizer, dtype=torch.float32)
    arguments = ["evaluate", "--checkpoint", str(tmp_path / "toy"), "--device", "cpu"]
    assert main([*arguments, "--relations", "zh"]) == 0
    told = capsys.readouterr()
    figures = json.loads(told.out)["relations"]
    scores = score_relations(bert, shelves.annotated("zh")).relations
    assert list(figures) == list(scores)
    for name, score in scores.items():
        (best,) = score.best()
        found = figures[name]
        assert found["pairs"] == score.count
        assert (found["looks"], found["layer"], found["head"]) == (
            best.looks,
            best.layer,
            best.head,
        )
        assert found["share"] == round(best.share, 5)
        assert (found["offset"], found["offset_share"]) == (
            score.offset,
            round(score.offset_share, 5),
        )
    assert "clf" in told.err and "fixed offset" in told.err
