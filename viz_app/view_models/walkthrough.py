"""Attention of one head for one query token as an ordered lesson: one table, revealed step by step.

Rows are key tokens. Every step reveals one column, or a cell of the head or foot row, and is worked
out from what the steps before revealed, so that each can be checked from the digits on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import TokenLabel, read_only

if TYPE_CHECKING:  # torch is imported behind the first paint, not by looking at a stored view
    from torch import Tensor

    from bert_core.trace import Trace

DECIMALS = 3
"""Decimals of every digit on screen; the second check line says what this rounding costs."""

Floats = NDArray[np.floating[Any]]
ColumnKind = Literal["strip", "number", "bar"]


@dataclass(frozen=True)
class Step:
    """One step of the lesson, as data; its words stand in `assets/explanations/<language>/<id>.md`.

    `formula` and the symbols are written in the small part of LaTeX that the page can draw.
    `reveals` names a column, `head:<column>` or `foot:<column>`; `operands` the columns it is
    worked out from. `shapes` lists symbols with their axis names.
    """

    id: str
    symbol: str
    formula: str
    reveals: str
    operands: tuple[str, ...]
    shapes: tuple[tuple[str, tuple[str, ...]], ...]


STEPS = (
    Step(
        "query",
        "q",
        "q = x W_Q + b_Q",
        "head:key",
        (),
        (("x", ("hidden",)), ("W_Q", ("hidden", "head_size")), ("q", ("head_size",))),
    ),
    Step(
        "key",
        "k_j",
        "k_j = x_j W_K + b_K",
        "key",
        (),
        (("W_K", ("hidden", "head_size")), ("K", ("key", "head_size"))),
    ),
    Step(
        "products",
        r"q \odot k_j",
        r"p_{j,i} = q_i \cdot k_{j,i}",
        "products",
        ("head:key", "key"),
        (("q", ("head_size",)), ("K", ("key", "head_size")), ("p", ("key", "head_size"))),
    ),
    Step(
        "dot_products",
        r"q \cdot k_j",
        r"q \cdot k_j = \sum_i p_{j,i}",
        "dot_products",
        ("products",),
        (("p", ("key", "head_size")), (r"q K^{\top}", ("key",))),
    ),
    Step(
        "attention_scores",
        r"\div \sqrt{d}",
        r"s_j = \frac{q \cdot k_j}{\sqrt{d}}",
        "attention_scores",
        ("dot_products",),
        (("s", ("key",)),),
    ),
    Step(
        "masked_scores",
        r"+ \text{mask}",
        r"m_j = s_j + \text{mask}_j",
        "masked_scores",
        ("attention_scores",),
        ((r"\text{mask}", ("key",)), ("m", ("key",))),
    ),
    Step(
        "softmax_max",
        r"- \max",
        r"m_j - \max_l m_l",
        "shifted_scores",
        ("masked_scores",),
        (("m", ("key",)), (r"\max m", ())),
    ),
    Step(
        "softmax_exp",
        r"e^{\ldots}",
        r"e_j = e^{m_j - \max m}",
        "exponentials",
        ("shifted_scores",),
        (("e", ("key",)),),
    ),
    Step(
        "softmax_sum",
        r"\sum",
        r"Z = \sum_j e_j",
        "foot:exponentials",
        ("exponentials",),
        (("e", ("key",)), ("Z", ())),
    ),
    Step(
        "attention_probs",
        "w_j",
        r"w_j = \frac{e_j}{Z}",
        "attention_probs",
        ("exponentials", "foot:exponentials"),
        (("w", ("key",)),),
    ),
    Step(
        "value",
        "v_j",
        "v_j = x_j W_V + b_V",
        "value",
        (),
        (("W_V", ("hidden", "head_size")), ("V", ("key", "head_size"))),
    ),
    Step(
        "weighted_values",
        r"w_j v_j",
        r"w_j \cdot v_{j,i}",
        "weighted_values",
        ("attention_probs", "value"),
        (("w", ("key",)), ("V", ("key", "head_size"))),
    ),
    Step(
        "context",
        "c",
        r"c = \sum_j w_j v_j",
        "foot:weighted_values",
        ("weighted_values",),
        (("w", ("key",)), ("V", ("key", "head_size")), ("c", ("head_size",))),
    ),
)

STEP_IDS = tuple(step.id for step in STEPS)


@dataclass(frozen=True)
class Column:
    """One column of the table: float32 [row], or [row, head_size] for a strip.

    `low`..`high` is the range of its colours, symmetric about zero except for probabilities.
    """

    id: str
    kind: ColumnKind
    symbol: str
    values: NDArray[np.float32]
    low: float
    high: float


@dataclass(frozen=True)
class Check:
    """How far a step worked out again is from the forward pass, as largest absolute difference.

    `exact` starts from the operands at full precision, `rounded` from the digits on screen.
    """

    exact: float
    rounded: float


@dataclass(frozen=True)
class WalkthroughView:
    """The table of one head and one query token, with the steps that reveal it.

    `head` and `foot` hold the values of the first and last row by column: float32 [head_size] under
    a strip, [1] under a number. `masked` [row] is true where the mask forbids looking.
    """

    layers: int
    heads: int
    layer: int
    head_index: int
    query: int
    hidden_size: int
    head_size: int
    rows: tuple[TokenLabel, ...]
    columns: tuple[Column, ...]
    head: Mapping[str, NDArray[np.float32]]
    foot: Mapping[str, NDArray[np.float32]]
    masked: NDArray[np.bool_]
    checks: Mapping[str, Check]
    layer_check: float

    def column(self, name: str) -> Column:
        """The column of that id.

        Raises:
            KeyError: no such column.
        """
        return next(column for column in self.columns if column.id == name)

    def sizes(self) -> dict[str, int]:
        """The length of every axis that the shapes name."""
        return {
            "hidden": self.hidden_size,
            "head_size": self.head_size,
            "key": len(self.rows),
        }


def walkthrough(trace: Trace, layer: int, head: int, query: int) -> WalkthroughView:
    """Every number of one head's attention for one query token.

    Args:
        trace: The input's trace; only its one layer is worked out.
        layer, head, query: Counted from zero.

    Raises:
        ValueError: no such layer, head or token; the message gives the limit.
    """
    config = trace.config
    for what, value, size in (
        ("head", head, config.num_attention_heads),
        ("query token", query, len(trace.tokens)),
    ):
        if not 0 <= value < size:
            raise ValueError(f"{what} {value} is not one of 0 to {size - 1}")
    record = trace.layer(layer)
    stages = {
        "query": _array(record.query[head, query]),
        "key": _array(record.key[head]),
        "value": _array(record.value[head]),
        "dot_products": _array(record.dot_products[head, query]),
        "attention_scores": _array(record.attention_scores[head, query]),
        "masked_scores": _array(record.masked_scores[head, query]),
        "attention_probs": _array(record.attention_probs[head, query]),
        "context": _array(record.context[head, query]),
    }
    # The sub-steps that no module keeps, in float32 like the rest, from the digits shown beside.
    masked_scores = stages["masked_scores"]
    stages["products"] = stages["query"] * stages["key"]
    stages["shifted_scores"] = masked_scores - masked_scores.max()
    stages["exponentials"] = np.exp(stages["shifted_scores"])
    stages["exponential_sum"] = stages["exponentials"].sum(keepdims=True)
    stages["weighted_values"] = stages["attention_probs"][:, None] * stages["value"]
    # float32's lowest number stands for "may not look": far outside any scale and any digit.
    masked = masked_scores < np.finfo(np.float32).min / 2
    return WalkthroughView(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        layer=layer,
        head_index=head,
        query=query,
        hidden_size=config.hidden_size,
        head_size=config.head_size,
        rows=token_labels(trace.encoding),
        columns=_columns(stages, masked),
        head=MappingProxyType({"key": read_only(stages["query"])}),
        foot=MappingProxyType(
            {
                "exponentials": read_only(stages["exponential_sum"]),
                "attention_probs": read_only(stages["attention_probs"].sum(keepdims=True)),
                "weighted_values": read_only(stages["context"]),
            }
        ),
        masked=read_only(masked, np.bool_),
        checks=MappingProxyType(_checks(stages, _projections(trace, layer, head), query)),
        layer_check=trace.check(layer),
    )


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.numpy(), dtype=np.float32)


def _columns(
    stages: Mapping[str, NDArray[np.float32]], masked: NDArray[np.bool_]
) -> tuple[Column, ...]:
    kinds: tuple[tuple[str, ColumnKind, str], ...] = (
        ("key", "strip", "k_j"),
        ("products", "strip", r"q \odot k_j"),
        ("dot_products", "number", r"q \cdot k_j"),
        ("attention_scores", "number", r"\div \sqrt{d}"),
        ("masked_scores", "number", r"+ \text{mask}"),
        ("shifted_scores", "number", r"- \max"),
        ("exponentials", "number", r"e^{\ldots}"),
        ("attention_probs", "bar", "w_j"),
        ("value", "strip", "v_j"),
        ("weighted_values", "strip", r"w_j v_j"),
    )
    columns = []
    for name, kind, symbol in kinds:
        values = read_only(stages[name])
        if name in ("exponentials", "attention_probs"):
            low, high = 0.0, 1.0
        else:
            partners = {"key": "query", "weighted_values": "context"}.get(name)
            shown = values[~masked] if name in ("masked_scores", "shifted_scores") else values
            high = max(
                float(np.abs(shown).max()),
                float(np.abs(stages[partners]).max()) if partners else 0.0,
                1e-6,
            )
            low = -high
        columns.append(Column(name, kind, symbol, values, low, high))
    return tuple(columns)


@dataclass(frozen=True)
class _Projections:
    """The layer's input, and this head's slices of the projections: weights [hidden, head_size]."""

    hidden: Floats
    weights: Mapping[str, Floats]
    biases: Mapping[str, Floats]


def _projections(trace: Trace, layer: int, head: int) -> _Projections:
    own = slice(head * trace.config.head_size, (head + 1) * trace.config.head_size)

    def slice_of(name: str, kind: str) -> Floats:
        path = f"bert.encoder.layer.{layer}.attention.self.{name}.{kind}"
        return _array(trace.model.get_parameter(path).detach().cpu()[own])

    names = ("query", "key", "value")
    return _Projections(
        hidden=_array(trace.hidden_states[layer].cpu()),
        weights={name: slice_of(name, "weight").T for name in names},
        biases={name: slice_of(name, "bias") for name in names},
    )


Recipe = tuple[str, tuple[str, ...], Callable[..., Floats]]

# What each step compares with, what it is worked out from, and how.
_RECIPES: Mapping[str, Recipe] = {
    "query": ("query", ("x_q", "W_query", "b_query"), lambda x, w, b: x @ w + b),
    "key": ("key", ("x", "W_key", "b_key"), lambda x, w, b: x @ w + b),
    "products": ("products", ("query", "key"), lambda q, k: q * k),
    "dot_products": ("dot_products", ("products",), lambda p: p.sum(-1)),
    "attention_scores": (
        "attention_scores",
        ("dot_products", "head_size"),
        lambda s, d: s / np.sqrt(d),
    ),
    "masked_scores": ("masked_scores", ("attention_scores", "mask"), lambda s, m: s + m),
    "softmax_max": ("shifted_scores", ("masked_scores",), lambda m: m - m.max()),
    "softmax_exp": ("exponentials", ("shifted_scores",), lambda m: np.exp(m)),
    "softmax_sum": ("exponential_sum", ("exponentials",), lambda e: e.sum(keepdims=True)),
    "attention_probs": ("attention_probs", ("exponentials", "exponential_sum"), lambda e, z: e / z),
    "value": ("value", ("x", "W_value", "b_value"), lambda x, w, b: x @ w + b),
    "weighted_values": (
        "weighted_values",
        ("attention_probs", "value"),
        lambda w, v: w[:, None] * v,
    ),
    "context": ("context", ("weighted_values",), lambda p: p.sum(0)),
}


def _checks(
    stages: Mapping[str, NDArray[np.float32]], projections: _Projections, query: int
) -> dict[str, Check]:
    operands: dict[str, Floats] = dict(stages)
    operands["x"] = projections.hidden
    operands["x_q"] = projections.hidden[query]
    operands["head_size"] = np.array(stages["query"].shape[0], np.float64)
    for name in projections.weights:
        operands[f"W_{name}"] = projections.weights[name]
        operands[f"b_{name}"] = projections.biases[name]
    lowest = np.finfo(np.float32).min
    operands["mask"] = np.where(stages["masked_scores"] < lowest / 2, lowest, 0.0)
    full = {name: np.asarray(values, np.float64) for name, values in operands.items()}
    rounded = {name: np.round(values, DECIMALS) for name, values in full.items()}
    checks = {}
    for step, (target, names, work_out) in _RECIPES.items():
        exact, coarse = (
            _largest_difference(work_out(*(source[name] for name in names)), full[target])
            for source in (full, rounded)
        )
        checks[step] = Check(exact, coarse)
    return checks


def _largest_difference(worked_out: Floats, target: Floats) -> float:
    # Cells pushed down by the mask are 1e38 in size: equal or not, never a matter of rounding.
    shown = target > np.finfo(np.float32).min / 2
    difference = np.abs(worked_out - target)[shown]
    return float(difference.max(initial=0.0))
