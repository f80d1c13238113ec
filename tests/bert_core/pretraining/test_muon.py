"""Muon: orthogonal updates, one hand-worked step, and the same path as torch's own."""

import pytest
import torch

from bert_core.pretraining.muon import Muon, build_optimizers, orthogonalise
from tests.bert_core.pretraining.conftest import tiny_model


@pytest.mark.parametrize(
    ("precision", "skew"), [(torch.float32, 0.02), (torch.bfloat16, 0.1)], ids=["f32", "bf16"]
)
@pytest.mark.parametrize("shape", [(3, 7, 7), (2, 5, 11), (2, 11, 5)])
def test_singular_values_come_near_one_and_directions_stay(
    shape: tuple[int, int, int], precision: torch.dtype, skew: float
) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    found = orthogonalise(matrices, precision)
    assert found.dtype == torch.float32
    inside = u.mT @ found @ v.mT  # diagonal, if the directions stay
    values = inside.diagonal(dim1=1, dim2=2)
    assert values.min() > 0.5 and values.max() < 1.3
    assert (inside - torch.diag_embed(values)).abs().max() < skew


@pytest.mark.parametrize("decades", [0, 3, 8])
def test_long_matrices_take_the_published_path(decades: int) -> None:
    """Five times X -> aX + (bA + cA²)X with A = XXᵀ, also where some directions hardly count."""
    generator = torch.Generator().manual_seed(4)
    u, _ = torch.linalg.qr(torch.randn(16, 16, generator=generator))
    v, _ = torch.linalg.qr(torch.randn(64, 16, generator=generator))
    matrix = (u * 10 ** torch.linspace(0, -decades, 16)) @ v.mT
    x = matrix.double() / matrix.double().norm()
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    found = orthogonalise(matrix[None])[0]
    torch.testing.assert_close(found.double(), x, rtol=0, atol=1e-3)
    torch.testing.assert_close(orthogonalise(matrix.mT[None])[0], found.mT)


def test_stacked_matrices_do_not_mix() -> None:
    matrices = torch.randn(4, 5, 9, generator=torch.Generator().manual_seed(2))
    alone = torch.cat([orthogonalise(matrices[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(orthogonalise(matrices), alone)


def test_one_step_by_hand() -> None:
    # A 1x1 matrix: the update's only singular value is the sign, brought to about 1 by
    # five times x -> 3.4445 x - 4.7750 x^3 + 2.0315 x^5, starting from 1.
    x = 1.0
    for _ in range(5):
        x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
    weight = torch.nn.Parameter(torch.tensor([[2.0]]))
    weight.grad = torch.tensor([[-3.0]])
    Muon([weight], lr=0.1, weight_decay=0.05).step()
    assert weight.item() == pytest.approx(2.0 * (1 - 0.1 * 0.05) + 0.1 * 0.2 * x, rel=1e-5)


def test_same_path_as_torchs_muon_in_bfloat16() -> None:
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(6, 10, generator=generator)
    gradients = torch.randn(4, 6, 10, generator=generator)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimizers = (
        Muon([ours], lr=0.02, momentum=0.95, weight_decay=0.05),
        torch.optim.Muon(
            [theirs], lr=0.02, momentum=0.95, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"
        ),
    )
    for gradient in gradients:
        for parameter, optimizer in zip((ours, theirs), optimizers, strict=True):
            parameter.grad = gradient.clone()
            optimizer.step()
    moved = (ours - start).norm()
    # torch iterates in bfloat16, whose steps are 0.4 %
    assert (ours - theirs).norm() / moved < 0.02


def test_only_layer_matrices_go_to_muon_and_biases_do_not_decay() -> None:
    model = tiny_model(61)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    muon, adam = build_optimizers(model, 4e-3, 2e-3, weight_decay=0.05)
    matrices = {names[id(p)] for group in muon.param_groups for p in group["params"]}
    assert len(matrices) == 6 * model.config.num_hidden_layers
    assert all(".layer." in name and name.endswith("weight") for name in matrices)
    decay = {
        names[id(p)]: group["weight_decay"] for group in adam.param_groups for p in group["params"]
    }
    assert matrices.isdisjoint(decay) and matrices | set(decay) == set(names.values())
    for name, value in decay.items():
        assert value == (0.0 if name.endswith("bias") or "LayerNorm" in name else 0.05), name
    assert len(build_optimizers(model, 0.0, 2e-3, weight_decay=0.05)) == 1


def test_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="matrices"):
        Muon([torch.nn.Parameter(torch.zeros(3))], lr=0.1)
