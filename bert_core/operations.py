"""What the operations of the stage table do, once each: to whole stages or to a single number.

The same functions work a stage out in float64 for a check, and in float32 where it is shown but no
module of the model keeps it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from bert_core.model import BertForPreTraining, activation
from bert_core.stages import (
    CONSTANTS,
    INPUT_AXES,
    LAYER_INPUT,
    PRODUCTS,
    ROWS,
    STAGES,
    Operand,
    Stage,
    axes_of,
)

Place = int | list[int]
"""Along an axis: one place, or some in the order wanted."""


@dataclass(frozen=True)
class Named:
    """Numbers, and the name of each of their axes."""

    values: Tensor
    axes: tuple[str, ...]


def _add(*terms: Tensor) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


OPERATIONS: Mapping[str, Callable[..., Tensor]] = MappingProxyType(
    {
        "lookup": lambda entry: entry,
        "add": _add,
        "subtract": lambda x, subtracted: x - subtracted,
        "divide": lambda x, total: x / total,
        "divide_root": lambda x, head_size: x / head_size**0.5,
        "mask": lambda x, mask: x + mask,
        "exp": torch.exp,
        "exp_subtract": lambda x, subtracted: (x - subtracted).exp(),
        "normalise": lambda x, variance, epsilon: x / (variance + epsilon).sqrt(),
        "scale_shift": lambda x, scale, shift: x * scale + shift,
        "activation": lambda x, name: activation(name, x),
        "tanh": torch.tanh,
        "mean": lambda row: row.mean(-1),
        "variance": lambda row: row.square().mean(-1),  # of numbers whose mean is 0
        "max": lambda row: row.amax(-1),
        "sum": lambda row: row.sum(-1),
        "linear": lambda products, bias: products + bias,
        "dot": lambda products: products,
        "weighted_sum": lambda products, on: products * on,
    }
)
"""By name: a function of the operands in order, of which the first two of `PRODUCTS` are already
multiplied and added up, then of the `CONSTANTS`."""


def apply(
    operation: str, operands: Sequence[Named], axes: tuple[str, ...], *constants: Any
) -> Tensor:
    """The numbers, with these axes, that an operation makes of its operands.

    Args:
        operands: In the order of the stage's; each lacks those of `axes` that it does not vary
            along, and may have others, which are added up.
        constants: In the order of `CONSTANTS`.
    """
    function = OPERATIONS[operation]
    if operation in ROWS:
        (row,) = operands
        return function(row.values, *constants)
    if operation not in PRODUCTS:
        return function(*(_along(named, axes) for named in operands), *constants)
    left, right, *added = operands
    more = (_along(named, axes) for named in added)
    return function(_products(left, right, axes), *more, *constants)


def _products(left: Named, right: Named, axes: tuple[str, ...]) -> Tensor:
    names = dict.fromkeys((*left.axes, *right.axes, *axes))
    letters = {axis: chr(ord("a") + at) for at, axis in enumerate(names)}
    first, second, result = (
        "".join(letters[axis] for axis in part) for part in (left.axes, right.axes, axes)
    )
    return torch.einsum(f"{first},{second}->{result}", left.values, right.values)


def _along(named: Named, axes: tuple[str, ...]) -> Tensor:
    """With an axis of length 1 in place of each that it lacks."""
    return named.values[tuple(slice(None) if axis in named.axes else None for axis in axes)]


# --- a stage of a forward pass --------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What a forward pass started from: the model, and the input with all that was changed in it.

    `ids` holds `input_ids`, `position_ids` and `token_type_ids`, one per token; `mask` is added to
    the scores; `heads_off` are the (layer, head) pairs whose context is zero.
    """

    model: BertForPreTraining
    ids: Mapping[str, tuple[int, ...]]
    mask: Float[Tensor, "query key"]
    heads_off: frozenset[tuple[int, int]]


Index = tuple[int | list[int] | slice, ...]
Fetch = Callable[[Operand, Index], Tensor]
"""The numbers of an operand, at an index with a place for each of its axes."""


def work_out(
    given: Given, stage: Stage, layer: int | None, fixed: Mapping[str, Place], fetch: Fetch
) -> Tensor:
    """A stage by its operation, from the operands that `fetch` gives.

    Args:
        fixed: The places wanted along axes of the stage; all of them along the others.
    """
    axes = tuple(axis for axis in stage.axes if not isinstance(fixed.get(axis), int))
    operands = []
    for operand in stage.operands:
        index, names = places(given, operand, fixed)
        operands.append(Named(fetch(operand, index), names))
    return apply(
        stage.operation, operands, axes, *constants_of(given, stage, layer, fixed).values()
    )


def places(
    given: Given, operand: Operand, fixed: Mapping[str, Place]
) -> tuple[Index, tuple[str, ...]]:
    """Where in an operand the numbers stand that a stage needs there, and the axes they have."""
    index: list[int | list[int] | slice] = []
    names = []
    for axis in (axis for group in axes_of(operand) for axis in group):
        if axis.isdecimal():
            index.append(int(axis))
            continue
        along = "token" if axis in INPUT_AXES else axis
        place = fixed.get(along)
        if not isinstance(place, int):
            names.append(along)
        if axis not in INPUT_AXES:
            index.append(slice(None) if place is None else place)
            continue
        ids = given.ids[axis]
        tokens = range(len(ids)) if place is None else place
        index.append(ids[tokens] if isinstance(tokens, int) else [ids[each] for each in tokens])
    return tuple(index), tuple(names)


def parameter(model: BertForPreTraining, operand: Operand, layer: int | None) -> Tensor:
    """A learned operand on the CPU, with an axis for each of its names."""
    path = model.path(operand.stage.format(layer=layer))
    values = model.get_parameter(path).detach().cpu()
    heads = (model.config.num_attention_heads, model.config.head_size)
    shape = [
        heads if len(group) > 1 else (size,)
        for group, size in zip(operand.axes, values.shape, strict=True)
    ]
    return values.reshape([size for group in shape for size in group])


def constants_of(
    given: Given, stage: Stage, layer: int | None, fixed: Mapping[str, Place]
) -> dict[str, Any]:
    """What a stage's operation needs besides its operands."""
    found: dict[str, Any] = {}
    for name, setting in CONSTANTS.get(stage.operation, {}).items():
        if setting == "mask":
            found[name] = _mask(given, fixed)
        elif setting == "on":
            found[name] = _on(given, stage, layer, fixed)
        else:
            found[name] = getattr(given.model.config, setting)
    return found


def _mask(given: Given, fixed: Mapping[str, Place]) -> Tensor:
    query, key = (fixed.get(axis, slice(None)) for axis in ("query", "key"))
    return given.mask[query, key]


def _on(
    given: Given, stage: Stage, layer: int | None, fixed: Mapping[str, Place]
) -> Tensor | float:
    head = fixed.get("head")
    if isinstance(head, int):
        return float((layer, head) not in given.heads_off)
    heads = range(given.model.config.num_attention_heads) if head is None else head
    on = torch.tensor([(layer, each) not in given.heads_off for each in heads])
    free = sum(not isinstance(fixed.get(axis), int) for axis in stage.axes)
    return on.reshape(-1, *[1] * (free - 1))


def recompute(
    given: Given, layer: int, layer_input: Float[Tensor, "seq hidden"]
) -> dict[str, Tensor]:
    """Every stage of a layer in float64, each worked out of the stages before.

    The chain starts from the layer's input and goes by the table alone, rather than by the model's
    own modules.
    """
    made: dict[str, Tensor] = {LAYER_INPUT: layer_input.cpu().double()}

    def fetch(operand: Operand, index: Index) -> Tensor:
        if operand.is_parameter:
            return parameter(given.model, operand, layer)[index].double()
        return made[operand.stage][index]

    for stage in STAGES:
        if stage.in_layer:
            made[stage.name] = work_out(given, stage, layer, {}, fetch)
    return made
