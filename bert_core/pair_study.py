"""Next-sentence prediction looked at closely: what of a pair the answer hangs on.

Source of the task: Devlin et al. 2018, section 3.1.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from bert_core.encoding import Encoding

if TYPE_CHECKING:
    from bert_core.bert import Bert

VARIANTS = ("as_is", "swapped", "flipped", "one_segment", "no_middle_sep", "no_last_sep")
"""The pair as it is; A and B exchanged; segment ids 0 and 1 exchanged; every segment id 0; without
the [SEP] between A and B; without the [SEP] at the end."""


PER_TOKEN = (
    "tokens",
    "input_ids",
    "token_type_ids",
    "attention_mask",
    "special_tokens_mask",
    "offsets",
)


def pair_variant(bert: "Bert", text_a: str, text_b: str, variant: str) -> Encoding:
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
        return without_token(encoding, encoding.special_tokens_mask.index(1, 1))
    if variant == "no_last_sep":
        return without_token(encoding, len(encoding) - 1)
    return encoding


def variants_for(bert: "Bert") -> tuple[str, ...]:
    """The variants that make sense for a model: one with a single segment has none to change."""
    if bert.config.type_vocab_size < 2:
        return tuple(name for name in VARIANTS if name not in ("flipped", "one_segment"))
    return VARIANTS


def without_token(encoding: Encoding, position: int) -> Encoding:
    """The same input with one token taken out; what follows moves up by one position.

    Raises:
        ValueError: no such token.
    """
    if not 0 <= position < len(encoding):
        raise ValueError(f"token {position} is not one of 0 to {len(encoding) - 1}")
    kept: dict[str, Any] = {
        name: (*getattr(encoding, name)[:position], *getattr(encoding, name)[position + 1 :])
        for name in PER_TOKEN
    }
    return replace(encoding, **kept)


def is_next_probabilities(logits: Float[Tensor, "*inputs 2"]) -> Float[Tensor, "*inputs"]:
    """P(is next), 0..1."""
    return torch.softmax(logits.float(), dim=-1)[..., 0]
