"""Ways to tell a model where a token stands."""

import torch
from jaxtyping import Float
from torch import Tensor


def sinusoidal_positions(
    length: int, d_model: int, base: float = 10000.0
) -> Float[Tensor, "position dimension"]:
    """The fixed table of the Transformer, float32, values in -1..1.

    Even dimension 2i holds sin(position / base^(2i/d_model)), odd dimension 2i+1 the cosine of the
    same angle (radians). With an odd `d_model` the last dimension is a sine without its cosine.

    Raises:
        ValueError: a size below 1 or a base not above 0.

    Source: Vaswani et al. 2017, section 3.5.
    """
    if length < 1 or d_model < 1:
        raise ValueError(f"length {length} and d_model {d_model} must both be at least 1")
    if base <= 0:
        raise ValueError(f"base must be above 0, not {base}")
    # float64 up to the last step: at position 500 float32 angles would already be off by 3e-5
    position = torch.arange(length, dtype=torch.float64)[:, None]
    even = torch.arange(0, d_model, 2, dtype=torch.float64)
    angle = position / base ** (even / d_model)  # [position, pair]
    table = torch.empty(length, d_model, dtype=torch.float64)
    table[:, 0::2] = torch.sin(angle)
    table[:, 1::2] = torch.cos(angle[:, : d_model // 2])
    return table.float()
