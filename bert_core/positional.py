"""Ways to tell a model where a token stands.

Two first ideas (fractions, integers), the Transformer's sinusoids, BERT's learned table, and two
relative schemes that act on attention scores instead (RoPE, ALiBi). BERT itself uses the learned
table; the others are here to be compared with it.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn


def fraction_positions(length: int) -> Float[Tensor, " position"]:
    """Places as shares of the sentence: the first token 0, the last 1, evenly spaced.

    A sentence of one token has the position 0. The step between neighbours is 1/(length - 1), so
    it differs from sentence to sentence.

    Raises:
        ValueError: `length` is below 1.

    Source: the first of two naive ideas in Kazemnejad 2019, "Transformer Architecture: The
        Positional Encoding".
    """
    _check_length(length)
    return (torch.arange(length, dtype=torch.float64) / max(length - 1, 1)).float()


def integer_positions(length: int) -> Float[Tensor, " position"]:
    """Places counted 1, 2, …, length.

    Raises:
        ValueError: `length` is below 1.

    Source: the second of two naive ideas in Kazemnejad 2019.
    """
    _check_length(length)
    return torch.arange(1, length + 1, dtype=torch.float32)


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


@dataclass(frozen=True)
class SinusoidTerm:
    """One value of a sinusoidal code with its arithmetic: function(position / divisor)."""

    dimension: int
    pair: int
    """i in the formula: dimensions 2i and 2i + 1 form pair i."""
    function: Literal["sin", "cos"]
    exponent: float
    """2i / d_model."""
    divisor: float
    """base ** exponent."""
    angle: float
    """position / divisor, in radians."""
    value: float


def sinusoid_terms(position: int, d_model: int, base: float = 10000.0) -> tuple[SinusoidTerm, ...]:
    """The code of one position, one term per dimension, each step in float64.

    Raises:
        ValueError: a negative position, a size below 1 or a base not above 0.
    """
    if position < 0 or d_model < 1 or base <= 0:
        raise ValueError(
            f"position {position} must be at least 0, d_model {d_model} at least 1, "
            f"base {base} above 0"
        )
    terms = []
    for dimension in range(d_model):
        pair, odd = divmod(dimension, 2)
        exponent = 2 * pair / d_model
        divisor = base**exponent
        angle = position / divisor
        value = math.cos(angle) if odd else math.sin(angle)
        terms.append(
            SinusoidTerm(dimension, pair, "cos" if odd else "sin", exponent, divisor, angle, value)
        )
    return tuple(terms)


def sinusoid_wavelengths(d_model: int, base: float = 10000.0) -> Float[Tensor, " pair"]:
    """How many positions each pair of dimensions takes for one full turn: 2π·base^(2i/d_model).

    From 2π for the first pair up to just below base·2π, in float64.

    Raises:
        ValueError: `d_model` below 1 or a base not above 0.

    Source: Vaswani et al. 2017, section 3.5.
    """
    if d_model < 1 or base <= 0:
        raise ValueError(f"d_model {d_model} must be at least 1 and base {base} above 0")
    even = torch.arange(0, d_model, 2, dtype=torch.float64)
    return 2 * math.pi * base ** (even / d_model)


def shift_rotation(
    offset: int, d_model: int, base: float = 10000.0
) -> Float[Tensor, "dimension dimension"]:
    """The matrix M with M · code(position) = code(position + offset), whatever the position.

    One 2×2 block [[cos a, sin a], [-sin a, cos a]] per pair, a = offset / base^(2i/d_model), and
    zeros elsewhere; float64.

    Raises:
        ValueError: `d_model` is odd, so that the last sine has no cosine to turn with; or below 2.

    Source: the claim in Vaswani et al. 2017, section 3.5, that the code of pos + k is a linear
        function of the code of pos; the blocks are the angle addition formulas.
    """
    if d_model < 2 or d_model % 2:
        raise ValueError(
            f"d_model {d_model} is not an even number of at least 2; a rotation needs whole pairs"
        )
    if base <= 0:
        raise ValueError(f"base must be above 0, not {base}")
    even = torch.arange(0, d_model, 2, dtype=torch.float64)
    angle = offset / base ** (even / d_model)
    sin, cos = torch.sin(angle), torch.cos(angle)
    first, second = torch.arange(0, d_model, 2), torch.arange(1, d_model, 2)
    matrix = torch.zeros(d_model, d_model, dtype=torch.float64)
    matrix[first, first] = cos
    matrix[first, second] = sin
    matrix[second, first] = -sin
    matrix[second, second] = cos
    return matrix


def learned_positions(embedding: nn.Embedding, length: int) -> Float[Tensor, "position dimension"]:
    """The first rows of a trained position table, as they are in the checkpoint; a copy on the CPU.

    Raises:
        ValueError: more positions than the table has rows. Unlike a formula, a table ends.

    Source: Devlin et al. 2018, appendix A.2; also tried in Vaswani et al. 2017, table 3 row E.
    """
    _check_length(length)
    if length > embedding.num_embeddings:
        raise ValueError(
            f"the table has {embedding.num_embeddings} rows; there is none for "
            f"{length} positions, since only these were trained"
        )
    return embedding.weight.detach()[:length].float().cpu().clone()


def rotate_pairs(
    vectors: Float[Tensor, "position dimension"], base: float = 10000.0
) -> Float[Tensor, "position dimension"]:
    """RoPE: row m with every pair (2i, 2i+1) turned by the angle m / base^(2i/d), in radians.

    Lengths do not change, and the dot product of a turned query and a turned key depends on their
    contents and on their distance only.

    Raises:
        ValueError: an odd number of dimensions, or a base not above 0.

    Source: Su et al. 2021 (RoFormer), equation 34.
    """
    length, size = vectors.shape
    if size % 2:
        raise ValueError(f"RoPE turns pairs, so {size} dimensions must be an even number")
    if base <= 0:
        raise ValueError(f"base must be above 0, not {base}")
    even = torch.arange(0, size, 2, dtype=torch.float64)
    angle = torch.arange(length, dtype=torch.float64)[:, None] / base ** (even / size)
    sin, cos = torch.sin(angle).to(vectors.dtype), torch.cos(angle).to(vectors.dtype)
    first, second = vectors[:, 0::2], vectors[:, 1::2]
    turned = torch.empty_like(vectors)
    turned[:, 0::2] = first * cos - second * sin
    turned[:, 1::2] = first * sin + second * cos
    return turned


def rotary_scores(
    query: Float[Tensor, "query dimension"],
    key: Float[Tensor, "key dimension"],
    base: float = 10000.0,
) -> Float[Tensor, "query key"]:
    """Dot products of queries and keys after RoPE has turned both by their own positions.

    Raises:
        ValueError: as `rotate_pairs`.

    Source: Su et al. 2021, equation 16.
    """
    return rotate_pairs(query, base) @ rotate_pairs(key, base).T


def alibi_slopes(num_heads: int) -> Float[Tensor, " head"]:
    """How steeply each head is held back by distance, steepest first.

    For a power of two: 2^(-8/n), 2^(-16/n), …, 2^-8. For other numbers, the slopes of the next
    lower power of two, then every second one of twice that power, as in the authors' code.

    Raises:
        ValueError: `num_heads` is below 1.

    Source: Press et al. 2022 (ALiBi), section 3.
    """
    if num_heads < 1:
        raise ValueError(f"num_heads must be at least 1, not {num_heads}")
    power = 2 ** int(math.log2(num_heads))
    slopes = [2.0 ** (-8 * (head + 1) / power) for head in range(power)]
    between = [2.0 ** (-4 * (2 * extra + 1) / power) for extra in range(num_heads - power)]
    return torch.tensor(slopes + between)


def alibi_bias(length: int, slope: float) -> Float[Tensor, "query key"]:
    """What ALiBi adds to the scores of one head: -slope · |query - key|.

    The paper's model looks back only; for an encoder, which looks both ways, the distance is taken
    without its sign.

    Raises:
        ValueError: `length` is below 1.

    Source: Press et al. 2022, section 3.
    """
    _check_length(length)
    place = torch.arange(length, dtype=torch.float32)
    return -slope * (place[:, None] - place[None, :]).abs()


def position_similarity(
    table: Float[Tensor, "position dimension"], cosine: bool = False
) -> Float[Tensor, "position position"]:
    """How alike the codes of all pairs of positions are: their dot products.

    Args:
        cosine: Scale every code to length 1 first (0 where a code is all zeros).
    """
    rows = table.double()
    if cosine:
        rows = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return (rows @ rows.T).float()


def mean_by_distance(matrix: Float[Tensor, "row column"]) -> Float[Tensor, " distance"]:
    """Entry k is the mean of all cells whose row and column are k apart, to either side.

    Raises:
        ValueError: the matrix is not square.
    """
    rows, columns = matrix.shape
    if rows != columns:
        raise ValueError(f"expected a square matrix, not {rows} × {columns}")
    means = [
        torch.cat([matrix.diagonal(distance), matrix.diagonal(-distance)]).double().mean()
        for distance in range(rows)
    ]
    return torch.stack(means).float()


def _check_length(length: int) -> None:
    if length < 1:
        raise ValueError(f"length must be at least 1, not {length}")
