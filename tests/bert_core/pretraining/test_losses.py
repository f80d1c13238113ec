"""The loss that walks through the logits once: the same value and gradient as torch's own."""

import pytest
import torch
from torch.nn import functional

from bert_core.pretraining import losses
from bert_core.pretraining.losses import summed_cross_entropy


@pytest.mark.parametrize("entries_at_once", [1, 300 * 7, 1 << 20])
def test_value_and_gradient_are_those_of_cross_entropy(
    monkeypatch: pytest.MonkeyPatch, entries_at_once: int
) -> None:
    monkeypatch.setattr(losses, "_ENTRIES_AT_ONCE", entries_at_once)
    generator = torch.Generator().manual_seed(1)
    logits = 10 * torch.randn(37, 300, generator=generator)
    labels = torch.randint(300, (37,), generator=generator)
    found, expected = (logits.clone().requires_grad_() for _ in range(2))
    ours = 3.0 * summed_cross_entropy(found, labels)
    theirs = 3.0 * functional.cross_entropy(expected, labels, reduction="sum")
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*torch.autograd.grad(ours + theirs, [found, expected]))
    assert torch.equal(found.detach(), logits), "the logits themselves stay"


def test_two_classes_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [1.0, 0.0]]).log1p().requires_grad_()  # 1:1 and 2:1
    loss = summed_cross_entropy(logits, torch.tensor([0, 1]))
    assert loss.item() == pytest.approx(0.6931472 + 1.0986123)  # ln 2 + ln 3
    loss.backward()
    expected = torch.tensor([[-1 / 2, 1 / 2], [2 / 3, -2 / 3]])
    torch.testing.assert_close(logits.grad, expected)


def test_bfloat16_logits_are_summed_in_float32() -> None:
    logits = torch.randn(9, 5000, generator=torch.Generator().manual_seed(2)).bfloat16()
    labels = torch.arange(9)
    exact = functional.cross_entropy(logits.double(), labels, reduction="sum")
    found = logits.requires_grad_()
    loss = summed_cross_entropy(found, labels)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(exact.item(), rel=1e-5)
    loss.backward()
    assert found.grad is not None and found.grad.dtype == torch.bfloat16


def test_no_rows_cost_nothing() -> None:
    logits = torch.zeros(0, 8, requires_grad=True)
    loss = summed_cross_entropy(logits, torch.zeros(0, dtype=torch.int64))
    loss.backward()
    assert loss.item() == 0
