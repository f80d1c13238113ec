"""Where a number comes from: for any cell of any stage, the cells it was worked out from, and how.

`explain(trace, cell)` gives one step back. Repeated, it leads from a final probability to the
embedding tables and the weights, which come from training and from nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert_core.config import BertConfig
from bert_core.operations import Index, constants_of, parameter, work_out
from bert_core.stages import BY_NAME, ROWS, STAGES, TOKEN_AXES, Operand, at_layer, axes_of
from bert_core.trace import LayerTrace, Trace

Values = NDArray[np.float32]
Indices = NDArray[np.int64]
Known = dict[tuple[object, ...], Tensor]
"""What was worked out for the same answer, so that it need not be again."""

AXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        stage.name: tuple("token" if axis in TOKEN_AXES else axis for axis in stage.axes)
        for stage in STAGES
    }
)
"""Every stage with what the places of its index count."""
LAYER_STAGES = frozenset(stage.name for stage in STAGES if stage.in_layer)


@dataclass(frozen=True)
class Cell:
    """One number: a stage of the trace, or a parameter by its path (which holds a full stop)."""

    stage: str
    index: tuple[int, ...]
    layer: int | None = None
    """For the stages of a layer, counted from zero; None for all others."""

    @property
    def is_parameter(self) -> bool:
        """Whether this number was learned rather than worked out."""
        return "." in self.stage


@dataclass(frozen=True)
class Operands:
    """Some cells of one stage that play one role in an operation.

    `indices` is [operand, axis], `values` float32 [operand], both in the same order.
    """

    role: str
    stage: str
    layer: int | None
    indices: Indices
    values: Values

    def cell(self, which: int) -> Cell:
        """One of the operands as a cell."""
        return Cell(self.stage, tuple(int(place) for place in self.indices[which]), self.layer)


@dataclass(frozen=True)
class Provenance:
    """One number with what it was worked out from.

    `value` is what the forward pass holds, `recomputed` what the operation gives in float64 from
    the operands. A parameter has the operation `learned` and no operands.
    """

    cell: Cell
    value: float
    operation: str
    operands: tuple[Operands, ...]
    recomputed: float
    constants: Mapping[str, float | str] = field(default_factory=dict)
    """What the operation uses besides: `epsilon`, `head_size`, `activation`, `mask`."""


def value_of(trace: Trace, cell: Cell) -> float:
    """The number itself.

    Raises:
        ValueError: there is no such stage, layer or index.
    """
    _check(trace, cell)
    if cell.is_parameter:
        return float(trace.model.get_parameter(cell.stage).detach()[cell.index])
    return float(numbers(trace, cell.stage, cell.layer, cell.index))


def stage_vector(trace: Trace, stage: str, layer: int | None, lead: tuple[int, ...]) -> Values:
    """All cells of a stage that share the leading indices, float32.

    Raises:
        ValueError: there is no such stage, layer or index.
    """
    axes = AXES.get(stage, ())
    if not axes or len(lead) != len(axes) - 1:
        raise ValueError(f"stage {stage!r} has the axes {axes}; give an index for all but the last")
    _check(trace, Cell(stage, (*lead, 0), layer))
    return np.array(numbers(trace, stage, layer, (*lead, slice(None))).numpy(), np.float32)


def explain(trace: Trace, cell: Cell) -> Provenance:
    """One step back from a number.

    Raises:
        ValueError: there is no such stage, layer or index; the message gives the limit.
    """
    value = value_of(trace, cell)
    if cell.is_parameter:
        return Provenance(cell, value, "learned", (), value)
    stage = BY_NAME[cell.stage]
    place = dict(zip(stage.axes, cell.index, strict=True))
    if stage.name == "context" and (cell.layer, place["head"]) in trace.heads_off:
        return Provenance(cell, value, "switched_off", (), 0.0)
    operands, known = [], Known()

    def fetch(operand: Operand, index: Index) -> Tensor:
        values = fetch_shown(trace, operand, cell.layer, index, known)
        name, layer = at_layer(operand, cell.layer, trace.num_layers)
        if operand.is_parameter:
            name = trace.model.path(name)
        indices = _indices(operand, index, tuple(values.shape), trace.config)
        operands.append(Operands(operand.role, name, layer, indices, values.flatten().numpy()))
        return values.double()

    recomputed = float(work_out(trace.given, stage, cell.layer, place, fetch))
    constants = {
        name: constant if isinstance(constant, str) else float(constant)
        for name, constant in constants_of(trace.given, stage, cell.layer, place).items()
    }
    return Provenance(
        cell, value, stage.operation, tuple(operands), recomputed, MappingProxyType(constants)
    )


def fetch_shown(
    trace: Trace, operand: Operand, layer: int | None, index: Index, known: Known
) -> Tensor:
    """An operand of a stage in `layer` as it is shown, float32: what `work_out` may start from."""
    if operand.is_parameter:
        return parameter(trace.model, operand, layer)[index].float()
    name, of = at_layer(operand, layer, trace.num_layers)
    return numbers(trace, name, of, index, known)


def numbers(
    trace: Trace, name: str, layer: int | None, index: Index, known: Known | None = None
) -> Tensor:
    """A stage's numbers, float32 on the CPU: the model's own, or worked out where it keeps none."""
    known = {} if known is None else known
    if BY_NAME[name].operation not in ROWS and index and not isinstance(index[-1], slice):
        # from the whole row, so that a number is the same wherever it is shown
        return numbers(trace, name, layer, (*index[:-1], slice(None)), known)[..., index[-1]]
    key = (name, layer, *(None if isinstance(place, slice) else place for place in index))
    if key not in known:
        known[key] = _numbers(trace, name, layer, index, known)
    return known[key]


def _numbers(trace: Trace, name: str, layer: int | None, index: Index, known: Known) -> Tensor:
    with torch.inference_mode():
        kept = _kept(trace, name, layer, index)
        if kept is not None:
            return kept.detach().float().cpu()
        stage = BY_NAME[name]
        fixed = {
            axis: place
            for axis, place in zip(stage.axes, index, strict=True)
            if not isinstance(place, slice)
        }
        return work_out(
            trace.given,
            stage,
            layer,
            fixed,
            lambda operand, places: fetch_shown(trace, operand, layer, places, known),
        )


def _kept(trace: Trace, name: str, layer: int | None, index: Index) -> Tensor | None:
    """What the model's own modules give, None where the stage is inside one of them."""
    if name == "hidden_states":
        assert layer is not None
        return trace.hidden_states[layer + 1][index]
    if layer is not None:
        return getattr(trace.layer(layer), name)[index] if name in _OF_LAYERS else None
    if name == "embedding_output":
        return trace.hidden_states[0][index]
    if name == "embedding_sum":
        return trace.embeddings.embedding_sum[index]
    if name in ("pooled_output", "nsp_logits"):
        found: Tensor = getattr(trace, name)
        return found[index]
    if name in ("mlm_transformed", "mlm_logits"):
        model = trace.model
        head = model.mlm_logits if name == "mlm_logits" else model.cls.predictions.transform
        return head(trace.hidden_states[-1][index[0]])[..., index[1]]
    return None


_OF_LAYERS = frozenset(each.name for each in fields(LayerTrace))


def _indices(operand: Operand, index: Index, shape: tuple[int, ...], config: BertConfig) -> Indices:
    """The index of each number among the cells of the operand's stage or parameter."""
    count = int(np.prod(shape))
    free = iter(np.indices(shape).reshape(len(shape), count))
    along = (np.full(count, at) if isinstance(at, int) else next(free) for at in index)
    columns = []
    for group in axes_of(operand):
        column = next(along)
        for _ in group[1:]:  # the heads side by side
            column = column * config.head_size + next(along)
        columns.append(column)
    return np.array(columns, np.int64).reshape(len(columns), count).T


def _check(trace: Trace, cell: Cell) -> None:
    if cell.is_parameter:
        shape = tuple(trace.model.get_parameter(cell.stage).shape)
    else:
        if cell.stage not in AXES:
            raise ValueError(f"there is no stage {cell.stage!r}")
        layers = trace.num_layers
        if (cell.stage in LAYER_STAGES) != (cell.layer is not None):
            raise ValueError(f"stage {cell.stage!r} with layer {cell.layer!r} makes no sense")
        if cell.layer is not None and not 0 <= cell.layer < layers:
            raise ValueError(f"layer {cell.layer} is not one of 0 to {layers - 1}")
        config = trace.config
        sizes = {
            "token": len(trace.tokens),
            "hidden": config.hidden_size,
            "head": config.num_attention_heads,
            "head_size": config.head_size,
            "inner": config.intermediate_size,
            "vocab": config.vocab_size,
            "class": 2,
        }
        shape = tuple(sizes[axis] for axis in AXES[cell.stage])
    if len(cell.index) != len(shape) or not all(
        0 <= place < size for place, size in zip(cell.index, shape, strict=False)
    ):
        raise ValueError(f"{cell.stage} has the shape {shape}; there is no {cell.index}")
