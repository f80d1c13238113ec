"""Which words a prediction hangs on, measured in three ways that need not agree.

Hiding a word and asking again shows what the model loses. Attention shows where it reads from, the
gradient how the answer would move, to first order. Source of the comparison: Jain & Wallace 2019,
"Attention is not Explanation"; what it does not show: Wiegreffe & Pinter 2019.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from bert_core.batched import Report, mlm_log_probabilities_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining, additive_attention_mask
from bert_core.trace import Trace
from bert_core.words import Word, with_ids, words_of


@dataclass(frozen=True)
class Importance:
    """How much each word matters to one token at one masked position."""

    words: tuple[Word, ...]
    """Every word but the masked one."""
    log_probability: float
    """ln p of the token, nothing else hidden."""
    left_out: Float[Tensor, " words"]
    """ln p lost when the word is hidden too; above zero: the word helped."""
    attention: Float[Tensor, " words"]
    """Attention weight from the masked position, mean over all layers and heads, 0..1."""
    gradient: Float[Tensor, " words"]
    """Gradient of ln p times the word embedding, summed over dimensions."""

    def agreement(self) -> dict[tuple[str, str], float]:
        """Rank correlations of the three measures' sizes, -1 to 1; NaN below three words."""
        names = ("left_out", "attention", "gradient")
        sizes = {name: getattr(self, name).abs().tolist() for name in names}
        return {
            (a, b): rank_correlation(sizes[a], sizes[b])
            for index, a in enumerate(names)
            for b in names[index + 1 :]
        }


def importance(
    bert: Bert, trace: Trace, position: int, token_id: int, report: Report | None = None
) -> Importance:
    """Measure all other words against one token at one position.

    Raises:
        ValueError: the checkpoint has no MLM head.
    """
    encoding, mask_id = trace.encoding, bert.tokenizer.mask_id
    words = tuple(word for word in words_of(encoding) if position not in word.positions)
    asked = [encoding] + [
        with_ids(encoding, dict.fromkeys(word.positions, mask_id), bert.tokenizer) for word in words
    ]
    found = mlm_log_probabilities_of(bert, asked, [position] * len(asked), report)[:, token_id]
    attention = attention_from(trace, position)
    gradient = gradient_times_input(bert.model, encoding, position, token_id)

    def per_word(values: Float[Tensor, " seq"]) -> Float[Tensor, " words"]:
        return torch.tensor([values[list(word.positions)].sum().item() for word in words])

    return Importance(
        words=words,
        log_probability=found[0].item(),
        left_out=found[0] - found[1:],
        attention=per_word(attention),
        gradient=per_word(gradient),
    )


def attention_from(trace: Trace, position: int) -> Float[Tensor, " seq"]:
    """One query's attention weights, mean over all layers and heads; they sum to 1."""
    rows = [
        trace.attention_probs(index)[:, position].mean(dim=0) for index in range(trace.num_layers)
    ]
    return torch.stack(rows).mean(dim=0)


def gradient_times_input(
    model: BertForPreTraining, encoding: Encoding, position: int, token_id: int
) -> Float[Tensor, " seq"]:
    """d ln p(token at position) / d x · x for every word embedding x.

    To first order it is what ln p would lose if the embedding were scaled down to nothing. The
    model's parameters get no gradient.

    Source: Shrikumar et al. 2017, section 3 (gradient × input).
    """
    device = next(model.parameters()).device
    embeddings = model.bert.embeddings
    with torch.enable_grad():
        steps = embeddings.steps(
            torch.tensor([encoding.input_ids], device=device),
            torch.tensor([encoding.token_type_ids], device=device),
        )
        word = steps.word_embeddings.detach().requires_grad_()
        rest = (steps.position_embeddings + steps.token_type_embeddings).detach()
        hidden = embeddings.LayerNorm(word + rest)
        present = torch.tensor([encoding.attention_mask], device=device)
        mask = additive_attention_mask(present, "full", hidden)
        for layer in model.layers():
            hidden = layer(hidden, mask, None, "eager")
        scores = model.mlm_logits(hidden[0, position]).float()
        [gradient] = torch.autograd.grad(scores.log_softmax(-1)[token_id], word)
    return (gradient * word.detach())[0].sum(-1).float().cpu()


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Spearman's ρ, -1 to 1, equal values sharing their mean rank; NaN where it has no meaning.

    That is below three pairs, or where one side is all the same.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values cannot be paired with {len(b)}")
    if len(a) < 3:
        return float("nan")
    x, y = (torch.tensor(_ranks(values), dtype=torch.float64) for values in (a, b))
    x, y = x - x.mean(), y - y.mean()
    spread = (x.square().sum() * y.square().sum()).sqrt().item()
    return (x * y).sum().item() / spread if spread else float("nan")


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    first = {value: ordered.index(value) for value in set(values)}
    return [first[value] + (ordered.count(value) - 1) / 2 for value in values]
