"""Points of many dimensions seen along the few in which they differ most."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_ROUNDING = 1e-10
"""Variance below this share of the points' mean square is what float32 leaves of equal points."""


@dataclass(frozen=True)
class Projection:
    """Points along a few directions."""

    coordinates: Float[Tensor, "point component"]
    share: Float[Tensor, " component"]
    """Part of the variance that lies along each direction, 0..1, largest first."""


def principal_components(points: Float[Tensor, "point dimension"], count: int) -> Projection:
    """Principal component analysis, by singular values of the centred points.

    Each direction's sign is free; it is chosen so that the largest coordinate is positive, which
    keeps a picture from flipping when the points change a little. Directions beyond those that the
    points span have coordinates and share 0; so have all of equal points.

    Raises:
        ValueError: `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    exact = points.double()
    left, singular, _ = torch.linalg.svd(exact - exact.mean(dim=0), full_matrices=False)
    coordinates, share = exact.new_zeros(len(points), count), exact.new_zeros(count)
    variance = singular.square()
    if variance.sum() > _ROUNDING * exact.square().sum():
        kept = min(count, len(singular))
        coordinates[:, :kept] = (left * singular)[:, :kept]
        share[:kept] = variance[:kept] / variance.sum()
        largest = torch.gather(coordinates, 0, coordinates.abs().argmax(dim=0, keepdim=True))
        coordinates = torch.where(largest < 0, -coordinates, coordinates)
    return Projection(coordinates.float(), share.float())
