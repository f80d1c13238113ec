"""The sum of three vectors and the shuffle test, on a toy with real arithmetic."""

import numpy as np
import pytest

from bert_core.bert import Bert
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.view_models.positions import effects

TEXT_A, TEXT_B = "the cat saw the dog", "it was tired"


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


@pytest.fixture(scope="module")
def trace(bert: Bert) -> Trace:
    return bert.trace(TEXT_A, TEXT_B)


def test_the_parts_add_up_to_the_model_s_input(trace: Trace) -> None:
    view = effects.composition(trace)
    total = sum(part.astype(np.float64) for part in view.parts.values())
    np.testing.assert_allclose(view.total, total, atol=1e-6)
    np.testing.assert_array_equal(view.total, trace.embeddings.embedding_sum.numpy())
    np.testing.assert_array_equal(view.output, trace.embeddings.embedding_output.numpy())
    assert view.worst is not None and view.worst < 1e-5
    # the digits of one cell, by the formula
    row = view.total[4].astype(np.float64)
    by_hand = (row[7] - row.mean()) / np.sqrt(row.var() + 1e-12) * view.gain[7] + view.bias[7]
    assert view.output[4, 7] == pytest.approx(by_hand, abs=1e-5)


def test_without_positions_the_same_word_is_the_same_input(trace: Trace) -> None:
    view = effects.composition(trace, on=("word", "segment"))
    assert view.worst is None
    first, second = effects.repeated_tokens(view)
    assert (first, second) == (1, 4)  # "the" twice
    np.testing.assert_array_equal(view.output[first], view.output[second])
    whole = effects.composition(trace)
    assert effects.cosine(whole.output[first], whole.output[second]) < 0.99
    assert effects.cosine(whole.parts["word"][1], whole.parts["word"][4]) == pytest.approx(1)


def test_nothing_on_is_nothing(trace: Trace) -> None:
    view = effects.composition(trace, on=())
    assert not view.total.any()
    assert np.isfinite(view.output).all()
    with pytest.raises(ValueError, match="'sound'"):
        effects.composition(trace, on=("sound",))


def test_parts_and_sum_share_one_scale(trace: Trace) -> None:
    view = effects.composition(trace)
    scales = {effects.composition_grid(view, name).high for name in (*effects.PARTS, "total")}
    assert len(scales) == 1
    assert effects.composition_grid(view, "output").high not in scales


def test_norms_are_lengths(trace: Trace) -> None:
    view = effects.composition(trace)
    norms = effects.part_norms(view)
    assert norms["word"][2] == pytest.approx(float((view.parts["word"][2] ** 2).sum() ** 0.5))


def test_a_sentence_without_repetition_compares_its_first_words(bert: Bert) -> None:
    assert effects.repeated_tokens(effects.composition(bert.trace("cat saw dog"))) == (1, 2)
    assert effects.repeated_tokens(effects.composition(bert.trace("cat"))) == (1, 1)
    assert effects.repeated_tokens(effects.composition(bert.trace(""))) == (0, 1)


@pytest.mark.parametrize("kind", ["reverse", "shuffle", "swap"])
def test_shuffling_matters_only_with_positions(bert: Bert, trace: Trace, kind: str) -> None:
    test = effects.shuffle_test(bert, trace.encoding, masked=3, kind=kind, seed=2, shift=4)
    assert test.original.tokens[test.original.masked] == "[MASK]"
    assert test.moved.tokens[test.moved.masked] == "[MASK]"
    assert sorted(test.moved.tokens) == sorted(test.original.tokens)
    assert test.moved.tokens != test.original.tokens
    assert test.moved.effect is not None and test.moved_off.effect is not None
    assert test.moved.effect.min() > 0.1
    assert test.moved_off.effect.max() < 1e-5
    # the predictions for the hidden word: the same without positions, not with them
    runs = [test.original, test.moved, test.original_off, test.moved_off]
    first, second, first_off, second_off = [run.predictions for run in runs]
    assert first and second and first_off and second_off
    np.testing.assert_allclose(first_off.values, second_off.values, atol=1e-5)
    assert first_off.labels == second_off.labels
    assert np.abs(first.values - second.values).max() > 1e-3
    # so for the second sentence
    assert test.original.is_next != pytest.approx(test.moved.is_next, abs=1e-4)
    assert test.original_off.is_next == pytest.approx(test.moved_off.is_next, abs=1e-5)
    assert test.highest_probability() == max(
        run.predictions.values.max() for run in (*runs, test.shifted) if run.predictions is not None
    )


def test_shifting_by_nothing_changes_nothing(bert: Bert, trace: Trace) -> None:
    test = effects.shuffle_test(bert, trace.encoding, masked=3, kind="swap", seed=0, shift=0)
    assert test.shifted.effect is not None
    assert test.shifted.effect.max() == 0
    moved = effects.shuffle_test(bert, trace.encoding, masked=3, kind="swap", seed=0, shift=3)
    assert moved.shifted.effect is not None
    assert moved.shifted.effect.min() > 0.01


def test_a_model_without_heads_shows_the_outputs_only(bert: Bert, trace: Trace) -> None:
    bare = Bert("bare", bert.model, bert.tokenizer, missing={"mlm": "no", "nsp": "no"})
    test = effects.shuffle_test(bare, trace.encoding, masked=3, kind="swap", seed=0, shift=1)
    assert test.original.predictions is None
    assert test.original.is_next is None
    assert test.moved.effect is not None
    assert test.highest_probability() == 1.0


def test_only_words_of_the_text_can_be_hidden(bert: Bert, trace: Trace) -> None:
    assert effects.hideable(trace.encoding) == (1, 2, 3, 4, 5, 7, 8, 9)
    with pytest.raises(ValueError, match="token 99 is not one of"):
        effects.shuffle_test(bert, trace.encoding, masked=99, kind="swap", seed=0, shift=0)


def test_heads_by_position(bert: Bert, trace: Trace) -> None:
    off = bert.trace(TEXT_A, TEXT_B, position_ids=[0] * len(trace.tokens))
    view = effects.position_heads(trace, off)
    assert view.probs.shape == view.actual.shape == (4, 11, 11)
    np.testing.assert_array_equal(view.actual, trace.layer(0).attention_probs.numpy())
    overlap = np.minimum(view.probs[2], view.actual[2]).sum(1).mean()
    assert view.heads[2].overlap == pytest.approx(float(overlap), rel=1e-5)
    assert view.shift.values.shape == (3, 4)
    strongest = view.shift.reading.values
    assert view.shift.values[strongest["layer"], strongest["head"]] == view.shift.values.max()
    embeddings = bert.model.bert.embeddings
    rows = embeddings.position_embeddings.weight.detach()[:11]
    before, after = (
        float(x.norm(dim=1).mean()) for x in (rows, embeddings.LayerNorm(rows).detach())
    )
    assert view.lengths == pytest.approx((before, after))
