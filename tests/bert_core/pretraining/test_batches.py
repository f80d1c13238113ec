"""Batches: like lengths together, labels that restore the text, and nothing left to chance."""

from dataclasses import fields, replace
from itertools import islice
from random import Random

import numpy as np
import pytest
import torch

from bert_core.pretraining.batches import (
    BUCKETS,
    Batch,
    BatchSource,
    Position,
    group_by_length,
    made_ahead,
)
from bert_core.pretraining.pairs import TRAINING_MIX, PairMix, pair_ids, plan_pairs

START = Position()


def take(source: BatchSource, count: int, start: Position = START) -> list[Batch]:
    return [batch for batch, _ in islice(source.batches(start), count)]


def same(one: Batch, other: Batch) -> bool:
    return all(torch.equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Batch))


def test_labels_restore_the_pairs(source: BatchSource) -> None:
    tokenizer, corpus = source.tokenizer, source.corpus
    random = Random(f"{source.seed}/0")
    plan = plan_pairs(corpus, source.mix, random)
    groups = group_by_length(plan, source.tokens_per_batch, random)
    for batch, group in zip(take(source, len(groups)), groups, strict=True):
        clean = batch.input_ids.clone().reshape(-1)
        clean[batch.mlm_positions] = batch.mlm_labels
        for row, example in enumerate(group):
            span_a, span_b = (span.tolist() for span in pair_ids(corpus, plan, int(example)))
            cls, sep = tokenizer.cls_id, tokenizer.sep_id
            expected = [cls, *span_a, sep, *span_b, sep]
            length = len(expected)
            found = clean.view_as(batch.input_ids)[row]
            assert found[:length].tolist() == expected
            assert (found[length:] == tokenizer.pad_id).all()
            assert batch.attention_mask[row].tolist() == [1] * length + [0] * (len(found) - length)
            segments = [0] * (2 + len(span_a)) + [1] * (1 + len(span_b))
            assert batch.token_type_ids[row, :length].tolist() == segments
            assert bool(batch.nsp_labels[row] == 0) == bool(plan.is_next[example])


def test_special_tokens_are_never_chosen(source: BatchSource) -> None:
    special = {source.tokenizer.cls_id, source.tokenizer.sep_id, source.tokenizer.pad_id}
    for batch in take(source, 30):
        assert not special & set(batch.mlm_labels.tolist())


def test_same_seed_same_batches(source: BatchSource) -> None:
    for one, other in zip(take(source, 12), take(source, 12), strict=True):
        assert same(one, other)
    assert not same(take(source, 1)[0], take(replace(source, seed=8), 1)[0])


def test_reading_goes_on_from_any_position(source: BatchSource) -> None:
    stream = source.batches(Position())
    seen: list[Batch] = []
    positions = [Position()]
    while positions[-1].epoch < 2:
        batch, position = next(stream)
        seen.append(batch)
        positions.append(position)
    middle = len(seen) // 3
    for start in (middle, len(seen) - 2):
        for one, other in zip(take(source, 2, positions[start]), seen[start:], strict=False):
            assert same(one, other)
    first_pass = next(i for i, position in enumerate(positions) if position.epoch == 1)
    assert not same(seen[0], seen[first_pass]), "a second pass draws anew"


def test_batches_made_ahead_are_the_same_ones(source: BatchSource) -> None:
    in_a_pass = next(n for n, (_, after) in enumerate(source.batches(Position())) if after.epoch)
    before = torch.get_rng_state()
    for start in (Position(), Position(1, in_a_pass - 2)):  # … and over the end of a pass
        expected = islice(source.batches(start), 6)
        ahead = islice(made_ahead(source, start), 6)
        for (one, after_one), (other, after_other) in zip(expected, ahead, strict=True):
            assert same(one, other)
            assert after_one == after_other
    assert after_one.epoch == 2
    assert torch.equal(torch.get_rng_state(), before), "the run's own generator is left alone"


def test_padding_is_small_and_batches_hold_their_tokens(source: BatchSource) -> None:
    batches = take(source, 60)
    padded = sum(batch.input_ids.numel() for batch in batches)
    assert sum(batch.num_tokens for batch in batches) / padded > 0.8
    for batch in batches:
        assert batch.input_ids.shape[1] in BUCKETS
        assert batch.input_ids.numel() <= source.tokens_per_batch


def test_all_128_positions_are_trained(source: BatchSource) -> None:
    packed = replace(source, mix=PairMix(TRAINING_MIX.shares))
    predicted = np.zeros(128, dtype=np.int64)
    for batch in take(packed, 150):
        columns = batch.mlm_positions % batch.input_ids.shape[1]
        predicted += np.bincount(columns.numpy(), minlength=128)
    assert (predicted[1:126] > 0).all()


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_shares_make_up_the_batch(source: BatchSource, world_size: int) -> None:
    batch = take(replace(source, rows_multiple=world_size), 1)[0]
    shares = [batch.share(rank, world_size) for rank in range(world_size)]
    assert torch.equal(torch.cat([share.input_ids for share in shares]), batch.input_ids)
    assert torch.equal(torch.cat([share.mlm_labels for share in shares]), batch.mlm_labels)
    assert torch.equal(torch.cat([share.nsp_labels for share in shares]), batch.nsp_labels)
    for share in shares:
        flat = share.input_ids.reshape(-1)[share.mlm_positions]
        assert (flat == source.tokenizer.mask_id).float().mean() > 0.4


def test_too_little_text_is_refused(source: BatchSource) -> None:
    plan = plan_pairs(source.corpus, TRAINING_MIX, Random(1))
    with pytest.raises(ValueError, match="do not fill one batch of 9999 rows"):
        group_by_length(plan, 512, Random(1), rows_multiple=9999)
    with pytest.raises(ValueError, match="rows cannot be shared"):
        take(source, 1)[0].share(0, 999)
