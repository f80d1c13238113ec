"""Three measures of importance, each against its definition."""

import math

import pytest
import torch

from bert_core.studies.importance import (
    attention_from,
    gradient_times_input,
    importance,
    rank_correlation,
)
from tests.viz_app.toy import toy_bert

TEXT, POSITION = "the [MASK] saw a dogs it was tired.", 2


def test_leaving_a_word_out_is_asking_again_with_it_masked() -> None:
    bert = toy_bert()
    trace = bert.trace(TEXT)
    found = importance(bert, trace, POSITION, token_id=6)
    assert [word.text for word in found.words] == "the saw a dogs it was tired .".split()
    own = trace.mlm_logits_at(POSITION).log_softmax(-1)[6].item()
    assert found.log_probability == pytest.approx(own, abs=1e-5)
    for index, word in enumerate(found.words):
        tokens = ["[MASK]" if i in word.positions else t for i, t in enumerate(trace.tokens)]
        text = " ".join(tokens[1:-1]).replace(" ##", "")
        other = bert.trace(text)
        assert other.tokens == tuple(tokens)
        expected = own - other.mlm_logits_at(POSITION).log_softmax(-1)[6].item()
        assert found.left_out[index].item() == pytest.approx(expected, abs=1e-5)


def test_a_word_of_two_pieces_counts_once() -> None:
    bert = toy_bert()
    trace = bert.trace(TEXT)
    found = importance(bert, trace, POSITION, token_id=6)
    [dogs] = [index for index, word in enumerate(found.words) if word.text == "dogs"]
    positions = list(found.words[dogs].positions)
    assert len(positions) == 2
    weights = attention_from(trace, POSITION)
    assert weights.sum().item() == pytest.approx(1.0)
    assert found.attention[dogs].item() == pytest.approx(weights[positions].sum().item())


def test_gradient_times_input_is_the_slope_of_scaling_one_embedding() -> None:
    bert = toy_bert()
    encoding = bert.encode(TEXT)
    found = gradient_times_input(bert.model, encoding, POSITION, token_id=6)
    embeddings = bert.model.bert.embeddings

    def log_probability(scales: torch.Tensor) -> float:
        with torch.no_grad():
            steps = embeddings.steps(
                torch.tensor([encoding.input_ids]), torch.tensor([encoding.token_type_ids])
            )
            rest = steps.embedding_sum - steps.word_embeddings
            hidden = embeddings.LayerNorm(steps.word_embeddings * scales[None, :, None] + rest)
            for layer in bert.model.layers():
                hidden = layer(hidden)
            return bert.model.mlm_logits(hidden[0, POSITION]).log_softmax(-1)[6].item()

    step = 1e-2
    for position in range(len(encoding)):
        up, down = torch.ones(2, len(encoding))
        up[position] += step
        down[position] -= step
        slope = (log_probability(up) - log_probability(down)) / (2 * step)
        assert found[position].item() == pytest.approx(slope, abs=2e-2, rel=2e-2)


def test_the_shared_model_is_left_as_it_was() -> None:
    bert = toy_bert()
    wanted = [parameter.requires_grad for parameter in bert.model.parameters()]
    with torch.no_grad():
        gradient_times_input(bert.model, bert.encode(TEXT), POSITION, token_id=6)
    assert all(parameter.grad is None for parameter in bert.model.parameters())
    assert [parameter.requires_grad for parameter in bert.model.parameters()] == wanted


@pytest.mark.parametrize(
    ("a", "b", "rho"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        # ranks 0 1 2 3 against 1 0 3 2: 1 - 6·4 / (4·15)
        ([1, 2, 3, 4], [2, 1, 4, 3], 0.6),
        # equal values share rank 0.5: covariance 4.5 over √(5 · 4.5)
        ([1, 2, 3, 4], [1, 1, 3, 4], 0.948683),
    ],
)
def test_rank_correlation_by_hand(a: list[int], b: list[int], rho: float) -> None:
    assert rank_correlation([*map(float, a)], [*map(float, b)]) == pytest.approx(rho, abs=1e-6)


def test_rank_correlation_without_meaning() -> None:
    assert math.isnan(rank_correlation([1.0, 2.0], [2.0, 1.0]))
    assert math.isnan(rank_correlation([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]))
    with pytest.raises(ValueError, match="3 values cannot be paired with 2"):
        rank_correlation([1.0, 2.0, 3.0], [1.0, 2.0])


def test_agreement_compares_sizes() -> None:
    bert = toy_bert()
    found = importance(bert, bert.trace(TEXT), POSITION, token_id=6)
    agreement = found.agreement()
    assert set(agreement) == {
        ("left_out", "attention"),
        ("left_out", "gradient"),
        ("attention", "gradient"),
    }
    sizes = found.left_out.abs().tolist(), found.gradient.abs().tolist()
    assert agreement["left_out", "gradient"] == rank_correlation(*sizes)
