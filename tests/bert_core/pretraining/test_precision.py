"""bfloat16 is taken where it is faster, and says no to names that do not exist."""

import pytest
import torch

from bert_core.pretraining import precision
from bert_core.pretraining.precision import avoid_cudnn_attention, choose_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({torch.float32: 4.0, torch.bfloat16: 1.0}, torch.bfloat16),
        ({torch.float32: 1.0, torch.bfloat16: 4.0}, torch.float32),
        ({torch.float32: 1.0, torch.bfloat16: 0.9}, torch.float32),  # not worth the rounding
    ],
)
def test_the_faster_format_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    seconds: dict[torch.dtype, float],
    expected: torch.dtype,
) -> None:
    monkeypatch.setattr(precision, "_product_seconds", seconds.__getitem__)
    assert choose_precision("auto", CPU) == expected
    assert choose_precision("float32", CPU) == torch.float32
    assert choose_precision("bfloat16", CPU) == torch.bfloat16


def test_measuring_gives_a_time() -> None:
    assert 0 < precision._product_seconds(torch.float32) < 60


def test_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match=r"auto, float32, bfloat16, got 'half'"):
        choose_precision("half", CPU)


def test_cudnn_attention_is_left_out() -> None:
    before = torch.backends.cuda.cudnn_sdp_enabled()
    try:
        torch.backends.cuda.enable_cudnn_sdp(True)
        avoid_cudnn_attention()
        assert not torch.backends.cuda.cudnn_sdp_enabled()
        assert torch.backends.cuda.mem_efficient_sdp_enabled()
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)
