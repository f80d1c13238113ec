"""Where a number comes from, cut to what fits on screen: the largest terms, and the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.provenance import AXES, Cell, Operands, Provenance, explain
from bert_core.trace import Trace
from viz_app.view_models.tokens import token_labels

SHOWN = 24
"""Terms of a long sum that are written out."""
LIGHTED = 4096
"""Operands that can light up in the table; the vocabulary is longer and never all in sight."""


@dataclass(frozen=True)
class OperandsView:
    """The operands of one role: those written out, and all that light up in the table."""

    role: str
    stage: str
    layer: int | None
    indices: tuple[tuple[int, ...], ...]
    values: tuple[float, ...]
    headings: tuple[str, ...]
    lit: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class OriginView:
    """One number and what it was worked out from.

    Of `total` terms `shown` are written out, the largest first where not all are; `rest` is what
    the others add up to, None where nothing is left out or they are not simply added. `place` names
    the cell's layer, head, tokens and dimension as (axis, text).
    """

    provenance: Provenance
    operands: tuple[OperandsView, ...]
    shown: int
    total: int
    rest: float | None
    place: tuple[tuple[str, str], ...]


def origin_view(trace: Trace, cell: Cell) -> OriginView:
    """One step back from a number, ready for the page.

    Raises:
        ValueError: there is no such stage, layer or index.
    """
    found = explain(trace, cell)
    total = max((len(group.values) for group in found.operands), default=0)
    terms = _terms(found, total)
    order = np.arange(total)
    if total > SHOWN:
        order = np.argsort(-np.abs(terms), kind="stable")[:SHOWN]
    rest = None
    if total > SHOWN and found.operation in ("linear", "dot", "weighted_sum", "sum"):
        rest = float(terms.sum() - terms[order].sum())
    operands = tuple(
        _operands(trace, group, order if len(group.values) == total else np.arange(1))
        for group in found.operands
    )
    return OriginView(found, operands, len(order), total, rest, _place(trace, cell))


def term_view(trace: Trace, cell: Cell, term: int) -> OriginView:
    """One term of a cell's sum of products, as it stands in a column of products.

    Raises:
        ValueError: there is no such cell, or its value is no sum of that many products.
    """
    found = explain(trace, cell)
    total = max((len(group.values) for group in found.operands), default=0)
    factors = [group for group in found.operands if len(group.values) == total]
    if found.operation not in ("linear", "dot", "weighted_sum") or not 0 <= term < total:
        raise ValueError(f"{cell} has no term {term}: it is worked out by {found.operation}")
    operands = tuple(
        Operands(
            group.role,
            group.stage,
            group.layer,
            group.indices[term : term + 1],
            group.values[term : term + 1],
        )
        for group in factors
    )
    left, right = (group.values for group in operands)
    product = Provenance(
        cell,
        float((left * right)[0]),
        "multiply",
        operands,
        float(left[0].astype(np.float64) * right[0]),
    )
    only = np.arange(1)
    views = tuple(_operands(trace, group, only) for group in operands)
    return OriginView(product, views, 1, 1, None, (*_place(trace, cell), ("term", str(term))))


def _terms(found: Provenance, total: int) -> NDArray[np.float64]:
    """What each operand position adds: the product of its operands, or the operand itself."""
    terms = np.ones(total)
    for group in found.operands:
        if len(group.values) == total:
            terms = terms * group.values.astype(np.float64)
    return terms


def _operands(trace: Trace, group: Operands, order: NDArray[np.intp]) -> OperandsView:
    indices = [tuple(int(place) for place in row) for row in group.indices[order]]
    lit = group.indices if len(group.indices) <= LIGHTED else group.indices[order]
    return OperandsView(
        role=group.role,
        stage=group.stage,
        layer=group.layer,
        indices=tuple(indices),
        values=tuple(float(value) for value in group.values[order]),
        headings=tuple(_heading(trace, group.stage, index) for index in indices),
        lit=tuple(tuple(int(place) for place in row) for row in lit),
    )


def _heading(trace: Trace, stage: str, index: tuple[int, ...]) -> str:
    """What tells the operands of one role apart: a token, a head's dimension, or a number."""
    if stage == "context":
        return f"H{index[0]} · {index[2]}"
    if stage == "value":  # summed over the tokens
        return token_labels(trace.encoding)[index[1]].label
    if AXES.get(stage, ())[-1:] == ("token",):
        return token_labels(trace.encoding)[index[-1]].label
    return str(index[-1]) if index else ""


def _place(trace: Trace, cell: Cell) -> tuple[tuple[str, str], ...]:
    place: list[tuple[str, str]] = []
    if cell.layer is not None:
        place.append(("layer", str(cell.layer)))
    axes = AXES.get(cell.stage, ("index",) * len(cell.index))
    labels = token_labels(trace.encoding)
    for axis, number in zip(axes, cell.index, strict=True):
        place.append((axis, labels[number].label if axis == "token" else str(number)))
    return tuple(place)
