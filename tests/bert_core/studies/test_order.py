"""Reordering the input: without positions nothing changes but the order; with them, everything."""

import pytest
import torch

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.studies.order import (
    attention_shift,
    distance_from_uniform,
    favourite_offset,
    order_effect,
    position_only_attention,
    word_order,
)
from bert_core.trace import trace_forward

CONFIG = BertConfig(
    vocab_size=99,
    hidden_size=20,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=37,
    max_position_embeddings=16,
    initializer_range=0.3,
)


@pytest.fixture(scope="module")
def model() -> BertForPreTraining:
    torch.manual_seed(0)
    return BertForPreTraining(CONFIG).eval()


def pair() -> Encoding:
    """[CLS] un ##do it now [SEP] ask me [SEP], ids by place."""
    tokens = ("[CLS]", "un", "##do", "it", "now", "[SEP]", "ask", "me", "[SEP]")
    return Encoding(
        text_a="undo it now",
        text_b="ask me",
        tokens=tokens,
        input_ids=(2, 11, 12, 13, 14, 3, 15, 16, 3),
        token_type_ids=(0, 0, 0, 0, 0, 0, 1, 1, 1),
        attention_mask=(1,) * 9,
        special_tokens_mask=(1, 0, 0, 0, 0, 1, 0, 0, 1),
        offsets=(None, (0, 2), (2, 4), (5, 7), (8, 11), None, (0, 3), (4, 6), None),
    )


def test_reverse_moves_words_whole_and_within_their_sentence() -> None:
    order = word_order(pair(), "reverse")
    assert order == (0, 4, 3, 1, 2, 5, 7, 6, 8)
    assert pair().reordered(order).tokens == (
        *("[CLS]", "now", "it", "un", "##do", "[SEP]"),
        *("me", "ask", "[SEP]"),
    )


def test_swap_changes_the_first_and_the_last_word() -> None:
    assert word_order(pair(), "swap") == (0, 4, 3, 1, 2, 5, 7, 6, 8)
    three = pair().without(2)  # un, it, now
    assert word_order(three, "swap") == (0, 3, 2, 1, 4, 6, 5, 7)


def test_words_stay_in_their_sentence_where_both_have_one_segment() -> None:
    one_segment = pair().with_segments((0,) * 9)
    assert word_order(one_segment, "reverse") == word_order(pair(), "reverse")


def test_shuffle_is_drawn_with_its_seed_and_is_never_the_old_order() -> None:
    orders = {seed: word_order(pair(), "shuffle", seed) for seed in range(30)}
    assert orders[7] == word_order(pair(), "shuffle", 7)
    assert len(set(orders.values())) > 3
    assert all(order[1:5] != (1, 2, 3, 4) and order[6:8] == (7, 6) for order in orders.values())


def test_one_word_cannot_be_shuffled() -> None:
    one = Encoding("a", None, ("[CLS]", "a", "[SEP]"), (2, 5, 3), (0,) * 3, (1,) * 3, (1, 0, 1),
                   offsets=(None, (0, 1), None))  # fmt: skip
    assert word_order(one, "shuffle") == word_order(one, "swap") == (0, 1, 2)


def test_unknown_orders_are_named() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        word_order(pair(), "sideways")


@pytest.mark.parametrize("kind", ["reverse", "shuffle", "swap"])
def test_without_positions_the_outputs_are_the_same_up_to_the_order(
    model: BertForPreTraining, kind: str
) -> None:
    order = word_order(pair(), kind, seed=1)
    moved = pair().reordered(order)
    nowhere = [0] * len(order)
    still = order_effect(
        trace_forward(model, pair(), position_ids=nowhere),
        trace_forward(model, moved, position_ids=nowhere),
        order,
    )
    changed = order_effect(trace_forward(model, pair()), trace_forward(model, moved), order)
    # outputs of the last LayerNorm have size 1; float32 sums in another order differ by a few 1e-7
    assert still.max() < 1e-5
    assert changed.min() > 1e-2


def test_moving_tokens_is_moving_their_positions(model: BertForPreTraining) -> None:
    # token order[i] at place i: the same as the old order with position i given to token order[i]
    order = word_order(pair(), "shuffle", seed=4)
    positions = [order.index(index) for index in range(len(order))]
    moved = trace_forward(model, pair().reordered(order))
    same = trace_forward(model, pair(), position_ids=positions)
    assert order_effect(same, moved, order).max() < 1e-5


def test_attention_shift_is_0_for_equal_traces_and_by_hand(model: BertForPreTraining) -> None:
    plain = trace_forward(model, pair())
    off = trace_forward(model, pair(), position_ids=[0] * 9)
    assert torch.equal(attention_shift(plain, plain), torch.zeros(3, 4))
    shift = attention_shift(plain, off)
    first, second = (trace.layer(1).attention_probs[2] for trace in (plain, off))
    by_hand = sum(abs(first[q, k].item() - second[q, k].item()) for q in range(9) for k in range(9))
    assert shift[1, 2].item() == pytest.approx(by_hand / 9 / 2, rel=1e-4)
    assert shift.max() <= 1


def test_position_only_attention_is_layer_0_on_normalised_positions(
    model: BertForPreTraining,
) -> None:
    probs = position_only_attention(model, 5)
    assert probs.shape == (4, 5, 5)
    torch.testing.assert_close(probs.sum(-1), torch.ones(4, 5))
    # head 1, query 2, worked from the weights
    embeddings, attention = model.bert.embeddings, model.layer(0).attention.self
    x = torch.nn.functional.layer_norm(
        embeddings.position_embeddings.weight[:5],
        (20,),
        embeddings.LayerNorm.weight,
        embeddings.LayerNorm.bias,
        CONFIG.layer_norm_eps,
    )
    query, key = attention.query(x)[2, 5:10], attention.key(x)[:, 5:10]
    torch.testing.assert_close(probs[1, 2], torch.softmax(key @ query / 5**0.5, -1))
    with pytest.raises(ValueError, match="length 17 is not in 1 to 16"):
        position_only_attention(model, 17)


def test_distance_from_uniform_at_its_ends() -> None:
    probs = torch.stack([torch.full((4, 4), 0.25), torch.eye(4)])
    assert distance_from_uniform(probs).tolist() == pytest.approx([0.0, 0.75])


def test_favourite_offset_finds_the_previous_token() -> None:
    previous = torch.diag(torch.full((5,), 0.9), -1)
    offset, weight = favourite_offset(previous)
    assert offset == -1
    assert weight == pytest.approx(0.9)
    # a single corner cell is not a habit
    corner = torch.full((6, 6), 0.1)
    corner[0, 5] = 1.0
    assert abs(favourite_offset(corner)[0]) <= 3
