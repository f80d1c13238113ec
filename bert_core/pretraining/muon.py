"""Muon: momentum whose matrix updates are made orthogonal, for the layers' weight matrices.

Source: Jordan et al. 2024 (Newton-Schulz coefficients); Liu et al. 2025, "Muon is scalable for LLM
training" (weight decay, and the update scale 0.2 · √larger side, so that one learning rate fits
matrices of all shapes). The iteration runs over all matrices of one shape at once, and in bfloat16
only where products are fast in it: `torch.optim.Muon` always does that, at a crawl on many CPUs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


def orthogonalise(matrices: Tensor, precision: torch.dtype = torch.float32) -> Tensor:
    """Bring all singular values of each matrix near 1 (between about 0.7 and 1.2).

    Args:
        matrices: [count rows columns], float32.
        precision: Format of the products.

    Returns:
        The same shape; U Vᵀ of each matrix's singular value decomposition, approximately.
    """
    a, b, c = _COEFFICIENTS
    small, large = sorted(matrices.shape[1:])
    wide = matrices.size(1) == small
    x = matrices if wide else matrices.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    # All steps are polynomials of x·xᵀ: for long matrices it is cheaper to multiply them on the
    # small side, but products of products need float32.
    if large < 2 * small or precision != torch.float32:
        x = x.to(precision)
        for _ in range(_ITERATIONS):
            gram = x @ x.mT
            polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
            x = torch.baddbmm(x, polynomial, x, beta=a)
        x = x.to(matrices.dtype)
    else:
        identity = torch.eye(small, dtype=x.dtype, device=x.device)
        gram = x @ x.mT
        product = step = torch.baddbmm(b * gram, gram, gram, alpha=c) + a * identity
        for _ in range(_ITERATIONS - 1):
            gram = step @ gram @ step
            step = torch.baddbmm(b * gram, gram, gram, alpha=c) + a * identity
            product = step @ product
        x = product @ x
    return x if wide else x.mT


class Muon(Optimizer):
    """Nesterov momentum, orthogonalised; for two-axis parameters only."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.05,
        precision: torch.dtype = torch.float32,
    ) -> None:
        self.precision = precision
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for group in self.param_groups:
            if any(parameter.ndim != 2 for parameter in group["params"]):
                raise ValueError("Muon updates matrices; give other parameters to AdamW.")

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(state["momentum"], group["momentum"])
                by_shape[parameter.shape].append((parameter, ahead))
            for shape, members in by_shape.items():
                updates = orthogonalise(
                    torch.stack([ahead for _, ahead in members]), self.precision
                )
                scale = group["lr"] * 0.2 * max(shape) ** 0.5
                for (parameter, _), update in zip(members, updates, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update, alpha=-scale)


def build_optimizers(
    model: nn.Module,
    matrix_rate: float,
    other_rate: float,
    weight_decay: float,
    precision: torch.dtype = torch.float32,
) -> list[Optimizer]:
    """Muon for the encoder layers' matrices, AdamW for embeddings, heads, biases and LayerNorms.

    Biases and LayerNorm weights do not decay. With `matrix_rate` 0 AdamW takes all parameters.
    `precision` is the format of Muon's products; AdamW works in float32.
    """
    matrices, decayed, free = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            free.append(parameter)
        elif matrix_rate > 0 and ".layer." in name:
            matrices.append(parameter)
        else:
            decayed.append(parameter)
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    adam = AdamW(groups, lr=other_rate, betas=(0.9, 0.98), eps=1e-8)
    if not matrices:
        return [adam]
    return [Muon(matrices, matrix_rate, weight_decay=weight_decay, precision=precision), adam]
