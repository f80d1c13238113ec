"""Cross-entropy over a large vocabulary without a second table of its size."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

_ENTRIES_AT_ONCE = 1 << 20
"""Logits worked on at a time, about what a processor's cache holds."""


def summed_cross_entropy(
    logits: Float[Tensor, "rows classes"], labels: Int[Tensor, " rows"]
) -> Float[Tensor, ""]:
    """Sum over the rows of -log softmax(logits)[label], in nats, float32.

    On a CPU the table is walked through once, a cacheful of rows at a time: with 12 k pieces a
    third of the time of `cross_entropy`, which writes and reads three tables of that size.
    """
    if logits.device.type == "cpu":
        loss: Tensor = _SummedCrossEntropy.apply(logits, labels)
        return loss
    return functional.cross_entropy(logits.float(), labels, reduction="sum")


class _SummedCrossEntropy(torch.autograd.Function):
    """The gradient, softmax(logits) - onehot(label), is made beside the loss."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        gradient = torch.empty_like(logits)
        loss = torch.zeros((), dtype=torch.float32)
        at_once = max(1, _ENTRIES_AT_ONCE // logits.shape[1])
        for start in range(0, len(labels), at_once):
            rows = slice(start, start + at_once)
            label = labels[rows, None]
            part = logits[rows].float()
            part = part - part.amax(-1, keepdim=True)
            of_label = part.gather(1, label)
            normaliser = part.exp_().sum(-1, keepdim=True)
            loss += (normaliser.log() - of_label).sum()
            part.div_(normaliser)
            part.scatter_add_(1, label, torch.full_like(label, -1, dtype=part.dtype))
            gradient[rows] = part
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[0], None
