"""Sentence pairs: half of them true, the true ones from one document, the others never."""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from bert_core.pretraining.documents import Corpus, open_corpus
from bert_core.pretraining.pairs import (
    SINGLE_SENTENCES,
    SPECIAL_TOKENS_IN_PAIR,
    TRAINING_MIX,
    PairMix,
    lengths_within,
    pair_ids,
    plan_pairs,
)
from bert_core.tokenizer import BertTokenizer
from tests.bert_core.pretraining.conftest import story, write_text


def document_of(corpus: Corpus, sentences: np.ndarray) -> np.ndarray:
    """The document that each sentence belongs to."""
    return np.searchsorted(corpus.document_starts, sentences, side="right") - 1


def test_half_of_the_pairs_are_true(corpus: Corpus) -> None:
    labels = [plan_pairs(corpus, TRAINING_MIX, Random(seed)).is_next for seed in range(20)]
    share = np.concatenate(labels)
    assert len(share) > 8000
    assert share.mean() == pytest.approx(0.5, abs=0.02)


def test_labels_tell_the_truth(corpus: Corpus) -> None:
    plan = plan_pairs(corpus, TRAINING_MIX, Random(1))
    a_document = document_of(corpus, plan.a_first)
    assert (document_of(corpus, plan.a_stop - 1) == a_document).all()
    b_document = document_of(corpus, plan.b_first)
    assert (document_of(corpus, plan.b_stop - 1) == b_document).all()
    assert (plan.b_first[plan.is_next] == plan.a_stop[plan.is_next]).all()
    assert (b_document == a_document)[plan.is_next].all()
    assert (b_document != a_document)[~plan.is_next].all()
    assert (plan.a_stop > plan.a_first).all() and (plan.b_stop > plan.b_first).all()


def test_random_second_spans_come_from_the_same_source_in_their_share(corpus: Corpus) -> None:
    """Two sources with as many documents each: by chance every second one is of the same."""
    for same_source, expected in ((0.0, 0.5), (0.5, 0.75), (1.0, 1.0)):
        mix = PairMix({64: 0.5, SINGLE_SENTENCES: 0.5}, same_source=same_source)
        plans = [plan_pairs(corpus, mix, Random(seed)) for seed in range(10)]
        same = []
        for plan in plans:
            a_document = document_of(corpus, plan.a_first)[~plan.is_next]
            b_document = document_of(corpus, plan.b_first)[~plan.is_next]
            assert (a_document != b_document).all()
            sources = corpus.document_sources
            same.append(sources[a_document] == sources[b_document])
        assert np.concatenate(same).mean() == pytest.approx(expected, abs=0.03)


def test_single_document_of_its_source_gets_its_random_sentences_elsewhere(
    text_files: list[Path], tokenizer: BertTokenizer, tmp_path: Path
) -> None:
    alone = write_text(tmp_path / "alone.txt", [story("cat", "castle", "map", 8)])
    corpus = open_corpus([alone, text_files[0]], tokenizer, tmp_path / "cache")
    mix = PairMix({SINGLE_SENTENCES: 1.0}, same_source=1.0)
    plan = plan_pairs(corpus, mix, Random(3), {"alone.txt": 50.0, "even.txt": 0.0})
    assert 50 < (~plan.is_next).sum() < len(plan)
    assert (document_of(corpus, plan.b_first[~plan.is_next]) > 0).all()


def test_number_of_sentences_does_not_give_the_label_away(corpus: Corpus) -> None:
    plan = plan_pairs(corpus, PairMix({SINGLE_SENTENCES: 1.0}), Random(1))
    assert (plan.a_stop - plan.a_first == 1).all() and (plan.b_stop - plan.b_first == 1).all()
    packed = plan_pairs(corpus, PairMix({64: 1.0}), Random(1))
    counts = packed.b_stop - packed.b_first
    assert counts[packed.is_next].mean() == pytest.approx(counts[~packed.is_next].mean(), rel=0.1)


def test_pairs_are_cut_to_their_limit_where_they_do_not_meet(corpus: Corpus) -> None:
    plan = plan_pairs(corpus, PairMix({24: 1.0}, longest=24), Random(1))
    cut = 0
    for example in range(len(plan)):
        span_a, span_b = pair_ids(corpus, plan, example)
        whole_a = corpus.span(int(plan.a_first[example]), int(plan.a_stop[example]))
        whole_b = corpus.span(int(plan.b_first[example]), int(plan.b_stop[example]))
        assert len(span_a) + len(span_b) + SPECIAL_TOKENS_IN_PAIR == plan.length[example] <= 24
        assert span_a.tolist() == whole_a.tolist()[len(whole_a) - len(span_a) :]
        assert span_b.tolist() == whole_b.tolist()[: len(span_b)]
        cut += len(span_a) + len(span_b) < len(whole_a) + len(whole_b)
    assert cut > 100


def test_kinds_come_in_their_shares(corpus: Corpus) -> None:
    mix = PairMix({40: 0.5, SINGLE_SENTENCES: 0.5})
    kinds = Counter(plan_pairs(corpus, mix, Random(2)).limit.tolist())
    assert kinds[40] / sum(kinds.values()) == pytest.approx(0.5, abs=0.06)
    assert set(kinds) == {40, 128}


def test_every_sentence_is_used_in_a_pass(corpus: Corpus) -> None:
    plan = plan_pairs(corpus, TRAINING_MIX, Random(4))
    used = np.zeros(len(corpus.sentence_starts) - 1, dtype=np.bool_)
    for example in range(len(plan)):
        used[plan.a_first[example] : plan.a_stop[example]] = True
        used[plan.b_first[example] : plan.b_stop[example]] = True
    assert used.mean() > 0.9  # a document's last sentence may be left without a partner


def test_weights_repeat_and_leave_out_sources(corpus: Corpus) -> None:
    weights = {"even.txt": 0.0, "odd.txt": 2.5}
    plan = plan_pairs(corpus, TRAINING_MIX, Random(1), weights)
    plain = plan_pairs(corpus, TRAINING_MIX, Random(1))
    source = corpus.document_sources[document_of(corpus, plan.a_first)]
    plain_odd = (corpus.document_sources[document_of(corpus, plain.a_first)] == 1).sum()
    assert (source == 1).all()
    assert len(plan) / plain_odd == pytest.approx(2.5, rel=0.08)


def test_same_random_same_plan(corpus: Corpus) -> None:
    plans = [plan_pairs(corpus, TRAINING_MIX, Random(seed)) for seed in (9, 9, 10)]
    np.testing.assert_array_equal(plans[0].b_first, plans[1].b_first)
    assert not np.array_equal(plans[0].b_first[:50], plans[2].b_first[:50])


@pytest.mark.parametrize(
    ("lengths", "room", "expected"),
    [((4, 5), 9, (4, 5)), ((9, 2), 7, (5, 2)), ((2, 9), 7, (2, 5)), ((6, 6), 7, (4, 3))],
)
def test_longer_span_gives_way(
    lengths: tuple[int, int], room: int, expected: tuple[int, int]
) -> None:
    assert lengths_within(*lengths, room) == expected


def test_unusable_input_is_refused(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match="No source .*'third.txt'"):
        plan_pairs(corpus, TRAINING_MIX, Random(1), {"third.txt": 2.0})
    with pytest.raises(ValueError, match="no pair"):
        plan_pairs(corpus, TRAINING_MIX, Random(1), {"even.txt": 0.0, "odd.txt": 0.0})
    with pytest.raises(ValueError, match="between 5 and 128"):
        PairMix({200: 1.0})
    with pytest.raises(ValueError, match="positive shares"):
        PairMix({})
    with pytest.raises(ValueError, match="same_source is a share"):
        PairMix({64: 1.0}, same_source=1.5)
