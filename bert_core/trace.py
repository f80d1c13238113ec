"""Everything a forward pass computes, kept small and worked out again where it is looked at.

A `Trace` holds the input of every layer, as the plain forward pass computed it. `Trace.layer` runs
one layer again through the eager code and returns its full record.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bert_core.config import BertConfig
from bert_core.encoding import Encoding
from bert_core.model import (
    BertForPreTraining,
    EmbeddingSteps,
    LayerSteps,
    additive_attention_mask,
)
from bert_core.operations import Given, recompute

_RECORD_BYTES = 64 * 2**20
"""Layer records kept per trace; at least the last one is."""


@dataclass(frozen=True)
class LayerTrace(LayerSteps):
    """What the modules of one layer work out for one input; float32 on the CPU, no batch axis."""

    def nbytes(self) -> int:
        """Memory of all stages, in bytes."""
        return sum(stage.nbytes for stage in vars(self).values())


@dataclass(frozen=True, eq=False)
class Trace:
    """One input's way through the model. Immutable, and safe to share between threads."""

    model: BertForPreTraining
    encoding: Encoding
    position_ids: tuple[int, ...]
    attention: str
    """`full` or `causal`."""
    heads_off: frozenset[tuple[int, int]]
    """(layer, head) pairs whose context is set to zero."""
    hidden_states: tuple[Tensor, ...]
    """layers + 1 tensors [seq, hidden] of the plain forward pass: embedding output, then each
    layer's output."""
    pooled_output: Float[Tensor, " hidden"]
    nsp_logits: Float[Tensor, " 2"]
    """[is next, random]"""
    _records: "OrderedDict[int, LayerTrace]" = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def config(self) -> BertConfig:
        """The model's sizes."""
        return self.model.config

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens, [CLS] and [SEP] included."""
        return self.encoding.tokens

    @property
    def num_layers(self) -> int:
        """Number of encoder layers."""
        return self.config.num_hidden_layers

    @property
    def mlm_logits(self) -> Float[Tensor, "seq vocab"]:
        """MLM scores at every position; worked out at each call, as they would fill the trace."""
        with torch.no_grad():
            return self.model.mlm_logits(self.hidden_states[-1][None])[0]

    def mlm_logits_at(self, position: int, layer: int | None = None) -> Float[Tensor, " vocab"]:
        """MLM scores at one position, from the last layer or, as a logit lens, from an earlier one.

        Args:
            position: Index of the token.
            layer: 0 for the embedding output, i + 1 for the output of layer i; default the last.

        Raises:
            ValueError: no such position or layer.

        Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
        """
        layer = self.num_layers if layer is None else layer
        for what, index, size in (
            ("position", position, len(self.tokens)),
            ("layer", layer, len(self.hidden_states)),
        ):
            if not 0 <= index < size:
                raise ValueError(f"{what} {index} is not one of 0 to {size - 1}")
        with torch.no_grad():
            return self.model.mlm_logits(self.hidden_states[layer][position])

    @property
    def embeddings(self) -> EmbeddingSteps:
        """The three lookups, their sum and the embedding output."""
        with torch.no_grad():
            steps = self.model.bert.embeddings.steps(
                *_inputs(self.model, self.encoding, self.position_ids)
            )
        return EmbeddingSteps(**{name: stage[0].cpu() for name, stage in vars(steps).items()})

    def additive_mask(self) -> Float[Tensor, "1 1 query seq"]:
        """What is added to the attention scores; query axis of length 1 unless causal."""
        hidden = self.hidden_states[0][None]
        present = torch.tensor([self.encoding.attention_mask], device=hidden.device)
        mask = additive_attention_mask(present, self.attention, hidden)
        assert mask is not None  # there is none only where nothing is said about padding
        return mask

    @cached_property
    def given(self) -> Given:
        """What this forward pass started from."""
        count = len(self.tokens)
        encoding = self.encoding
        return Given(
            self.model,
            {
                "input_ids": encoding.input_ids,
                "token_type_ids": encoding.token_type_ids,
                "position_ids": self.position_ids,
            },
            self.additive_mask()[0, 0].expand(count, count).cpu(),
            self.heads_off,
        )

    def layer(self, index: int) -> LayerTrace:
        """The full record of one layer, run again by the eager kernel from that layer's input.

        Raises:
            ValueError: no such layer.
        """
        self._check_layer(index)
        with self._lock:
            if index in self._records:
                self._records.move_to_end(index)
                return self._records[index]
        record = self._run_layer(index)
        with self._lock:
            self._records[index] = record
            kept = sum(other.nbytes() for other in self._records.values())
            while kept > _RECORD_BYTES and len(self._records) > 1:
                kept -= self._records.popitem(last=False)[1].nbytes()
        return record

    def attention_probs(self, index: int) -> Float[Tensor, "heads query key"]:
        """The attention weights of one layer, as in its record but for a quarter of the work.

        They need the layer's queries and keys only, and are not kept.

        Raises:
            ValueError: no such layer.
        """
        self._check_layer(index)
        with self._lock:
            record = self._records.get(index)
        if record is not None:
            return record.attention_probs
        attention = self.model.layer(index).attention.self
        with torch.no_grad():
            probs = attention.weights(self.hidden_states[index][None], self.additive_mask())
        return probs[0].cpu()

    def attention_overview(self) -> UInt8[np.ndarray, "layers heads query key"]:
        """All attention weights as round(255·√p), for pictures only (error up to 0.004)."""
        pictures = []
        for index in range(self.num_layers):
            probs = self.attention_probs(index)
            pictures.append((probs.sqrt() * 255).round().to(torch.uint8).numpy())
        return np.stack(pictures)

    def check(self, index: int) -> float:
        """Largest absolute difference between the recomputed chain of a layer and the forward pass.

        The chain starts from the layer's input and works every stage out of the stage before, in
        float64 and by the formulas of the stage table rather than by the model's own modules. Each
        stage is compared with the record that is shown, and the last one also with the plain
        forward pass.

        Raises:
            ValueError: no such layer.
        """
        record, stages = self.layer(index), recompute(self.given, index, self.hidden_states[index])
        worst = [(stages[name].float() - shown).abs().max() for name, shown in vars(record).items()]
        plain = self.hidden_states[index + 1].cpu()
        worst.append((stages["hidden_states"].float() - plain).abs().max())
        return torch.stack(worst).max().item()  # not a number where any of them is not

    def _check_layer(self, index: int) -> None:
        if not 0 <= index < self.num_layers:
            raise ValueError(f"layer {index} is not one of 0 to {self.num_layers - 1}")

    def _head_mask(self, index: int) -> Tensor | None:
        masks = head_mask(self.config, self.heads_off)
        return None if masks is None else masks[index].to(self.hidden_states[0].device)

    def _run_layer(self, index: int) -> LayerTrace:
        layer = self.model.layer(index)
        with torch.no_grad():
            steps = layer.steps(
                self.hidden_states[index][None], self.additive_mask(), self._head_mask(index)
            )
        return LayerTrace(
            **{name: stage[0].cpu().contiguous() for name, stage in vars(steps).items()}
        )


def trace_forward(
    model: BertForPreTraining,
    encoding: Encoding,
    *,
    heads_off: Collection[tuple[int, int]] = frozenset(),
    position_ids: Sequence[int] | None = None,
    attention: str = "full",
) -> Trace:
    """One plain forward pass, in eval mode and without gradients, kept as a `Trace`.

    Args:
        model: Left unchanged; must be in eval mode.
        encoding: Tokens and segments.
        heads_off: (layer, head) pairs to switch off.
        position_ids: One position per token, default 0, 1, 2, …
        attention: `full` or `causal`.

    Raises:
        ValueError: the model is in training mode, the input is too long, or an id, position,
            segment or head does not exist; the message gives the value and the limit.
    """
    config = model.config
    if model.training:
        raise ValueError("the model is in training mode; call model.eval() first")
    if position_ids is None:
        if len(encoding) > config.max_position_embeddings:
            raise ValueError(
                f"{len(encoding)} tokens do not fit into {config.max_position_embeddings} positions"
            )
        position_ids = range(len(encoding))
    positions = tuple(position_ids)
    if len(positions) != len(encoding):
        raise ValueError(f"{len(encoding)} tokens need as many positions, not {len(positions)}")
    for what, values, size in (
        ("token id", encoding.input_ids, config.vocab_size),
        ("segment id", encoding.token_type_ids, config.type_vocab_size),
        ("position", positions, config.max_position_embeddings),
    ):
        for value in values:
            if not 0 <= value < size:
                raise ValueError(f"{what} {value} is not one of 0 to {size - 1}")
    off = frozenset(heads_off)
    masks = head_mask(config, off)
    device = next(model.parameters()).device
    input_ids, token_type_ids, position_tensor = _inputs(model, encoding, positions)
    with torch.no_grad():
        output = model(
            input_ids,
            token_type_ids=token_type_ids,
            attention_mask=torch.tensor([encoding.attention_mask], device=device),
            position_ids=position_tensor,
            mlm_positions=torch.zeros(0, dtype=torch.long, device=device),
            attention=attention,
            head_mask=None if masks is None else masks.to(device),
        )
    return Trace(
        model=model,
        encoding=encoding,
        position_ids=positions,
        attention=attention,
        heads_off=off,
        hidden_states=tuple(hidden[0] for hidden in output.hidden_states),
        pooled_output=output.pooled_output[0].cpu(),
        nsp_logits=output.nsp_logits[0].cpu(),
    )


def head_mask(
    config: BertConfig, heads_off: Collection[tuple[int, int]]
) -> Float[Tensor, "layers heads"] | None:
    """1 for every head, 0 for those switched off; None when none is.

    Raises:
        ValueError: no such head.
    """
    if not heads_off:
        return None
    mask = torch.ones(config.num_hidden_layers, config.num_attention_heads)
    for layer, head in heads_off:
        if not (0 <= layer < mask.shape[0] and 0 <= head < mask.shape[1]):
            raise ValueError(
                f"L{layer} H{head} does not exist: {mask.shape[0]} layers × {mask.shape[1]} heads"
            )
        mask[layer, head] = 0.0
    return mask


def _inputs(
    model: BertForPreTraining, encoding: Encoding, position_ids: tuple[int, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    device = next(model.parameters()).device
    rows = (encoding.input_ids, encoding.token_type_ids, position_ids)
    input_ids, token_type_ids, positions = (torch.tensor([row], device=device) for row in rows)
    return input_ids, token_type_ids, positions
