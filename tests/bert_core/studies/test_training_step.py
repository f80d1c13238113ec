"""One step of training: against autograd on a copy, and with nothing of the model touched."""

import copy
import math

import pytest
import torch

from bert_core.bert import Bert
from bert_core.studies.training_step import BIAS, training_step
from bert_core.words import with_ids

A, B, RATE = "my dog is playing", "he likes play", 0.02
PLACES = (4, 5)  # play ##ing


def test_the_step_is_that_of_torch_on_a_copy(bert: Bert) -> None:
    encoding = bert.encode(A, B)
    step = training_step(bert, encoding, PLACES, RATE)
    copied = copy.deepcopy(bert.model)
    for parameter in copied.parameters():
        parameter.requires_grad_(True)
    optimizer = torch.optim.SGD(copied.parameters(), lr=RATE)
    hidden = with_ids(encoding, dict.fromkeys(PLACES, bert.tokenizer.mask_id), bert.tokenizer)
    ids, segments = torch.tensor([hidden.input_ids]), torch.tensor([hidden.token_type_ids])
    answers = torch.tensor([encoding.input_ids[place] for place in PLACES])

    def loss() -> torch.Tensor:
        rows = copied(ids, token_type_ids=segments).mlm_logits[0, list(PLACES)]
        return torch.nn.functional.cross_entropy(rows, answers)

    before = loss()
    before.backward()
    gradients = {
        name: one.grad.clone() for name, one in copied.named_parameters() if one.grad is not None
    }
    optimizer.step()
    after = dict(copied.named_parameters())
    assert step.loss_before == pytest.approx(before.item(), abs=1e-6)
    assert step.loss_after == pytest.approx(loss().item(), abs=1e-6)
    assert step.loss_after < step.loss_before
    for mean, shares in (
        (step.loss_before, step.probabilities_before),
        (step.loss_after, step.probabilities_after),
    ):
        assert mean == pytest.approx(-sum(map(math.log, shares)) / 2, abs=1e-5)
    squares = sum(float(one.double().square().sum()) for one in gradients.values())
    assert step.gradient_length == pytest.approx(math.sqrt(squares), rel=1e-6)
    # where the gradient is 0 but for rounding (a key's bias moves no weight), one pass may find 0
    moved = sum(int(one.count_nonzero()) for one in gradients.values())
    assert step.moved == pytest.approx(moved, rel=1e-3) and step.moved < step.total
    assert step.total == sum(one.numel() for one in copied.parameters())
    for weight in step.weights:
        assert weight.gradient == pytest.approx(
            float(gradients[weight.parameter][weight.index]), abs=1e-6
        )
        assert weight.after == pytest.approx(after[weight.parameter][weight.index].item(), abs=1e-6)
        assert weight.after == pytest.approx(weight.before - RATE * weight.gradient, abs=1e-6)
        assert weight.before == bert.model.get_parameter(weight.parameter)[weight.index].item()
    assert len({(weight.parameter, weight.index) for weight in step.weights}) == 6


def test_the_bias_of_the_right_word_has_the_gradient_p_minus_1(bert: Bert) -> None:
    step = training_step(bert, bert.encode(A), [2], RATE)
    right, wrong = step.weights[:2]
    assert (right.parameter, right.index) == (BIAS, (bert.tokenizer.id("dog"),))
    assert right.gradient == pytest.approx(step.probabilities_before[0] - 1, abs=1e-6)
    masked = bert.trace("my [MASK] is playing").mlm_logits_at(2).softmax(-1)
    assert wrong.gradient == pytest.approx(float(masked[wrong.index[0]]), abs=1e-6)


def test_the_model_is_left_as_it_was(bert: Bert) -> None:
    before = {name: one.clone() for name, one in bert.model.state_dict().items()}
    asks = {name: one.requires_grad for name, one in bert.model.named_parameters()}
    told: list[tuple[int, int]] = []
    training_step(bert, bert.encode(A), [2], 1.0, lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    for name, one in bert.model.state_dict().items():
        assert torch.equal(one, before[name]), name
    for name, parameter in bert.model.named_parameters():
        assert parameter.grad is None and parameter.requires_grad == asks[name], name


def test_what_cannot_be_trained_is_told(bert: Bert) -> None:
    with pytest.raises(ValueError, match="at least one"):
        training_step(bert, bert.encode(A), [], RATE)
    bare = Bert(bert.name, bert.model, bert.tokenizer, {"mlm": "no weights"})
    with pytest.raises(ValueError, match="no weights"):
        training_step(bare, bare.encode(A), [2], RATE)
