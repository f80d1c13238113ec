"""The record that the tokenizer hands to the model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

CONTINUED = "##"
"""In front of a piece that goes on with the word before it."""


@dataclass(frozen=True)
class Encoding:
    """One sentence, or a pair, as BERT reads it: [CLS] A [SEP], or [CLS] A [SEP] B [SEP].

    All tuples but the `cut_*` ones have one entry per token.
    """

    text_a: str
    text_b: str | None
    tokens: tuple[str, ...]
    """Vocabulary entries; a continued word piece starts with CONTINUED."""
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    """Segment: 0 for [CLS] A [SEP], 1 for B [SEP]."""
    attention_mask: tuple[int, ...]
    """1 for a real token, 0 for padding."""
    special_tokens_mask: tuple[int, ...]
    """1 for the [CLS] and [SEP] that the tokenizer added, 0 for the text's own tokens."""
    offsets: tuple[tuple[int, int] | None, ...]
    """Start and end of the token in its own text, in characters; None for added tokens."""
    cut_a: tuple[str, ...] = ()
    """Tokens of A that did not fit."""
    cut_b: tuple[str, ...] = ()
    """Tokens of B that did not fit."""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_pair(self) -> bool:
        """Whether a second sentence was given."""
        return self.text_b is not None

    @property
    def end_of_a(self) -> int:
        """Index of the [SEP] that ends A."""
        return self.special_tokens_mask.index(1, 1)

    @property
    def own(self) -> tuple[int, ...]:
        """Indices of the text's own tokens: all but the [CLS] and [SEP] that were added."""
        return tuple(i for i, special in enumerate(self.special_tokens_mask) if not special)

    def in_b(self, position: int) -> bool:
        """Whether a token belongs to B, its [SEP] included, whatever the segment ids say."""
        return position > self.end_of_a

    def with_segments(self, token_type_ids: tuple[int, ...]) -> "Encoding":
        """The same tokens with other segment ids.

        Raises:
            ValueError: not one id per token.
        """
        if len(token_type_ids) != len(self):
            raise ValueError(
                f"{len(self)} tokens need {len(self)} segment ids, not {len(token_type_ids)}"
            )
        return replace(self, token_type_ids=tuple(token_type_ids))

    def without(self, position: int) -> "Encoding":
        """The same input with one token taken out; what follows moves up by one position.

        Raises:
            ValueError: no such token.
        """
        if not 0 <= position < len(self):
            raise ValueError(f"token {position} is not one of 0 to {len(self) - 1}")
        return self._at([index for index in range(len(self)) if index != position])

    def reordered(self, order: Sequence[int]) -> "Encoding":
        """The same tokens in another order; `order[i]` is the old index of the token at place i.

        The texts stay as they were typed, and so do the offsets into them.

        Raises:
            ValueError: `order` does not name every token once.
        """
        if sorted(order) != list(range(len(self))):
            raise ValueError(f"order must name each of the {len(self)} tokens exactly once")
        return self._at(order)

    def _at(self, places: Sequence[int]) -> "Encoding":
        """The tokens at these places, with all that belongs to each."""

        def pick(values: tuple) -> tuple:
            return tuple(values[place] for place in places)

        return replace(
            self,
            tokens=pick(self.tokens),
            input_ids=pick(self.input_ids),
            token_type_ids=pick(self.token_type_ids),
            attention_mask=pick(self.attention_mask),
            special_tokens_mask=pick(self.special_tokens_mask),
            offsets=pick(self.offsets),
        )
