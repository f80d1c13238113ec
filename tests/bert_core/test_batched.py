"""Many inputs in padded passes give what each gives alone."""

import pytest
import torch

from bert_core.batched import (
    TOKENS_PER_PASS,
    attention_probs_of,
    hidden_states_of,
    mlm_log_probabilities_at,
    mlm_log_probabilities_of,
    nsp_logits_of,
)
from tests.viz_app.toy import toy_bert

PAIRS = [
    ("the cat saw a dog.", "it was tired."),
    ("a dog.", "the street was wide wide wide."),
    ("我 喜 欢", "the cats."),
    ("it", "a cat saw the dog the dog the dog the dog."),
]


def test_padding_changes_nothing() -> None:
    """Up to rounding: sums of another width are added up in another order."""
    bert = toy_bert()
    encodings = [bert.encode(*pair) for pair in PAIRS]
    assert len({len(encoding) for encoding in encodings}) > 2
    logits = nsp_logits_of(bert, encodings)
    hidden = hidden_states_of(bert, encodings)
    positions = [1 + index for index in range(len(encodings))]
    log_probabilities = mlm_log_probabilities_of(bert, encodings, positions)
    tokens = [5, 19, 0, 7]
    at = mlm_log_probabilities_at(bert, encodings, positions, tokens)
    assert torch.equal(at, log_probabilities[range(len(tokens)), tokens])
    weights = dict(attention_probs_of(bert, encodings))
    for index, pair in enumerate(PAIRS):
        trace = bert.trace(*pair)
        torch.testing.assert_close(logits[index], trace.nsp_logits, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(
            hidden[index], torch.stack(trace.hidden_states), rtol=1e-5, atol=1e-4
        )
        layers = [trace.layer(layer).attention_probs for layer in range(trace.num_layers)]
        torch.testing.assert_close(weights[index], torch.stack(layers), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(
            log_probabilities[index],
            trace.mlm_logits_at(positions[index]).log_softmax(-1),
            rtol=1e-5,
            atol=1e-4,
        )


def test_progress_grows_to_the_end_and_may_stop_the_work() -> None:
    bert = toy_bert()
    encodings = [bert.encode("the cat saw a dog " * 7)] * 150
    assert sum(map(len, encodings)) > 2 * TOKENS_PER_PASS
    seen: list[tuple[int, int]] = []
    nsp_logits_of(bert, encodings, lambda done, total: seen.append((done, total)))
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == (150, 150)

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        nsp_logits_of(bert, encodings, stop)


def test_a_position_for_every_input() -> None:
    bert = toy_bert()
    with pytest.raises(ValueError, match="2 inputs need as many positions, not 1"):
        mlm_log_probabilities_of(bert, [bert.encode("a"), bert.encode("it")], [1])
    with pytest.raises(ValueError, match="1 inputs need as many tokens, not 2"):
        mlm_log_probabilities_at(bert, [bert.encode("a")], [1], [5, 6])
