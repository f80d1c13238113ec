"""Masking: the published statistics over 100,000 tokens, and never a special token."""

import numpy as np
import pytest

from bert_core.masking import (
    MaskingRule,
    TokenClasses,
    choose_tokens,
    corrupt_tokens,
)

Rows = tuple[np.ndarray, np.ndarray]
VOCABULARY, MASK, ROWS, SEQ = 99, 4, 1000, 107
ORDINARY = np.arange(5, VOCABULARY)


def classes(is_continuation: np.ndarray | None = None) -> TokenClasses:
    pieces = np.zeros(VOCABULARY, dtype=np.bool_) if is_continuation is None else is_continuation
    return TokenClasses(mask_id=MASK, ordinary_ids=ORDINARY, is_continuation=pieces)


@pytest.fixture
def rows() -> Rows:
    """100,000 ordinary tokens between special ones: ids and what may be chosen, [1000 107]."""
    ids = np.random.default_rng(1).choice(ORDINARY, size=(ROWS, SEQ))
    maskable = np.ones((ROWS, SEQ), dtype=np.bool_)
    ids[:, 0], ids[:, 50], ids[:, -5:] = 2, 3, 0
    for column in (0, 50, *range(SEQ - 5, SEQ)):
        maskable[:, column] = False
    assert maskable.sum() == 100_000
    return ids, maskable


@pytest.mark.parametrize("whole_words", [False, True])
def test_shares_over_100_000_tokens(rows: Rows, whole_words: bool) -> None:
    ids, maskable = rows
    is_continuation = np.arange(VOCABULARY) >= 80
    rule, rng = MaskingRule(whole_words=whole_words), np.random.default_rng(2)
    chosen = choose_tokens(maskable, rule, rng, is_continuation[ids])
    corrupted = corrupt_tokens(ids, chosen, classes(), rule, rng)
    assert chosen.sum() / maskable.sum() == pytest.approx(0.15, abs=0.01)
    fate = corrupted[chosen], ids[chosen]
    masked = (fate[0] == MASK).mean()
    unchanged = (fate[0] == fate[1]).mean()
    assert masked == pytest.approx(0.8, abs=0.01)
    assert unchanged == pytest.approx(0.1 + 0.1 / len(ORDINARY), abs=0.01)
    assert 1 - masked - unchanged == pytest.approx(0.1, abs=0.01)
    np.testing.assert_array_equal(corrupted[~chosen], ids[~chosen])
    assert not chosen[~maskable].any()
    assert set(np.unique(corrupted[chosen])) <= {MASK, *ORDINARY}


def test_every_place_is_chosen_alike(rows: Rows) -> None:
    ids, maskable = rows
    rng = np.random.default_rng(3)
    chosen = choose_tokens(maskable, MaskingRule(), rng, np.zeros_like(maskable))
    shares = chosen.mean(axis=0)[maskable[0]]
    assert shares.min() > 0.10 and shares.max() < 0.20


def test_masks_are_drawn_anew_and_a_seed_gives_them_back(rows: Rows) -> None:
    ids, maskable = rows
    rng = np.random.default_rng(4)
    draws = [choose_tokens(maskable, MaskingRule(), rng, maskable) for _ in range(2)]
    assert (draws[0] != draws[1]).any()
    again = choose_tokens(maskable, MaskingRule(), np.random.default_rng(4), maskable)
    np.testing.assert_array_equal(again, draws[0])


def test_short_rows_have_one_choice_and_empty_rows_none() -> None:
    maskable = np.zeros((2, 7), dtype=np.bool_)
    maskable[0, 1:3] = True
    chosen = choose_tokens(
        maskable, MaskingRule(), np.random.default_rng(5), np.zeros((2, 7), bool)
    )
    assert chosen.sum(axis=1).tolist() == [1, 0]


def test_whole_words_are_chosen_together() -> None:
    rng = np.random.default_rng(6)
    continues = rng.random((200, 60)) < 0.4
    maskable = np.ones((200, 60), dtype=np.bool_)
    maskable[:, 0] = continues[:, 0] = continues[:, 1] = False
    chosen = choose_tokens(maskable, MaskingRule(whole_words=True), rng, continues)
    same_word = continues[:, 1:]
    assert (chosen[:, 1:] == chosen[:, :-1])[same_word].all()
    separate = choose_tokens(maskable, MaskingRule(), rng, continues)
    assert not (separate[:, 1:] == separate[:, :-1])[same_word].all()
