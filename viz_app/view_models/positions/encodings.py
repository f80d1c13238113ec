"""Position schemes as labelled numbers: tables, what goes wrong, the sinusoid, what was learned."""

from __future__ import annotations

import math
import re

import numpy as np
import torch

from bert_core import positional
from bert_core.components import principal_components
from bert_core.model import BertForPreTraining
from viz_app.number_text import count_text, decimal_text, significant_text, tiny_text
from viz_app.view_models.positions.views import (
    Curve,
    Grid,
    NaiveScheme,
    NumberLines,
    PositionCloud,
    Rotation,
    SentencePair,
    Similarity,
    Swamping,
    Turn,
)
from viz_app.view_models.views import Reading, read_only

# --- the schemes side by side ----------------------------------------------------------------
_WORDS = re.compile(r"[⺀-鿿豈-﫿]|[^\s⺀-鿿豈-﫿]+")
SWAMPED = 10
"""Integers for which the likeness of two words is drawn; by then they are all but one."""
FINE = 4
"""Points per position in a curve, so that the fastest wave looks round."""


def places(scheme: NaiveScheme, length: int) -> Curve:
    """The one number per position that a naive scheme gives."""
    function = {
        "fraction": positional.fraction_positions,
        "integer": positional.integer_positions,
    }[scheme]
    return Curve(np.arange(length), function(length).numpy(), Reading(f"positions.scheme.{scheme}"))


def sinusoid_grid(length: int, d_model: int, base: float) -> Grid:
    """The sinusoidal table [position, dimension], scale -1 to 1."""
    return Grid(
        positional.sinusoidal_positions(length, d_model, base).numpy(),
        "position",
        "dimension",
        Reading("positions.reading.table", {"rows": length, "columns": d_model}),
        low=-1.0,
        high=1.0,
    )


def learned_grid(model: BertForPreTraining, length: int, columns: int) -> Grid:
    """The model's own position table, its first `columns` dimensions."""
    table = positional.learned_positions(model.bert.embeddings.position_embeddings, length)
    kept = min(columns, table.shape[1])
    key = "positions.reading.table_cut" if kept < table.shape[1] else "positions.reading.table"
    return Grid(
        table[:, :kept].numpy(),
        "position",
        "dimension",
        Reading(key, {"rows": length, "columns": kept, "of": table.shape[1]}),
    )


def rope_grid(length: int, d_model: int, base: float) -> Grid:
    """Scores between equal contents under RoPE, 1 at distance 0.

    Every query and key is a vector of equal numbers of length 1, so that only the rotation counts.
    """
    even = d_model - d_model % 2
    ones = torch.full((length, even), 1 / math.sqrt(even))
    return Grid(
        positional.rotary_scores(ones, ones, base).numpy(),
        "query",
        "key",
        Reading("positions.reading.rope", {"size": even}),
        low=-1.0,
        high=1.0,
    )


def alibi_grid(length: int, heads: int, head: int) -> Grid:
    """What ALiBi adds to one head's scores."""
    slope = positional.alibi_slopes(heads)[head].item()
    return Grid(
        positional.alibi_bias(length, slope).numpy(),
        "query",
        "key",
        Reading("positions.reading.alibi", {"slope": significant_text(slope, 4), "head": head}),
    )


# --- two sentences of different length -------------------------------------------------------


def split_words(text: str) -> tuple[str, ...]:
    """Chinese characters one by one, other writing at its spaces; punctuation stays attached."""
    return tuple(_WORDS.findall(text))


def number_lines(pair: SentencePair, scheme: NaiveScheme) -> NumberLines:
    """Where a naive scheme puts the words of both sentences."""
    short, long = (places(scheme, len(words)) for words in (pair.short, pair.long))
    return NumberLines(pair, scheme, short, long)


def compare_lengths(text_a: str, text_b: str) -> SentencePair:
    """Two sentences, the shorter first, with the last pair of neighbours that they share.

    Where they share none, the first two words of each.

    Raises:
        ValueError: one has fewer than two words.
    """
    short, long = sorted((split_words(text_a), split_words(text_b)), key=len)
    if len(short) < 2:
        raise ValueError("each sentence needs at least two words")
    for first in range(len(short) - 2, -1, -1):
        neighbours = short[first : first + 2]
        for other in range(len(long) - 2, -1, -1):
            if long[other : other + 2] == neighbours:
                return SentencePair(short, long, (first, first + 1), (other, other + 1))
    return SentencePair(short, long, (0, 1), (0, 1))


def integer_swamping(
    model: BertForPreTraining, longest: int, first: tuple[str, int], second: tuple[str, int]
) -> Swamping:
    """Length of the added vector (n in every dimension: n·√hidden) against the words' own.

    Args:
        first, second: Two words, each with its token id.
    """
    table = model.bert.embeddings.word_embeddings.weight.detach().float().cpu()
    hidden = table.shape[1]
    place = positional.integer_positions(longest)
    quantiles = torch.quantile(table.norm(dim=1), torch.tensor([0.05, 0.5, 0.95])).tolist()
    one, other = table[first[1]].double(), table[second[1]].double()
    shifted = place.double()[:, None]
    alike = torch.cosine_similarity(one + shifted, other + shifted, dim=1)
    drawn = min(longest, SWAMPED)
    before = torch.cosine_similarity(one, other, dim=0).item()
    norms = place * math.sqrt(hidden)
    return Swamping(
        Curve(place.numpy(), norms.numpy(), Reading("positions.curve.integer_norm")),
        (quantiles[0], quantiles[1], quantiles[2]),
        Curve(
            np.arange(drawn + 1),
            np.concatenate([[before], alike[:drawn].numpy()]),
            Reading("positions.curve.alike"),
        ),
        (first[0], second[0]),
        Reading(
            "positions.reading.swamping",
            {
                "last": longest,
                "norm": decimal_text(norms[-1].item(), 1),
                "word": decimal_text(quantiles[1], 2),
                "times": decimal_text(norms[-1].item() / quantiles[1], 0),
                "first": first[0],
                "second": second[0],
                "before": decimal_text(before, 3),
                "after": decimal_text(alike[0].item(), 3),
            },
        ),
    )


def sinusoid_constancy(short: int, long: int, d_model: int, base: float) -> Reading:
    """The same place has the same code in both sentences, and every step is equally long."""
    first = positional.sinusoidal_positions(short, d_model, base)
    second = positional.sinusoidal_positions(long, d_model, base)
    steps = (second[1:] - second[:-1]).norm(dim=1)
    return Reading(
        "positions.reading.constancy",
        {
            "difference": tiny_text((first - second[:short]).abs().max().item()),
            "low": decimal_text(second.min().item(), 2),
            "high": decimal_text(second.max().item(), 2),
            "step": decimal_text(steps.mean().item(), 4),
            "spread": tiny_text((steps.max() - steps.min()).item()),
        },
    )


# --- the sinusoid up close -------------------------------------------------------------------


def sinusoid_row(position: int, d_model: int, base: float) -> Curve:
    """The code of one position, dimension by dimension."""
    terms = positional.sinusoid_terms(position, d_model, base)
    return Curve(
        np.arange(d_model),
        np.array([term.value for term in terms]),
        Reading("positions.curve.row", {"position": position}),
    )


def dimension_curves(
    length: int, d_model: int, base: float, dimensions: tuple[int, ...]
) -> tuple[Curve, ...]:
    """Chosen columns of the table as curves; every FINE-th point is a position."""
    fine = np.arange((length - 1) * FINE + 1) / FINE
    curves = []
    for dimension in dimensions:
        angle = fine / base ** (2 * (dimension // 2) / d_model)
        curves.append(
            Curve(
                fine,
                np.cos(angle) if dimension % 2 else np.sin(angle),
                Reading(
                    "positions.curve.dimension",
                    {"dimension": dimension, "function": "cos" if dimension % 2 else "sin"},
                ),
            )
        )
    return tuple(curves)


def wavelength_curve(length: int, d_model: int, base: float) -> tuple[Curve, Reading]:
    """Positions per full turn, for each pair, and how many pairs finish a turn in this length."""
    waves = positional.sinusoid_wavelengths(d_model, base)
    turned = int((waves <= length).sum())
    reading = Reading(
        "positions.reading.wavelengths",
        {
            "first": decimal_text(waves[0].item(), 2),
            "last": count_text(waves[-1].item()),
            "pairs": len(waves),
            "turned": turned,
            "length": length,
        },
    )
    return Curve(np.arange(len(waves)), waves.numpy(), Reading("positions.curve.wave")), reading


def rotation(
    position: int, offset: int, pairs: tuple[int, ...], d_model: int, base: float
) -> Rotation:
    """From `position` to `position + offset`, with the turns of some pairs.

    Raises:
        ValueError: no such pair, or no whole pair at all.
    """
    even = d_model - d_model % 2
    for pair in pairs:
        if not 0 <= pair < even // 2:
            raise ValueError(f"pair {pair} is not one of 0 to {even // 2 - 1}")
    # An odd table's exponents also count its last sine: base^(2i/d) = (base^(even/d))^(2i/even)
    matrix = positional.shift_rotation(offset, even, base ** (even / d_model))
    start, end = (
        torch.tensor(
            [term.value for term in positional.sinusoid_terms(place, d_model, base)],
            dtype=torch.float64,
        )
        for place in (position, position + offset)
    )
    tried = max(position + 1, 64)
    every = positional.sinusoidal_positions(tried + offset, d_model, base)[:, :even].double()
    worst = (every[:tried] @ matrix.T - every[offset:]).abs().max().item()

    def turn(pair: int) -> Turn:
        own = slice(2 * pair, 2 * pair + 2)
        return Turn(
            pair,
            offset / base ** (2 * pair / d_model),
            read_only(matrix[own, own].numpy(), np.float64),
            read_only(start[own].numpy(), np.float64),
            read_only(end[own].numpy(), np.float64),
        )

    return Rotation(tuple(map(turn, pairs)), read_only(matrix.numpy()), worst, tried)


def similarity(table: torch.Tensor, *, cosine: bool, position: int | None = None) -> Similarity:
    """Dot products or cosines of the rows of any position table."""
    matrix = positional.position_similarity(table, cosine)
    low, high = (-1.0, 1.0) if cosine else (None, None)
    distance = positional.mean_by_distance(matrix)
    name = "cosine" if cosine else "dot"
    own = None
    if position is not None and position < len(table):
        own = Curve(
            np.arange(len(table)),
            matrix[position].numpy(),
            Reading("positions.curve.from_position", {"position": position}),
        )
    return Similarity(
        Grid(
            matrix.numpy(),
            "position",
            "position",
            Reading(f"positions.reading.{name}"),
            low=low,
            high=high,
        ),
        Curve(np.arange(len(distance)), distance.numpy(), Reading("positions.curve.by_distance")),
        own,
    )


# --- what the model learned ------------------------------------------------------------------


def position_cloud(table: torch.Tensor, components: int) -> PositionCloud:
    """The table's rows along the directions in which they differ most."""
    found = principal_components(table, components)
    return PositionCloud(read_only(found.coordinates.numpy()), tuple(found.share.tolist()))


def norm_curve(table: torch.Tensor, name: str) -> Curve:
    """Length of each position's vector."""
    return Curve(
        np.arange(len(table)), table.norm(dim=1).numpy(), Reading(f"positions.scheme.{name}")
    )
