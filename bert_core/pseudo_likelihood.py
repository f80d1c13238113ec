"""How likely a masked-word model finds a sentence: every token hidden in turn.

The sum of ln p over the tokens is no probability of the sentence, but it ranks sentences that
differ in one place (Salazar et al. 2020, "Masked Language Model Scoring", section 2.2). The pieces
of one word give each other away, so the pieces to the right of the asked one, within its word, are
hidden with it (Kauf and Ivanova 2023, "A Better Way to Do Masked Language Model Scoring",
PLL-word-l2r).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bert_core.batched import Report, mlm_log_probabilities_at
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.tokenizer import BertTokenizer
from bert_core.words import with_ids, words_of


@dataclass(frozen=True)
class PseudoLikelihood:
    """An input with ln p of each of its own tokens; the added [CLS] and [SEP] have none."""

    encoding: Encoding
    positions: tuple[int, ...]
    """Where the tokens stand in the input, in reading order."""
    log_probabilities: tuple[float, ...]
    """Nats, one per position."""

    @property
    def total(self) -> float:
        """The pseudo-log-likelihood (nats)."""
        return sum(self.log_probabilities, 0.0)


def pseudo_likelihoods(
    bert: Bert, encodings: Sequence[Encoding], report: Report | None = None
) -> list[PseudoLikelihood]:
    """Score inputs, all of their tokens batched by length.

    Raises:
        ValueError: the checkpoint has no MLM head, or an input was cut, so that its score would be
            that of another sentence.
    """
    for encoding in encodings:
        if encoding.cut_a or encoding.cut_b:
            raise ValueError(
                f"The text {encoding.text_a[:40]!r}… does not fit into the "
                f"{bert.config.max_position_embeddings} tokens that {bert.name} reads."
            )
    hidden = [hidden_in_turn(encoding, bert.tokenizer) for encoding in encodings]
    found = mlm_log_probabilities_at(
        bert,
        [variant for variants in hidden for variant in variants.values()],
        [position for variants in hidden for position in variants],
        [
            encoding.input_ids[position]
            for encoding, variants in zip(encodings, hidden, strict=True)
            for position in variants
        ],
        report,
    )
    parts = found.split([len(variants) for variants in hidden])
    return [
        PseudoLikelihood(encoding, tuple(variants), tuple(part.tolist()))
        for encoding, variants, part in zip(encodings, hidden, parts, strict=True)
    ]


def hidden_in_turn(encoding: Encoding, tokenizer: BertTokenizer) -> dict[int, Encoding]:
    """Position of a token → the input with [MASK] for it and for the rest of its word."""
    return {
        position: with_ids(
            encoding, dict.fromkeys(word.positions[piece:], tokenizer.mask_id), tokenizer
        )
        for word in words_of(encoding)
        for piece, position in enumerate(word.positions)
    }
