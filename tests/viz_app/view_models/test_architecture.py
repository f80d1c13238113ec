from dataclasses import replace

import numpy as np
import pytest

from bert_core.bert import Bert
from bert_core.predict import next_sentence_probabilities, top_tokens
from bert_core.trace import Trace
from tests.viz_app.pixels import approximate_probability
from tests.viz_app.toy import toy_bert
from viz_app.view_models.architecture import GUESSES, architecture
from viz_app.view_models.architecture_view import PARTS, SHOWN


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


@pytest.fixture(scope="module")
def trace(bert: Bert) -> Trace:
    return bert.trace("the cat saw [MASK] dog", "it was [MASK]")


def test_vectors_are_the_traces_own(bert: Bert, trace: Trace) -> None:
    view = architecture(trace, bert)
    # the toy's 20 dimensions are fewer than a strip shows, so all are there
    assert view.vectors.shape == (len(PARTS) + 4, len(trace.tokens), 20)
    word, position, segment, total = view.vectors[: len(PARTS)]
    np.testing.assert_array_equal(word, trace.embeddings.word_embeddings.numpy())
    np.testing.assert_allclose(word + position + segment, total, atol=1e-6)
    for layer, hidden in enumerate(trace.hidden_states):
        np.testing.assert_array_equal(view.vectors[len(PARTS) + layer], hidden.numpy())
    np.testing.assert_allclose(view.lengths, (view.vectors**2).sum(-1) ** 0.5, rtol=1e-6)


def test_long_vectors_keep_their_first_numbers_and_their_whole_length() -> None:
    from bert_core import load

    bert = load("mini-en", device="cpu")
    trace = bert.trace("A short sentence.")
    view = architecture(trace, bert)
    last = trace.hidden_states[-1].numpy()
    np.testing.assert_array_equal(view.vectors[-1], last[:, :SHOWN])
    np.testing.assert_allclose(view.lengths[-1], np.linalg.norm(last, axis=-1), rtol=1e-6)


def test_strips_that_are_compared_share_a_scale(bert: Bert, trace: Trace) -> None:
    view = architecture(trace, bert)
    parts, hidden = set(view.limits[: len(PARTS)]), set(view.limits[len(PARTS) :])
    assert len(parts) == len(hidden) == 1
    for end, values in zip((*parts, *hidden), np.split(view.vectors, [len(PARTS)]), strict=True):
        assert 0.98 <= (np.abs(values) <= end).mean() <= 1


def test_tiles_are_the_attention(bert: Bert, trace: Trace) -> None:
    view = architecture(trace, bert)
    assert (view.layers, view.heads) == (3, 4)
    exact = trace.layer(2).attention_probs[1].numpy()
    assert np.abs(approximate_probability(view.attention[2, 1]) - exact).max() < 0.004
    np.testing.assert_array_equal(view.best_keys[2, 1], exact.argmax(-1))
    np.testing.assert_array_equal(view.best_weights[2, 1], exact.max(-1))


def test_guesses_and_the_pair_are_the_models(bert: Bert, trace: Trace) -> None:
    view = architecture(trace, bert)
    at = trace.tokens.index("[MASK]")
    assert [i for i, masked in enumerate(view.masked) if masked] == [4, 9]
    best = top_tokens(trace.mlm_logits_at(at), bert.tokenizer, GUESSES)
    assert [guess.text for guess in view.guesses[at]] == [guess.token for guess in best]
    assert view.guesses[at][0].probability == pytest.approx(best[0].probability, abs=1e-6)
    special = [i for i, added in enumerate(trace.encoding.special_tokens_mask) if added]
    assert [i for i, guesses in enumerate(view.guesses) if not guesses] == special
    assert view.is_next == next_sentence_probabilities(trace.nsp_logits).is_next


def test_more_tokens_than_one_block_of_scores() -> None:
    from bert_core import load

    bert = load("mini-en", device="cpu")
    trace = bert.trace("word " * 90)
    view = architecture(trace, bert)
    assert len(view.guesses) == len(trace.tokens) > 64
    best = top_tokens(trace.mlm_logits_at(70), bert.tokenizer, 1)[0]
    assert view.guesses[70][0].text == best.token
    assert view.guesses[70][0].probability == pytest.approx(best.probability, abs=1e-5)


def test_what_the_checkpoint_lacks_is_left_out(bert: Bert) -> None:
    lacking = Bert("toy", bert.model, bert.tokenizer, {"mlm": "no head", "nsp": "no head"})
    view = architecture(lacking.trace("the cat", "it was"), lacking)
    assert view.is_next is None
    assert not any(view.guesses)
    assert view.missing == ("mlm", "nsp")


def test_one_sentence_has_no_next(bert: Bert) -> None:
    assert architecture(bert.trace("the cat"), bert).is_next is None


def test_a_view_whose_parts_do_not_fit_is_refused(bert: Bert, trace: Trace) -> None:
    view = architecture(trace, bert)
    for changes in (
        {"vectors": view.vectors[1:]},
        {"lengths": view.lengths[:, 1:]},
        {"attention": view.attention[..., 1:]},
        {"best_keys": view.best_keys[..., 1:]},
        {"masked": view.masked[1:]},
        {"guesses": view.guesses[1:]},
    ):
        with pytest.raises(ValueError, match="must have"):
            replace(view, **changes)
