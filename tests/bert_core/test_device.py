"""Devices are checked before anything is moved; seeds make streams of their own."""

import pytest
import torch

from bert_core.device import choose_device, generator


def without_accelerators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_auto_falls_back_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accelerators(monkeypatch)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")


def test_auto_prefers_cuda_then_mps(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accelerators(monkeypatch)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device() == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device() == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="'cuda:2' is not available here; .* cpu, cuda, mps"):
        choose_device("cuda:2")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "meta", "gpu", "", "cpu:1"])
def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    without_accelerators(monkeypatch)
    with pytest.raises(ValueError, match=f"device '{name}' is not available here; available: cpu$"):
        choose_device(name)


def test_generators_depend_on_their_seed_alone() -> None:
    torch.manual_seed(0)
    first = torch.rand(4, generator=generator(5))
    torch.manual_seed(1)
    torch.rand(3)
    assert torch.equal(torch.rand(4, generator=generator(5)), first)
    assert not torch.equal(torch.rand(4, generator=generator(6)), first)
