"""Next-sentence prediction looked at closely: what of a pair the answer hangs on.

Source of the task: Devlin et al. 2018, section 3.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bert_core.batched import Report, nsp_logits_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.shelves import SentencePair
from bert_core.trace import Trace

BLOCKS = ("cls", "a", "sep", "b")
"""[CLS]; the tokens of A; both [SEP]; the tokens of B."""
VARIANTS = ("as_is", "swapped", "flipped", "one_segment", "no_middle_sep", "no_last_sep")
"""The pair as it is; A and B exchanged; segment ids 0 and 1 exchanged; every segment id 0; without
the [SEP] between A and B; without the [SEP] at the end."""


def pair_variant(bert: Bert, text_a: str, text_b: str, variant: str) -> Encoding:
    """The pair as the model reads it, changed in one respect.

    Raises:
        ValueError: no such variant, or one that needs two segments of a model that has one.
    """
    if variant not in VARIANTS:
        raise ValueError(f"{variant!r} is not one of {', '.join(VARIANTS)}")
    if variant == "swapped":
        return bert.encode(text_b, text_a)
    encoding = bert.encode(text_a, text_b)
    if variant == "flipped":
        if bert.config.type_vocab_size < 2:
            raise ValueError(f"{bert.name} has one segment only, so none can be flipped")
        return encoding.with_segments(tuple(1 - segment for segment in encoding.token_type_ids))
    if variant == "one_segment":
        return encoding.with_segments((0,) * len(encoding))
    if variant == "no_middle_sep":
        return encoding.without(encoding.end_of_a)
    if variant == "no_last_sep":
        return encoding.without(len(encoding) - 1)
    return encoding


def variants_for(bert: Bert) -> tuple[str, ...]:
    """The variants that make sense for a model: one with a single segment has none to change."""
    if bert.config.type_vocab_size < 2:
        return tuple(name for name in VARIANTS if name not in ("flipped", "one_segment"))
    return VARIANTS


def is_next_probabilities(logits: Float[Tensor, "*inputs 2"]) -> Float[Tensor, "*inputs"]:
    """P(is next), 0..1."""
    return torch.softmax(logits.float(), dim=-1)[..., 0]


def blocks_of(encoding: Encoding) -> Int[Tensor, " seq"]:
    """For every token the index of its block in BLOCKS."""
    found = []
    for position, special in enumerate(encoding.special_tokens_mask):
        name = "sep" if special else "b" if encoding.in_b(position) else "a"
        found.append(BLOCKS.index("cls" if special and position == 0 else name))
    return torch.tensor(found)


def block_masses(trace: Trace) -> Float[Tensor, "layers heads from_block to_block"]:
    """Share of attention that goes from one block to another, mean over the block's queries.

    Each row of four sums to 1; it is NaN for a block without tokens, as B is without a second
    sentence.
    """
    block = blocks_of(trace.encoding)
    member = torch.nn.functional.one_hot(block, len(BLOCKS)).float()  # [seq, block]
    mean_of = member / member.sum(dim=0)  # NaN for an empty block
    layers = []
    for index in range(trace.num_layers):
        to_block = trace.attention_probs(index) @ member  # [heads, query, to_block]
        layers.append(torch.einsum("qf,hqt->hft", mean_of, to_block))
    return torch.stack(layers)


def head_effects(trace: Trace, report: Report | None = None) -> Float[Tensor, "layers heads"]:
    """P(is next) with each head switched off in turn.

    What stands before the head's layer does not change, so each pass starts there.
    """
    model, config = trace.model, trace.config
    mask = trace.additive_mask()
    device = trace.hidden_states[0].device
    found = torch.empty(config.num_hidden_layers, config.num_attention_heads)
    for layer in range(config.num_hidden_layers):
        for head in range(config.num_attention_heads):
            on = torch.ones(config.num_attention_heads, device=device)
            on[head] = 0.0
            hidden = trace.hidden_states[layer][None]
            with torch.no_grad():
                for index in range(layer, config.num_hidden_layers):
                    heads = on if index == layer else None
                    hidden = model.layer(index)(hidden, mask, heads, model.kernel)
                logits = model.nsp_logits(model.bert.pooler(hidden))[0]
            found[layer, head] = is_next_probabilities(logits.cpu())
        if report is not None:
            report(layer + 1, config.num_hidden_layers)
    return found


@dataclass(frozen=True)
class ShelfScore:
    """A model's answers to pairs whose truth is known."""

    pairs: tuple[SentencePair, ...]
    probabilities: Float[Tensor, " pairs"]
    """P(is next)."""

    @property
    def right(self) -> list[bool]:
        """Whether the more probable answer is the true one, pair by pair."""
        return [
            (probability >= 0.5) == pair.is_next
            for pair, probability in zip(self.pairs, self.probabilities.tolist(), strict=True)
        ]

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0..1."""
        return sum(self.right) / len(self.pairs)

    def confusion(self) -> Int[Tensor, "truth answer"]:
        """Counts; rows are what is true, columns what the model says, each [is next, random]."""
        counts = torch.zeros(2, 2, dtype=torch.long)
        for pair, probability in zip(self.pairs, self.probabilities.tolist(), strict=True):
            counts[0 if pair.is_next else 1, 0 if probability >= 0.5 else 1] += 1
        return counts

    def misses(self) -> list[int]:
        """Indices of the wrong answers, the surest first."""
        wrong = [index for index, right in enumerate(self.right) if not right]
        return sorted(wrong, key=lambda index: -abs(self.probabilities[index].item() - 0.5))

    def calibration(self, bins: int = 10) -> "list[CalibrationBin]":
        """Bins of equal width over P(is next) that hold at least one pair."""
        which = (self.probabilities * bins).long().clamp(max=bins - 1)
        truth = torch.tensor([pair.is_next for pair in self.pairs])
        return [
            CalibrationBin(
                count=int(inside.sum()),
                predicted=self.probabilities[inside].mean().item(),
                observed=truth[inside].float().mean().item(),
            )
            for number in range(bins)
            if (inside := which == number).any()
        ]


@dataclass(frozen=True)
class CalibrationBin:
    """Pairs with a like P(is next): their mean, and how many of them truly follow (both 0..1)."""

    count: int
    predicted: float
    observed: float


def score_shelf(
    bert: Bert, pairs: Sequence[SentencePair], report: Report | None = None
) -> ShelfScore:
    """Ask the model about every pair.

    Raises:
        ValueError: the checkpoint has no NSP head.
    """
    encodings = [bert.encode(pair.text_a, pair.text_b) for pair in pairs]
    logits = nsp_logits_of(bert, encodings, report)
    return ShelfScore(tuple(pairs), is_next_probabilities(logits))
