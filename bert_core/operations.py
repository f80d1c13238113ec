"""What the operations of the stage table do, once each: to whole stages or to a single number.

The same functions work a stage out in float64 for a check, and in float32 where it is shown but no
module of the model keeps it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from bert_core.model import activation
from bert_core.stages import INPUT_AXES, LAYER_INPUT, STAGES, Operand, Stage, axes_of

if TYPE_CHECKING:  # a trace checks itself by what stands here
    from bert_core.trace import Trace

Place = int | list[int]
"""Along an axis: one place, or some in the order wanted."""


@dataclass(frozen=True)
class Named:
    """Numbers, and the name of each of their axes."""

    values: Tensor
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """How numbers are worked out, by what kind of operands.

    `each` takes one number of every operand; `row` all the numbers of a row; `products` multiplies
    two operands place by place and adds up, with a third on top where there is one. `function`
    takes the operands in order, then the `constants`: by the names under which they are shown, the
    names of settings in the configuration, or `mask`, the additive mask, or `on`, 0 for heads that
    are switched off and 1 for all others.
    """

    kind: Literal["each", "row", "products"]
    function: Callable[..., Tensor]
    constants: Mapping[str, str] = field(default_factory=dict)


def _add(*terms: Tensor) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "lookup": Operation("each", lambda entry: entry),
        "add": Operation("each", _add),
        "subtract": Operation("each", lambda x, subtracted: x - subtracted),
        "divide": Operation("each", lambda x, total: x / total),
        "divide_root": Operation(
            "each", lambda x, head_size: x / head_size**0.5, {"head_size": "head_size"}
        ),
        "mask": Operation("each", lambda x, mask: x + mask, {"mask": "mask"}),
        "exp": Operation("each", torch.exp),
        "exp_subtract": Operation("each", lambda x, subtracted: (x - subtracted).exp()),
        "normalise": Operation(
            "each",
            lambda x, variance, epsilon: x / (variance + epsilon).sqrt(),
            {"epsilon": "layer_norm_eps"},
        ),
        "scale_shift": Operation("each", lambda x, scale, shift: x * scale + shift),
        "activation": Operation(
            "each", lambda x, name: activation(name, x), {"activation": "hidden_act"}
        ),
        "tanh": Operation("each", torch.tanh),
        "mean": Operation("row", lambda x: x.mean(-1)),
        "variance": Operation("row", lambda x: x.square().mean(-1)),  # of what has the mean 0
        "max": Operation("row", lambda x: x.amax(-1)),
        "sum": Operation("row", lambda x: x.sum(-1)),
        "linear": Operation("products", lambda products, bias: products + bias),
        "dot": Operation("products", lambda products: products),
        "weighted_sum": Operation("products", lambda products, on: products * on, {"on": "on"}),
    }
)


def apply(
    operation: str, operands: Sequence[Named], axes: tuple[str, ...], *constants: Any
) -> Tensor:
    """The numbers, with these axes, that an operation makes of its operands.

    Args:
        operands: In the order of the stage's; each lacks those of `axes` that it does not vary
            along, and may have others, which are added up.
        constants: In the order of the operation's.
    """
    made = OPERATIONS[operation]
    if made.kind == "row":
        (row,) = operands
        return made.function(row.values, *constants)
    if made.kind == "each":
        return made.function(*(_along(named, axes) for named in operands), *constants)
    left, right, *added = operands
    more = (_along(named, axes) for named in added)
    return made.function(_products(left, right, axes), *more, *constants)


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


# --- a stage of a trace ---------------------------------------------------------------------------

Index = tuple[int | list[int] | slice, ...]
Fetch = Callable[[Operand, Index], Tensor]
"""The numbers of an operand, at an index with a place for each of its axes."""


def work_out(
    trace: "Trace", stage: Stage, layer: int | None, fixed: Mapping[str, Place], fetch: Fetch
) -> Tensor:
    """A stage by its operation, from the operands that `fetch` gives.

    Args:
        fixed: The places wanted along axes of the stage; all of them along the others.
    """
    axes = tuple(axis for axis in stage.axes if not isinstance(fixed.get(axis), int))
    operands = []
    for operand in stage.operands:
        index, names = places(trace, operand, fixed)
        operands.append(Named(fetch(operand, index), names))
    return apply(
        stage.operation, operands, axes, *constants_of(trace, stage, layer, fixed).values()
    )


def places(
    trace: "Trace", operand: Operand, fixed: Mapping[str, Place]
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
        ids = trace.ids(axis)
        tokens = range(len(ids)) if place is None else place
        index.append(ids[tokens] if isinstance(tokens, int) else [ids[each] for each in tokens])
    return tuple(index), tuple(names)


def parameter(trace: "Trace", operand: Operand, layer: int | None) -> Tensor:
    """A learned operand on the CPU, with an axis for each of its names."""
    values = trace.model.get_parameter(operand.stage.format(layer=layer)).detach().cpu()
    heads = (trace.config.num_attention_heads, trace.config.head_size)
    shape = [
        heads if len(group) > 1 else (size,)
        for group, size in zip(operand.axes, values.shape, strict=True)
    ]
    return values.reshape([size for group in shape for size in group])


def constants_of(
    trace: "Trace", stage: Stage, layer: int | None, fixed: Mapping[str, Place]
) -> dict[str, Any]:
    """What a stage's operation needs besides its operands."""
    found = {}
    for name, setting in OPERATIONS[stage.operation].constants.items():
        if setting == "mask":
            found[name] = _mask(trace, fixed)
        elif setting == "on":
            found[name] = _on(trace, stage, layer, fixed)
        else:
            found[name] = getattr(trace.config, setting)
    return found


def _mask(trace: "Trace", fixed: Mapping[str, Place]) -> Tensor | float:
    mask = trace.additive_mask()
    if mask is None:
        return 0.0
    count = len(trace.tokens)
    index = tuple(fixed.get(axis, slice(None)) for axis in ("query", "key"))
    return mask[0, 0].expand(count, count)[index].cpu()


def _on(
    trace: "Trace", stage: Stage, layer: int | None, fixed: Mapping[str, Place]
) -> Tensor | float:
    head = fixed.get("head")
    if isinstance(head, int):
        return 0.0 if (layer, head) in trace.heads_off else 1.0
    heads = [
        (layer, each) not in trace.heads_off for each in range(trace.config.num_attention_heads)
    ]
    free = sum(axis not in fixed for axis in stage.axes)
    return torch.tensor(heads).reshape(-1, *[1] * (free - 1))


def recompute(trace: "Trace", layer: int) -> dict[str, Tensor]:
    """Every stage of a layer in float64, each worked out of the stages before.

    The chain starts from the layer's input and goes by the table alone, rather than by the model's
    own modules.
    """
    made: dict[str, Tensor] = {LAYER_INPUT: trace.hidden_states[layer].cpu().double()}

    def fetch(operand: Operand, index: Index) -> Tensor:
        if operand.is_parameter:
            return parameter(trace, operand, layer)[index].double()
        return made[operand.stage][index]

    for stage in STAGES:
        if stage.in_layer:
            made[stage.name] = work_out(trace, stage, layer, {}, fetch)
    return made
