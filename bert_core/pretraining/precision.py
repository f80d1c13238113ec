"""In which number format the matrix products of a training step are worked out.

Weights, optimizer states, residual sums and losses stay float32 in either case; what stands between
two products without an addition (activations, the softmax of the attention) keeps their format.
"""

import time

import torch

PRECISIONS = ("auto", "float32", "bfloat16")

_WORTH_IT = 1.5
"""How much faster bfloat16 products must be before the format is worth its rounding."""


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The format by name; "auto" takes bfloat16 where the device computes it faster.

    A processor without bfloat16 instructions needs several times as long for it as for float32,
    one that has them a quarter; no library call tells reliably which it is, so it is measured.

    Raises:
        ValueError: no such name.
    """
    if name not in PRECISIONS:
        raise ValueError(f"Expected one of {', '.join(PRECISIONS)}, got {name!r}.")
    if name != "auto":
        return torch.float32 if name == "float32" else torch.bfloat16
    if device.type == "cuda":
        real = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if real else torch.float32
    if device.type != "cpu":
        return torch.float32
    speed_up = _product_seconds(torch.float32) / _product_seconds(torch.bfloat16)
    return torch.bfloat16 if speed_up >= _WORTH_IT else torch.float32


def avoid_cudnn_attention() -> None:
    """Leave cuDNN's attention out of torch's choice, for the whole process.

    With a mask, and 64 tokens among other lengths, its gradients may be no numbers (pytorch issue
    196678, Hopper GPUs).
    """
    torch.backends.cuda.enable_cudnn_sdp(False)


def _product_seconds(dtype: torch.dtype) -> float:
    """Shortest of a few tries of a product of the size that training meets."""
    left, right = torch.ones(1024, 256, dtype=dtype), torch.ones(256, 1024, dtype=dtype)
    tries: list[float] = []
    for _ in range(8):
        began = time.perf_counter()
        left @ right
        tries.append(time.perf_counter() - began)
    return min(tries)
