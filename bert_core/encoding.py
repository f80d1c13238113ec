"""The record that the tokenizer hands to the model."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Encoding:
    """One sentence, or a pair, as BERT reads it: [CLS] A [SEP], or [CLS] A [SEP] B [SEP].

    All tuples but the `cut_*` ones have one entry per token.
    """

    text_a: str
    text_b: str | None
    tokens: tuple[str, ...]
    """Vocabulary entries; a continued word piece starts with `##`."""
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
