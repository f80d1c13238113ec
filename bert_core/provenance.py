"""Where a number comes from: for any cell of any stage, the cells it was worked out from, and how.

`explain(trace, cell)` gives one step back. Repeated, it leads from a final probability to the
embedding tables and the weights, which come from training and from nowhere else.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from bert_core.model import activation
from bert_core.trace import Trace

Values = NDArray[np.float32]
Indices = NDArray[np.int64]

AXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "word_embeddings": ("token", "hidden"),
        "position_embeddings": ("token", "hidden"),
        "token_type_embeddings": ("token", "hidden"),
        "embedding_sum": ("token", "hidden"),
        "embedding_mean": ("token",),
        "embedding_centred": ("token", "hidden"),
        "embedding_variance": ("token",),
        "embedding_normalised": ("token", "hidden"),
        "embedding_output": ("token", "hidden"),
        "query": ("head", "token", "head_size"),
        "key": ("head", "token", "head_size"),
        "value": ("head", "token", "head_size"),
        "dot_products": ("head", "token", "token"),
        "attention_scores": ("head", "token", "token"),
        "masked_scores": ("head", "token", "token"),
        "score_max": ("head", "token"),
        "shifted_scores": ("head", "token", "token"),
        "exponentials": ("head", "token", "token"),
        "exponential_sum": ("head", "token"),
        "attention_probs": ("head", "token", "token"),
        "attention_probs_sum": ("head", "token"),
        "context": ("head", "token", "head_size"),
        "attention_output": ("token", "hidden"),
        "attention_residual": ("token", "hidden"),
        "attention_mean": ("token",),
        "attention_centred": ("token", "hidden"),
        "attention_variance": ("token",),
        "attention_normalised": ("token", "hidden"),
        "attention_norm": ("token", "hidden"),
        "intermediate_input": ("token", "inner"),
        "intermediate": ("token", "inner"),
        "ffn_output": ("token", "hidden"),
        "ffn_residual": ("token", "hidden"),
        "ffn_mean": ("token",),
        "ffn_centred": ("token", "hidden"),
        "ffn_variance": ("token",),
        "ffn_normalised": ("token", "hidden"),
        "hidden_states": ("token", "hidden"),
        "mlm_dense": ("token", "hidden"),
        "mlm_activation": ("token", "hidden"),
        "mlm_mean": ("token",),
        "mlm_centred": ("token", "hidden"),
        "mlm_variance": ("token",),
        "mlm_normalised": ("token", "hidden"),
        "mlm_transformed": ("token", "hidden"),
        "mlm_logits": ("token", "vocab"),
        "mlm_max": ("token",),
        "mlm_exponentials": ("token", "vocab"),
        "mlm_exponential_sum": ("token",),
        "mlm_probs": ("token", "vocab"),
        "pooled_input": ("hidden",),
        "pooled_output": ("hidden",),
        "nsp_logits": ("class",),
        "nsp_max": (),
        "nsp_exponentials": ("class",),
        "nsp_exponential_sum": (),
        "nsp_probs": ("class",),
    }
)
"""Every stage with the axes of its index; `query` to `hidden_states` belong to a layer."""

_STAGES = tuple(AXES)
LAYER_STAGES = frozenset(_STAGES[_STAGES.index("query") : _STAGES.index("hidden_states") + 1])


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
    """What the operation uses besides: `epsilon`, `head_size`, `activation`."""


def value_of(trace: Trace, cell: Cell) -> float:
    """The number itself.

    Raises:
        ValueError: there is no such stage, layer or index.
    """
    _check(trace, cell)
    if cell.is_parameter:
        return float(trace.model.get_parameter(cell.stage).detach()[cell.index])
    if not AXES[cell.stage] or AXES[cell.stage] == ("token",) or cell.stage in _SCALARS:
        return float(_scalar(trace, cell.stage, cell.layer, cell.index))
    return float(_vector(trace, cell.stage, cell.layer, cell.index[:-1])[cell.index[-1]])


def explain(trace: Trace, cell: Cell) -> Provenance:
    """One step back from a number.

    Raises:
        ValueError: there is no such stage, layer or index; the message gives the limit.
    """
    value = value_of(trace, cell)
    if cell.is_parameter:
        return Provenance(cell, value, "learned", (), value)
    operation, operands, constants = _origin(trace, cell)
    roles = {group.role: group.values.astype(np.float64) for group in operands}
    recomputed = float(OPERATIONS[operation](roles, constants))
    return Provenance(cell, value, operation, operands, recomputed, MappingProxyType(constants))


def layer_input(layer: int, token: int, dim: int) -> Cell:
    """The cell of a layer's input: the embedding output, or the output of the layer before."""
    if layer == 0:
        return Cell("embedding_output", (token, dim))
    return Cell("hidden_states", (token, dim), layer - 1)


def stage_vector(trace: Trace, stage: str, layer: int | None, lead: tuple[int, ...]) -> Values:
    """All cells of a stage that share the leading indices, float32.

    Raises:
        ValueError: there is no such stage, layer or index.
    """
    axes = AXES.get(stage, ())
    if not axes or len(lead) != len(axes) - 1:
        raise ValueError(f"stage {stage!r} has the axes {axes}; give an index for all but the last")
    _check(trace, Cell(stage, (*lead, 0), layer))
    return np.array(_vector(trace, stage, layer, lead).numpy(), np.float32)


# --- how each operation works, on float64 operands by role ---------------------------------------

Roles = Mapping[str, NDArray[np.float64]]
Constants = dict[str, float | str]


def _activate(x: NDArray[np.float64], name: str) -> float:
    return float(activation(name, torch.from_numpy(x))[0])


OPERATIONS: Mapping[str, Callable[[Roles, Mapping[str, Any]], float]] = MappingProxyType(
    {
        "lookup": lambda a, c: a["entry"][0],
        "add": lambda a, c: sum(values.sum() for values in a.values()),
        "mean": lambda a, c: a["input"].mean(),
        "variance": lambda a, c: (a["input"] ** 2).mean(),
        "subtract": lambda a, c: a["input"][0] - a["subtracted"][0],
        "normalise": lambda a, c: a["input"][0] / math.sqrt(a["variance"][0] + c["epsilon"]),
        "scale_shift": lambda a, c: a["input"][0] * a["scale"][0] + a["shift"][0],
        "linear": lambda a, c: float(a["input"] @ a["weight"] + a["bias"][0]),
        "dot": lambda a, c: float(a["query"] @ a["key"]),
        "divide_root": lambda a, c: a["input"][0] / math.sqrt(c["head_size"]),
        "mask": lambda a, c: a["input"][0] + c["mask"],
        "max": lambda a, c: a["input"].max(),
        "exp": lambda a, c: math.exp(a["input"][0]),
        "exp_subtract": lambda a, c: math.exp(a["input"][0] - a["subtracted"][0]),
        "sum": lambda a, c: a["input"].sum(),
        "divide": lambda a, c: a["input"][0] / a["total"][0],
        "weighted_sum": lambda a, c: float(a["weight"] @ a["value"]),
        "switched_off": lambda a, c: 0.0,
        "activation": lambda a, c: _activate(a["input"], c["activation"]),
        "tanh": lambda a, c: math.tanh(a["input"][0]),
    }
)


# --- the values of each stage --------------------------------------------------------------------

_SCALARS = frozenset({"score_max", "exponential_sum", "attention_probs_sum"})
_NORMS = {
    # prefix: (its input, its output, path of the LayerNorm)
    "embedding": ("embedding_sum", "embedding_output", "bert.embeddings.LayerNorm"),
    "attention": ("attention_residual", "attention_norm", "attention.output.LayerNorm"),
    "ffn": ("ffn_residual", "hidden_states", "output.LayerNorm"),
    "mlm": ("mlm_activation", "mlm_transformed", "cls.predictions.transform.LayerNorm"),
}
_OUTPUT_OF_NORM = {output: prefix for prefix, (_, output, _) in _NORMS.items()}


def _vector(trace: Trace, stage: str, layer: int | None, lead: tuple[int, ...]) -> Tensor:
    with torch.inference_mode():
        return _vector_of(trace, stage, layer, lead).detach().float().cpu()


def _vector_of(trace: Trace, stage: str, layer: int | None, lead: tuple[int, ...]) -> Tensor:
    prefix, _, part = stage.rpartition("_")
    if part == "centred":
        return _vector(trace, _NORMS[prefix][0], layer, lead) - _scalar(
            trace, f"{prefix}_mean", layer, lead
        )
    if part == "normalised":
        variance = _scalar(trace, f"{prefix}_variance", layer, lead)
        centred = _vector(trace, f"{prefix}_centred", layer, lead)
        return centred / torch.sqrt(variance + trace.config.layer_norm_eps)
    if stage in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
        path, row = _table_row(trace, stage, lead[0])
        return trace.model.get_parameter(path)[row]
    if stage == "embedding_sum":
        return trace.embeddings.embedding_sum[lead[0]]
    if stage == "embedding_output":
        return trace.hidden_states[0][lead[0]]
    if stage == "hidden_states":
        assert layer is not None
        return trace.hidden_states[layer + 1][lead[0]]
    if layer is not None:
        return _layer_vector(trace, stage, layer, lead)
    return _head_vector(trace, stage, lead)


def _layer_vector(trace: Trace, stage: str, layer: int, lead: tuple[int, ...]) -> Tensor:
    record = trace.layer(layer)
    if stage == "attention_residual":
        return trace.hidden_states[layer][lead].cpu() + record.attention_output[lead]
    if stage == "ffn_residual":
        return record.attention_norm[lead] + record.ffn_output[lead]
    if stage == "intermediate_input":
        return _linear(
            trace, f"bert.encoder.layer.{layer}.intermediate", record.attention_norm[lead]
        )
    if stage == "shifted_scores":
        return record.masked_scores[lead] - record.masked_scores[lead].max()
    if stage == "exponentials":
        return _vector(trace, "shifted_scores", layer, lead).exp()
    found: Tensor = getattr(record, stage)[lead]
    return found


def _head_vector(trace: Trace, stage: str, lead: tuple[int, ...]) -> Tensor:
    if stage == "mlm_dense":
        return _linear(trace, "cls.predictions.transform", trace.hidden_states[-1][lead])
    if stage == "mlm_activation":
        return activation(trace.config.hidden_act, _vector(trace, "mlm_dense", None, lead))
    if stage == "mlm_transformed":
        return trace.model.cls.predictions.transform(trace.hidden_states[-1][lead])
    if stage == "mlm_logits":
        return trace.mlm_logits_at(lead[0])
    if stage == "pooled_input":
        return _linear(trace, "bert.pooler", trace.hidden_states[-1][0])
    if stage == "pooled_output":
        return trace.pooled_output
    if stage == "nsp_logits":
        return trace.nsp_logits
    family, _, part = stage.partition("_")  # mlm or nsp: softmax over the last axis
    logits = _vector(trace, f"{family}_logits", None, lead)
    return torch.softmax(logits, -1) if part == "probs" else (logits - logits.max()).exp()


def _scalar(trace: Trace, stage: str, layer: int | None, index: tuple[int, ...]) -> Tensor:
    prefix, _, part = stage.rpartition("_")
    if part == "mean":
        return _vector(trace, _NORMS[prefix][0], layer, index).mean()
    if part == "variance":
        return _vector(trace, f"{prefix}_centred", layer, index).square().mean()
    if stage == "score_max":
        return _vector(trace, "masked_scores", layer, index).max()
    if stage == "exponential_sum":
        return _vector(trace, "exponentials", layer, index).sum()
    if stage == "attention_probs_sum":
        return _vector(trace, "attention_probs", layer, index).sum()
    family = stage.partition("_")[0]
    if part == "max":
        return _vector(trace, f"{family}_logits", None, index).max()
    return _vector(trace, f"{family}_exponentials", None, index).sum()


def _linear(trace: Trace, path: str, x: Tensor) -> Tensor:
    weight = trace.model.get_parameter(f"{path}.dense.weight")
    return weight @ x.to(weight.device) + trace.model.get_parameter(f"{path}.dense.bias")


def _table_row(trace: Trace, stage: str, token: int) -> tuple[str, int]:
    ids = {
        "word_embeddings": trace.encoding.input_ids,
        "position_embeddings": trace.position_ids,
        "token_type_embeddings": trace.encoding.token_type_ids,
    }[stage]
    return f"bert.embeddings.{stage}.weight", ids[token]


# --- one step back -------------------------------------------------------------------------------

_Origin = tuple[str, tuple[Operands, ...], Constants]


def _origin(trace: Trace, cell: Cell) -> _Origin:
    stage, layer, index = cell.stage, cell.layer, cell.index
    prefix, _, part = stage.rpartition("_")
    if stage in _OUTPUT_OF_NORM:
        return _scale_shift(trace, cell)
    if prefix in _NORMS and part in ("mean", "centred", "variance", "normalised"):
        return _norm_origin(trace, cell, prefix, part)
    if stage in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
        path, row = _table_row(trace, stage, index[0])
        return "lookup", (_parameter(trace, "entry", path, (row, index[1])),), {}
    if stage == "embedding_sum":
        # in the order of the published sum
        names = ("word_embeddings", "token_type_embeddings", "position_embeddings")
        return "add", tuple(_one(trace, name, Cell(name, index)) for name in names), {}
    if layer is not None:
        return _layer_origin(trace, cell, layer)
    return _head_origin(trace, cell)


def _norm_origin(trace: Trace, cell: Cell, prefix: str, part: str) -> _Origin:
    source, layer, index = _NORMS[prefix][0], cell.layer, cell.index
    if part == "mean":
        return "mean", (_row(trace, "input", source, layer, index),), {}
    if part == "variance":
        return "variance", (_row(trace, "input", f"{prefix}_centred", layer, index),), {}
    if part == "centred":
        mean = Cell(f"{prefix}_mean", index[:-1], layer)
        operands = _one(trace, "input", Cell(source, index, layer)), _one(trace, "subtracted", mean)
        return "subtract", operands, {}
    centred = Cell(f"{prefix}_centred", index, layer)
    variance = Cell(f"{prefix}_variance", index[:-1], layer)
    operands = _one(trace, "input", centred), _one(trace, "variance", variance)
    return "normalise", operands, {"epsilon": trace.config.layer_norm_eps}


def _scale_shift(trace: Trace, cell: Cell) -> _Origin:
    prefix = _OUTPUT_OF_NORM[cell.stage]
    path = _NORMS[prefix][2]
    if cell.layer is not None:
        path = f"bert.encoder.layer.{cell.layer}.{path}"
    dim = cell.index[-1:]
    return (
        "scale_shift",
        (
            _one(trace, "input", Cell(f"{prefix}_normalised", cell.index, cell.layer)),
            _parameter(trace, "scale", f"{path}.weight", dim),
            _parameter(trace, "shift", f"{path}.bias", dim),
        ),
        {},
    )


def _layer_origin(trace: Trace, cell: Cell, layer: int) -> _Origin:
    stage, index = cell.stage, cell.index
    path = f"bert.encoder.layer.{layer}"

    def same(role: str, name: str) -> Operands:
        return _one(trace, role, Cell(name, index, layer))

    if stage in ("query", "key", "value"):
        head, token, dim = index
        out = head * trace.config.head_size + dim
        source = layer_input(layer, token, 0)
        inputs = _row(trace, "input", source.stage, source.layer, (token,))
        return _linear_origin(trace, inputs, f"{path}.attention.self.{stage}", out)
    if stage == "dot_products":
        head, query, key = index
        return (
            "dot",
            (
                _row(trace, "query", "query", layer, (head, query)),
                _row(trace, "key", "key", layer, (head, key)),
            ),
            {},
        )
    if stage == "attention_scores":
        constants: Constants = {"head_size": float(trace.config.head_size)}
        return "divide_root", (same("input", "dot_products"),), constants
    if stage == "masked_scores":
        return "mask", (same("input", "attention_scores"),), {"mask": _mask(trace, *index[1:])}
    if stage == "score_max":
        return "max", (_row(trace, "input", "masked_scores", layer, index),), {}
    if stage == "shifted_scores":
        largest = _one(trace, "subtracted", Cell("score_max", index[:-1], layer))
        return "subtract", (same("input", "masked_scores"), largest), {}
    if stage == "exponentials":
        return "exp", (same("input", "shifted_scores"),), {}
    if stage == "exponential_sum":
        return "sum", (_row(trace, "input", "exponentials", layer, index),), {}
    if stage == "attention_probs_sum":
        return "sum", (_row(trace, "input", "attention_probs", layer, index),), {}
    if stage == "attention_probs":
        total = _one(trace, "total", Cell("exponential_sum", index[:-1], layer))
        return "divide", (same("input", "exponentials"), total), {}
    if stage == "context":
        head, token, dim = index
        if (layer, head) in trace.heads_off:
            return "switched_off", (), {}
        weights = _row(trace, "weight", "attention_probs", layer, (head, token))
        keys = np.arange(len(trace.tokens))
        places = np.stack([np.full_like(keys, head), keys, np.full_like(keys, dim)], axis=1)
        values = _floats(trace.layer(layer).value[head, :, dim])
        return "weighted_sum", (weights, Operands("value", "value", layer, places, values)), {}
    if stage == "attention_output":
        return _linear_origin(
            trace, _joined(trace, layer, index[0]), f"{path}.attention.output.dense", index[1]
        )
    if stage == "attention_residual":
        before = _one(trace, "residual", layer_input(layer, *index))
        return "add", (before, same("output", "attention_output")), {}
    if stage == "intermediate_input":
        inputs = _row(trace, "input", "attention_norm", layer, index[:1])
        return _linear_origin(trace, inputs, f"{path}.intermediate.dense", index[1])
    if stage == "intermediate":
        name: Constants = {"activation": trace.config.hidden_act}
        return "activation", (same("input", "intermediate_input"),), name
    if stage == "ffn_output":
        inputs = _row(trace, "input", "intermediate", layer, index[:1])
        return _linear_origin(trace, inputs, f"{path}.output.dense", index[1])
    return "add", (same("residual", "attention_norm"), same("output", "ffn_output")), {}


def _head_origin(trace: Trace, cell: Cell) -> _Origin:
    stage, index = cell.stage, cell.index
    last = trace.num_layers - 1
    act: Constants = {"activation": trace.config.hidden_act}
    if stage == "mlm_dense":
        inputs = _row(trace, "input", "hidden_states", last, index[:1])
        return _linear_origin(trace, inputs, "cls.predictions.transform.dense", index[1])
    if stage == "mlm_activation":
        return "activation", (_one(trace, "input", Cell("mlm_dense", index)),), act
    if stage == "mlm_logits":
        # the output matrix is the word embedding table itself
        inputs = _row(trace, "input", "mlm_transformed", None, index[:1])
        table = "bert.embeddings.word_embeddings.weight"
        bias = _parameter(trace, "bias", "cls.predictions.bias", index[1:])
        return "linear", (inputs, _parameter_row(trace, "weight", table, index[1]), bias), {}
    if stage == "pooled_input":
        inputs = _row(trace, "input", "hidden_states", last, (0,))
        return _linear_origin(trace, inputs, "bert.pooler.dense", index[0])
    if stage == "pooled_output":
        return "tanh", (_one(trace, "input", Cell("pooled_input", index)),), {}
    if stage == "nsp_logits":
        inputs = _row(trace, "input", "pooled_output", None, ())
        return _linear_origin(trace, inputs, "cls.seq_relationship", index[0])
    family, _, part = stage.partition("_")
    if part == "max":
        return "max", (_row(trace, "input", f"{family}_logits", None, index),), {}
    if part == "exponential_sum":
        return "sum", (_row(trace, "input", f"{family}_exponentials", None, index),), {}
    if part == "exponentials":
        logit = _one(trace, "input", Cell(f"{family}_logits", index))
        largest = _one(trace, "subtracted", Cell(f"{family}_max", index[:-1]))
        return "exp_subtract", (logit, largest), {}
    share = _one(trace, "input", Cell(f"{family}_exponentials", index))
    total = _one(trace, "total", Cell(f"{family}_exponential_sum", index[:-1]))
    return "divide", (share, total), {}


def _linear_origin(trace: Trace, inputs: Operands, path: str, out: int) -> _Origin:
    weight = _parameter_row(trace, "weight", f"{path}.weight", out)
    return "linear", (inputs, weight, _parameter(trace, "bias", f"{path}.bias", (out,))), {}


def _joined(trace: Trace, layer: int, token: int) -> Operands:
    heads, size = trace.config.num_attention_heads, trace.config.head_size
    places = np.stack(
        [
            np.repeat(np.arange(heads), size),
            np.full(heads * size, token),
            np.tile(range(size), heads),
        ],
        axis=1,
    )
    values = _floats(trace.layer(layer).context[:, token].flatten())
    return Operands("input", "context", layer, places, values)


def _mask(trace: Trace, query: int, key: int) -> float:
    mask = trace.additive_mask()
    return float(mask[0, 0, query if mask.shape[2] > 1 else 0, key])


def _one(trace: Trace, role: str, cell: Cell) -> Operands:
    values = _floats([value_of(trace, cell)])
    return Operands(role, cell.stage, cell.layer, np.array([cell.index], np.int64), values)


def _row(trace: Trace, role: str, stage: str, layer: int | None, lead: tuple[int, ...]) -> Operands:
    values = _floats(_vector(trace, stage, layer, lead))
    return Operands(role, stage, layer, _places(lead, len(values)), values)


def _parameter(trace: Trace, role: str, path: str, index: tuple[int, ...]) -> Operands:
    return _one(trace, role, Cell(path, index))


def _parameter_row(trace: Trace, role: str, path: str, row: int) -> Operands:
    values = _floats(trace.model.get_parameter(path).detach()[row].cpu())
    return Operands(role, path, None, _places((row,), len(values)), values)


def _places(lead: tuple[int, ...], count: int) -> Indices:
    return np.stack([*(np.full(count, place) for place in lead), np.arange(count)], axis=1)


def _floats(values: ArrayLike | Tensor) -> Values:
    return np.array(values.numpy() if isinstance(values, Tensor) else values, np.float32)


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
