"""Scaled dot-product attention, once with every step kept and once in one fused call."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bert_core.config import BertConfig

Kernel = Literal["fused", "eager"]


@dataclass(frozen=True)
class AttentionSteps:
    """Every step of attention; rows are queries, columns are keys."""

    dot_products: Float[Tensor, "*batch heads query key"]
    attention_scores: Float[Tensor, "*batch heads query key"]
    masked_scores: Float[Tensor, "*batch heads query key"]
    attention_probs: Float[Tensor, "*batch heads query key"]
    context: Float[Tensor, "*batch heads query head_size"]


def attention_steps(
    query: Float[Tensor, "batch heads query head_size"],
    key: Float[Tensor, "batch heads key key_size"],
    value: Float[Tensor, "batch heads key value_size"],
    additive_mask: Float[Tensor, "#batch 1 #query key"] | None = None,
    dropout_p: float = 0.0,
) -> AttentionSteps:
    """Scaled dot-product attention, keeping every step.

    Args:
        query, key, value: Projections already split by head.
        additive_mask: Added to the scores; 0 where a query may look, else a large negative number.
        dropout_p: Share of weights dropped on the way to `context`, in training.

    Returns:
        AttentionSteps; each row of `attention_probs` sums to 1 and is what dropout is applied to.
        Scores are unitless.

    Raises:
        ValueError: head sizes differ; the message gives both.

    Source: Vaswani et al. 2017, eq. 1 (their d_k is our head_size); mask as in BERT's
        `attention_layer`.
    """
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"query has head size {query.shape[-1]}, key has {key.shape[-1]}")
    dot_products = query @ key.transpose(-1, -2)  # [batch, heads, query, key]
    attention_scores = dot_products / math.sqrt(query.shape[-1])
    masked_scores = attention_scores if additive_mask is None else attention_scores + additive_mask
    attention_probs = torch.softmax(masked_scores, dim=-1)
    context = F.dropout(attention_probs, dropout_p, training=dropout_p > 0) @ value
    return AttentionSteps(dot_products, attention_scores, masked_scores, attention_probs, context)


def attention_weights(
    query: Float[Tensor, "batch heads query head_size"],
    key: Float[Tensor, "batch heads key head_size"],
    additive_mask: Float[Tensor, "#batch 1 #query key"] | None = None,
) -> Float[Tensor, "batch heads query key"]:
    """The `attention_probs` of `attention_steps`, to the bit, in the memory of one step."""
    scores = (query @ key.transpose(-1, -2)).div_(math.sqrt(query.shape[-1]))
    if additive_mask is not None:
        scores.add_(additive_mask)
    return torch.softmax(scores, dim=-1)


def fused_attention(
    query: Float[Tensor, "batch heads query head_size"],
    key: Float[Tensor, "batch heads key head_size"],
    value: Float[Tensor, "batch heads key value_size"],
    additive_mask: Float[Tensor, "#batch 1 #query key"] | None = None,
    dropout_p: float = 0.0,
) -> Float[Tensor, "batch heads query value_size"]:
    """The `context` of `attention_steps` in one call that does not keep the weights' steps."""
    if query.dtype == torch.bfloat16 and query.device.type == "cpu":
        return _batched_attention(query, key, value, additive_mask, dropout_p)
    return F.scaled_dot_product_attention(query, key, value, additive_mask, dropout_p)


def _batched_attention(
    query: Float[Tensor, "batch heads query head_size"],
    key: Float[Tensor, "batch heads key head_size"],
    value: Float[Tensor, "batch heads key value_size"],
    additive_mask: Float[Tensor, "#batch 1 #query key"] | None,
    dropout_p: float,
) -> Float[Tensor, "batch heads query value_size"]:
    """Attention in two batched products, for bfloat16 on a CPU.

    There torch's fused call takes seven times as long on the way back (33 against 5 ms for 32 × 8
    heads of 128 × 128 weights), which is a quarter of a training step.
    """
    batch, heads = query.shape[:2]
    scaled = (query / math.sqrt(query.shape[-1])).flatten(0, 1)
    keys = key.flatten(0, 1).mT
    if additive_mask is None:
        scores = torch.bmm(scaled, keys)
    else:
        mask = additive_mask.to(query.dtype).expand(batch, heads, -1, -1).flatten(0, 1)
        scores = torch.baddbmm(mask, scaled, keys)
    # Asked for in its own format, autocast leaves the softmax in bfloat16 (it sums in float32).
    with torch.autocast("cpu", enabled=False):
        probs = F.dropout(torch.softmax(scores, -1), dropout_p, training=dropout_p > 0)
    return torch.bmm(probs, value.flatten(0, 1)).unflatten(0, (batch, heads))


@dataclass(frozen=True)
class SelfAttentionSteps(AttentionSteps):
    """The projections of one layer, split by head, and the steps of attention on them.

    `context` holds zeros for heads that are switched off.
    """

    query: Float[Tensor, "*batch heads seq head_size"]
    key: Float[Tensor, "*batch heads seq head_size"]
    value: Float[Tensor, "*batch heads seq head_size"]


class MultiHeadSelfAttention(nn.Module):
    """Query, key and value projections and attention in every head, before the heads are joined."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.num_heads = config.num_attention_heads
        self.head_size = config.head_size
        self.dropout_prob = config.attention_probs_dropout_prob
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def split_heads(
        self, projected: Float[Tensor, "batch seq hidden"]
    ) -> Float[Tensor, "batch heads seq head_size"]:
        """Cut the hidden axis into heads: head h owns columns h·head_size to (h+1)·head_size."""
        batch, seq, _ = projected.shape
        return projected.view(batch, seq, self.num_heads, self.head_size).transpose(1, 2)

    def join_heads(
        self, context: Float[Tensor, "batch heads seq head_size"]
    ) -> Float[Tensor, "batch seq hidden"]:
        """Put the heads side by side again."""
        batch, heads, seq, head_size = context.shape
        return context.transpose(1, 2).reshape(batch, seq, heads * head_size)

    def weights(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        additive_mask: Float[Tensor, "#batch 1 #query seq"] | None = None,
    ) -> Float[Tensor, "batch heads seq seq"]:
        """The `attention_probs` of `steps` alone, without gradients."""
        query = self.split_heads(self.query(hidden_states))
        return attention_weights(query, self.split_heads(self.key(hidden_states)), additive_mask)

    @property
    def dropout_p(self) -> float:
        """Dropout in force now: none outside training."""
        return self.dropout_prob if self.training else 0.0

    def steps(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        additive_mask: Float[Tensor, "#batch 1 #query seq"] | None = None,
        head_mask: Float[Tensor, " heads"] | None = None,
    ) -> SelfAttentionSteps:
        """Attention with every step kept; `head_mask` holds 0 for a head that is switched off."""
        query = self.split_heads(self.query(hidden_states))
        key = self.split_heads(self.key(hidden_states))
        value = self.split_heads(self.value(hidden_states))
        steps = vars(attention_steps(query, key, value, additive_mask, self.dropout_p))
        context = _switch_heads(steps["context"], head_mask)
        return SelfAttentionSteps(
            **{**steps, "context": context}, query=query, key=key, value=value
        )

    def forward(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        additive_mask: Float[Tensor, "#batch 1 #query seq"] | None = None,
        head_mask: Float[Tensor, " heads"] | None = None,
        kernel: Kernel = "fused",
    ) -> Float[Tensor, "batch seq hidden"]:
        """All heads' context side by side, by the named kernel."""
        if kernel == "eager":
            context = self.steps(hidden_states, additive_mask, head_mask).context
        else:
            context = fused_attention(
                self.split_heads(self.query(hidden_states)),
                self.split_heads(self.key(hidden_states)),
                self.split_heads(self.value(hidden_states)),
                additive_mask,
                self.dropout_p,
            )
            context = _switch_heads(context, head_mask)
        return self.join_heads(context)


def _switch_heads(
    context: Float[Tensor, "batch heads seq head_size"],
    head_mask: Float[Tensor, " heads"] | None,
) -> Float[Tensor, "batch heads seq head_size"]:
    return context if head_mask is None else context * head_mask[None, :, None, None]
