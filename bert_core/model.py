"""BERT as published, in reading order: embeddings, layers, pooler, and the two pretraining heads.

Post-LayerNorm encoder of Vaswani et al. 2017 with the embeddings and heads of Devlin et al. 2018.
Module names follow Hugging Face's `BertForPreTraining`, so the state dictionaries are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bert_core.attention import Kernel, MultiHeadSelfAttention, SelfAttentionSteps
from bert_core.config import BertConfig
from bert_core.positional import sinusoidal_positions

WORD_EMBEDDINGS = "bert.embeddings.word_embeddings.weight"
OUTPUT_MATRIX = "cls.predictions.decoder.weight"
"""Scores words in the MLM head; most often it is the word embeddings under a second name."""


@dataclass(frozen=True)
class EmbeddingSteps:
    """The three lookups, their sum, and the first layer's input."""

    word_embeddings: Float[Tensor, "*batch seq hidden"]
    position_embeddings: Float[Tensor, "*batch seq hidden"]
    token_type_embeddings: Float[Tensor, "*batch seq hidden"]
    embedding_sum: Float[Tensor, "*batch seq hidden"]
    embedding_output: Float[Tensor, "*batch seq hidden"]


@dataclass(frozen=True)
class LayerSteps(SelfAttentionSteps):
    """Every stage of one encoder layer that a module works out, named as in `stages`."""

    attention_output: Float[Tensor, "*batch seq hidden"]
    attention_norm: Float[Tensor, "*batch seq hidden"]
    intermediate: Float[Tensor, "*batch seq inner"]
    ffn_output: Float[Tensor, "*batch seq hidden"]
    hidden_states: Float[Tensor, "*batch seq hidden"]
    """The layer's output."""


@dataclass(frozen=True)
class BertOutput:
    """What one forward pass gives."""

    hidden_states: tuple[Tensor, ...]
    """layers + 1 tensors [batch, seq, hidden]: the embedding output, then every layer's output.
    Empty when they were not to be kept."""
    pooled_output: Float[Tensor, "batch hidden"]
    mlm_logits: Tensor
    """[batch, seq, vocab], or [chosen, vocab] when positions were chosen."""
    nsp_logits: Float[Tensor, "batch 2"]
    """Index 0: B follows A; index 1: B is random."""


class BertEmbeddings(nn.Module):
    """Word + position + segment, then LayerNorm (Devlin et al. 2018, figure 2)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, hidden, config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, hidden)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, hidden)
        self.LayerNorm = nn.LayerNorm(hidden, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def steps(
        self,
        input_ids: Int[Tensor, "batch seq"],
        token_type_ids: Int[Tensor, "batch seq"] | None = None,
        position_ids: Int[Tensor, "#batch seq"] | None = None,
    ) -> EmbeddingSteps:
        """The three lookups and what becomes of them."""
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        if position_ids is None:
            position_ids = torch.arange(input_ids.shape[1], device=input_ids.device)[None]
        word = self.word_embeddings(input_ids)
        position = self.position_embeddings(position_ids).expand_as(word)
        token_type = self.token_type_embeddings(token_type_ids)
        total = word + token_type + position
        return EmbeddingSteps(
            word, position, token_type, total, self.dropout(self.LayerNorm(total))
        )

    def forward(
        self,
        input_ids: Int[Tensor, "batch seq"],
        token_type_ids: Int[Tensor, "batch seq"] | None = None,
        position_ids: Int[Tensor, "#batch seq"] | None = None,
    ) -> Float[Tensor, "batch seq hidden"]:
        """The first layer's input."""
        return self.steps(input_ids, token_type_ids, position_ids).embedding_output


class ResidualOutput(nn.Module):
    """Project back to the hidden size, add the input, normalise: LayerNorm(residual + dense(x))."""

    def __init__(self, in_size: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(in_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        inner: Float[Tensor, "*positions in_size"],
        residual: Float[Tensor, "*positions hidden"],
    ) -> tuple[Float[Tensor, "*positions hidden"], Float[Tensor, "*positions hidden"]]:
        """Returns the projection alone and the normalised sum."""
        projected = self.dense(inner)
        return projected, self.LayerNorm(residual + self.dropout(projected))


class BertAttention(nn.Module):
    """Attention in every head, then the heads joined, projected (W_O), added and normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = MultiHeadSelfAttention(config)
        self.output = ResidualOutput(config.hidden_size, config)


class Intermediate(nn.Module):
    """Dense layer and activation: the inner half of the feed-forward network."""

    def __init__(self, out_size: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, out_size)
        self.hidden_act = config.hidden_act

    def forward(self, hidden: Float[Tensor, "*batch hidden"]) -> Float[Tensor, "*batch out_size"]:
        """activation(dense(x)), by default exact GELU: x·Φ(x) (Hendrycks & Gimpel 2016)."""
        return activation(self.hidden_act, self.dense(hidden))


def activation(name: str, x: Tensor) -> Tensor:
    """The activation that the configuration names, element by element."""
    if name == "gelu":
        return F.gelu(x)
    if name in ("gelu_new", "gelu_pytorch_tanh"):
        return F.gelu(x, approximate="tanh")
    if name == "quick_gelu":  # Hendrycks & Gimpel 2016, section 2
        return x * torch.sigmoid(1.702 * x)
    if name in ("silu", "swish"):
        return F.silu(x)
    return torch.tanh(x) if name == "tanh" else F.relu(x)


class BertLayer(nn.Module):
    """One encoder layer (Vaswani et al. 2017, section 3.1; LayerNorm after each addition)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = BertAttention(config)
        self.intermediate = Intermediate(config.intermediate_size, config)
        self.output = ResidualOutput(config.intermediate_size, config)

    def steps(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        additive_mask: Float[Tensor, "#batch 1 #query seq"] | None = None,
        head_mask: Float[Tensor, " heads"] | None = None,
    ) -> LayerSteps:
        """The layer by the eager kernel, every stage kept."""
        steps = self.attention.self.steps(hidden_states, additive_mask, head_mask)
        joined = self.attention.self.join_heads(steps.context)
        attention_output, attention_norm = self.attention.output(joined, hidden_states)
        intermediate = self.intermediate(attention_norm)
        ffn_output, output = self.output(intermediate, attention_norm)
        return LayerSteps(
            **vars(steps),
            attention_output=attention_output,
            attention_norm=attention_norm,
            intermediate=intermediate,
            ffn_output=ffn_output,
            hidden_states=output,
        )

    def forward(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        additive_mask: Float[Tensor, "#batch 1 #query seq"] | None = None,
        head_mask: Float[Tensor, " heads"] | None = None,
        kernel: Kernel = "fused",
        only_at: Int[Tensor, " kept"] | None = None,
    ) -> Float[Tensor, "*positions hidden"]:
        """The layer's output, by the named kernel: [batch, seq, hidden].

        `only_at` holds indices into the flattened batch·seq axis; every token is still attended
        to, but what follows attention is computed there alone, and the output is [kept, hidden].
        """
        joined = self.attention.self(hidden_states, additive_mask, head_mask, kernel)
        if only_at is not None:
            joined = joined.flatten(0, 1).index_select(0, only_at)
            hidden_states = hidden_states.flatten(0, 1).index_select(0, only_at)
        _, attention_norm = self.attention.output(joined, hidden_states)
        return self.output(self.intermediate(attention_norm), attention_norm)[1]


class BertEncoder(nn.Module):
    """The stack of layers."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(config) for _ in range(config.num_hidden_layers))


class BertPooler(nn.Module):
    """tanh(dense([CLS])): one vector for the whole input."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self, hidden_states: Float[Tensor, "batch seq hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """The pooled output."""
        return torch.tanh(self.dense(hidden_states[:, 0]))


class BertModel(nn.Module):
    """Embeddings, encoder and pooler, without the pretraining heads."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.embeddings = BertEmbeddings(config)
        self.encoder = BertEncoder(config)
        self.pooler = BertPooler(config)


class MlmTransform(Intermediate):
    """dense, activation, LayerNorm: the MLM head before it meets the vocabulary."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config.hidden_size, config)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, hidden: Float[Tensor, "*batch hidden"]) -> Float[Tensor, "*batch hidden"]:
        """The vector that is compared with every word embedding."""
        return self.LayerNorm(super().forward(hidden))


class MlmHead(nn.Module):
    """Scores for every vocabulary entry; the output matrix is the word embedding table itself.

    Only a head that is not tied to that table has a `decoder`.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.transform = MlmTransform(config)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        if not config.tie_word_embeddings:
            self.decoder = nn.Linear(config.hidden_size, config.vocab_size, bias=False)


class PretrainingHeads(nn.Module):
    """Masked-word head and next-sentence head (Devlin et al. 2018, section 3.1)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.predictions = MlmHead(config)
        self.seq_relationship = nn.Linear(config.hidden_size, 2)


class BertForPreTraining(nn.Module):
    """BERT with its masked-word (MLM) and next-sentence (NSP) heads.

    Args:
        config: Sizes.
        kernel: Attention kernel of the forward pass: `fused` is faster, `eager` keeps to the
            written steps; both give the same numbers up to float32 rounding.
    """

    def __init__(self, config: BertConfig, kernel: Kernel = "fused") -> None:
        super().__init__()
        self.config = config
        self.kernel: Kernel = kernel
        self.bert = BertModel(config)
        self.cls = PretrainingHeads(config)
        self.apply(self._init_weights)
        if config.position_embedding_type == "sinusoidal":
            table = self.bert.embeddings.position_embeddings.weight
            table.requires_grad_(False)
            if not table.is_meta:
                table.copy_(sinusoidal_positions(*table.shape))

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            nn.init.zeros_(module.weight[module.padding_idx])

    def layers(self) -> Iterator[BertLayer]:
        """The encoder layers, first to last."""
        return (cast(BertLayer, layer) for layer in self.bert.encoder.layer)

    def layer(self, index: int) -> BertLayer:
        """One encoder layer, counted from 0."""
        return cast(BertLayer, self.bert.encoder.layer[index])

    def path(self, parameter: str) -> str:
        """Where this model keeps a parameter: a tied output matrix is the word embeddings."""
        if parameter == OUTPUT_MATRIX and self.config.tie_word_embeddings:
            return WORD_EMBEDDINGS
        return parameter

    def mlm_logits(self, hidden: Float[Tensor, "*batch hidden"]) -> Float[Tensor, "*batch vocab"]:
        """The MLM head on any hidden vectors: unnormalised scores over the vocabulary."""
        transformed = self.cls.predictions.transform(hidden)
        matrix = self.get_parameter(self.path(OUTPUT_MATRIX))
        return F.linear(transformed, matrix, self.cls.predictions.bias)

    def nsp_logits(
        self, pooled_output: Float[Tensor, "*batch hidden"]
    ) -> Float[Tensor, "*batch 2"]:
        """The NSP head: [is next, random]."""
        return self.cls.seq_relationship(pooled_output)

    def forward(
        self,
        input_ids: Int[Tensor, "batch seq"],
        token_type_ids: Int[Tensor, "batch seq"] | None = None,
        attention_mask: Int[Tensor, "batch seq"] | None = None,
        position_ids: Int[Tensor, "#batch seq"] | None = None,
        mlm_positions: Int[Tensor, " chosen"] | None = None,
        attention: str = "full",
        head_mask: Float[Tensor, "layers heads"] | None = None,
        keep_hidden_states: bool = True,
    ) -> BertOutput:
        """One pass from ids to both heads.

        Args:
            input_ids: Token ids.
            token_type_ids: Segment ids, default all 0.
            attention_mask: 1 for a real token, 0 for padding; default all 1.
            position_ids: Default 0, 1, 2, …
            mlm_positions: Indices into the flattened batch·seq axis; the MLM head then runs only
                there, which is most of its cost in training.
            attention: `full` (BERT) or `causal` (a token sees only itself and what stands before).
            head_mask: 0 for a head that is switched off, 1 for the others.
            keep_hidden_states: Without them, and with `mlm_positions`, the last layer is finished
                only where a head reads it, at [CLS] and the chosen positions: the same logits for
                less work.

        Raises:
            ValueError: more tokens than positions, or an unknown `attention`.
        """
        if position_ids is None and input_ids.shape[1] > self.config.max_position_embeddings:
            raise ValueError(
                f"{input_ids.shape[1]} tokens do not fit into "
                f"{self.config.max_position_embeddings} positions"
            )
        hidden = self.bert.embeddings(input_ids, token_type_ids, position_ids)
        mask = additive_attention_mask(attention_mask, attention, hidden)
        batch, seq = input_ids.shape
        read = None
        if mlm_positions is not None and not keep_hidden_states:
            cls_positions = torch.arange(0, batch * seq, seq, device=input_ids.device)
            read = torch.cat([cls_positions, mlm_positions])
        hidden_states = [hidden]
        last = self.config.num_hidden_layers - 1
        for index, layer in enumerate(self.layers()):
            heads = None if head_mask is None else head_mask[index]
            hidden = layer(hidden, mask, heads, self.kernel, read if index == last else None)
            hidden_states.append(hidden)
        if read is not None:
            pooled, chosen = self.bert.pooler(hidden[:batch, None]), hidden[batch:]
        else:
            pooled = self.bert.pooler(hidden)
            chosen = hidden if mlm_positions is None else hidden.flatten(0, 1)[mlm_positions]
        return BertOutput(
            tuple(hidden_states) if keep_hidden_states else (),
            pooled,
            self.mlm_logits(chosen),
            self.nsp_logits(pooled),
        )


def additive_attention_mask(
    attention_mask: Int[Tensor, "batch seq"] | None,
    attention: str,
    hidden: Float[Tensor, "batch seq hidden"],
) -> Float[Tensor, "batch 1 query seq"] | None:
    """0 where a query may look and the lowest number of the type where it may not.

    Returns None when there is nothing to hide. The query axis has length 1 unless `causal`.

    Raises:
        ValueError: an unknown name.

    Source: BERT's `create_attention_mask_from_input_mask`, which adds -10000.
    """
    if attention not in ("full", "causal"):
        raise ValueError(f"attention must be 'full' or 'causal', not {attention!r}")
    if attention_mask is None and attention == "full":
        return None
    batch, seq = hidden.shape[:2]
    visible = torch.ones(batch, 1, 1, seq, dtype=torch.bool, device=hidden.device)
    if attention_mask is not None:
        visible = attention_mask.bool()[:, None, None, :]
    if attention == "causal":
        visible = visible & torch.ones(seq, seq, dtype=torch.bool, device=hidden.device).tril()
    mask = torch.zeros(visible.shape, dtype=hidden.dtype, device=hidden.device)
    return mask.masked_fill(~visible, torch.finfo(hidden.dtype).min)
