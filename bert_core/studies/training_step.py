"""One step of training on one hidden word: the loss, its gradient, and the loss after the step.

The model itself stays as it is: the step is taken on a copy that is thrown away.
"""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.model import OUTPUT_MATRIX, BertForPreTraining
from bert_core.words import with_ids

BIAS = "cls.predictions.bias"
MATRICES = ("attention.self.query", "attention.self.value", "intermediate.dense")
"""Of the last layer: one weight of each is shown, that with the largest gradient."""


@dataclass(frozen=True)
class SteppedWeight:
    """One number of the model, and what a step does to it."""

    parameter: str
    """Name in the checkpoint."""
    index: tuple[int, ...]
    before: float
    gradient: float
    """How the loss changes with it: dL/dw."""
    after: float
    """before - learning rate · gradient, in float32 as the model computes."""


@dataclass(frozen=True)
class TrainingStep:
    """A hidden word before and after one step of plain gradient descent."""

    learning_rate: float
    loss_before: float
    """Mean of -ln p over the word's pieces, in nats."""
    loss_after: float
    probabilities_before: tuple[float, ...]
    """Of each piece, 0..1."""
    probabilities_after: tuple[float, ...]
    gradient_length: float
    """√ of the sum of all squared gradients."""
    moved: int
    """Numbers that the step changes: those whose gradient is not 0."""
    total: int
    weights: tuple[SteppedWeight, ...]
    """The bias of the right word (its first piece) and of the best wrong one, then numbers with a
    large gradient: of the row that scores the right word, and of the last layer's matrices."""


def training_step(
    bert: Bert,
    encoding: Encoding,
    places: Sequence[int],
    learning_rate: float,
    report: Report | None = None,
) -> TrainingStep:
    """Hide the tokens at `places`, ask for them, and take one step against the gradient.

    Without dropout, so that the digits can be worked out again.

    Raises:
        ValueError: the checkpoint has no MLM head, or no place is named.

    Source: Devlin et al. 2018, section 3.1 (the loss) and A.2; they use Adam, this is plain SGD.
    """
    bert.require("mlm", "be trained on masked words")
    if not places:
        raise ValueError("name at least one token to hide")
    tell = report or (lambda done, total: None)
    masks = dict.fromkeys(places, bert.tokenizer.mask_id)
    hidden = with_ids(encoding, masks, bert.tokenizer)
    # a copy of its own: sessions share the model, which nobody else may see half a step further
    copied = deepcopy(bert.model).requires_grad_(True)
    asked = [encoding.input_ids[place] for place in places]
    with torch.enable_grad():
        logits = _logits(copied, hidden, places)
        answers = torch.tensor(asked, device=logits.device)
        loss = cross_entropy(logits, answers)
    tell(1, 3)
    loss.backward()
    tell(2, 3)
    weights = dict(copied.named_parameters())
    # the next-sentence head has no part in this loss
    gradients = {name: one.grad for name, one in weights.items() if one.grad is not None}
    shown = _shown(bert, logits[0].detach(), asked[0], gradients)
    before = [weights[name][index].item() for name, index in shown]
    with torch.no_grad():
        for name, gradient in gradients.items():
            weights[name].sub_(gradient, alpha=learning_rate)
        after = _logits(copied, hidden, places)
    tell(3, 3)
    return TrainingStep(
        learning_rate=learning_rate,
        loss_before=loss.item(),
        loss_after=cross_entropy(after, answers).item(),
        probabilities_before=_probabilities(logits.detach(), asked),
        probabilities_after=_probabilities(after, asked),
        gradient_length=math.sqrt(
            sum(one.double().square().sum().item() for one in gradients.values())
        ),
        moved=sum(int(one.count_nonzero()) for one in gradients.values()),
        total=sum(one.numel() for one in weights.values()),
        weights=tuple(
            SteppedWeight(
                name, index, was, gradients[name][index].item(), weights[name][index].item()
            )
            for (name, index), was in zip(shown, before, strict=True)
        ),
    )


def _shown(
    bert: Bert, scores: Tensor, right: int, gradients: Mapping[str, Tensor]
) -> list[tuple[str, tuple[int, ...]]]:
    """The numbers that are written out; see `TrainingStep.weights`."""
    wrong = scores.index_fill(0, torch.tensor([right], device=scores.device), -math.inf)
    best = int(wrong[: bert.tokenizer.vocab_size].argmax())
    table = bert.model.path(OUTPUT_MATRIX)
    shown: list[tuple[str, tuple[int, ...]]] = [
        (BIAS, (right,)),
        (BIAS, (best,)),
        (table, (right, int(gradients[table][right].abs().argmax()))),
    ]
    last = f"bert.encoder.layer.{bert.config.num_hidden_layers - 1}"
    for matrix in MATRICES:
        gradient = gradients[f"{last}.{matrix}.weight"]
        row, column = divmod(int(gradient.abs().argmax()), gradient.shape[1])
        shown.append((f"{last}.{matrix}.weight", (row, column)))
    return shown


def _logits(model: BertForPreTraining, hidden: Encoding, places: Sequence[int]) -> Tensor:
    """Scores over the vocabulary at each place, [place, vocab]."""
    device = next(model.parameters()).device
    output = model(
        torch.tensor([hidden.input_ids], device=device),
        token_type_ids=torch.tensor([hidden.token_type_ids], device=device),
        mlm_positions=torch.tensor(list(places), device=device),
    )
    return output.mlm_logits


def _probabilities(logits: Tensor, asked: Sequence[int]) -> tuple[float, ...]:
    shares = logits.float().softmax(-1)
    return tuple(shares[row, token_id].item() for row, token_id in enumerate(asked))
