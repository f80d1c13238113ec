"""All languages say the same things, with the same blanks to fill."""

import re
from string import Formatter

import pytest

from viz_app.messages import LANGUAGES, catalogue, text


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_keys(language: str) -> None:
    english, others = set(catalogue("en")), set(catalogue(language))
    assert english - others == set()
    assert others - english == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_fill_the_same_placeholders(language: str) -> None:
    english, others = catalogue("en"), catalogue(language)
    different = {key for key in english if placeholders(english[key]) != placeholders(others[key])}
    assert different == set()


def test_no_message_is_empty_and_chinese_is_chinese() -> None:
    for language in LANGUAGES:
        empty = [key for key, message in catalogue(language).items() if not message.strip()]
        assert empty == []
    # A sentence of English in the Chinese catalogue was forgotten; names and symbols may stay.
    forgotten = [
        key
        for key, message in catalogue("zh").items()
        if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", message)
        and not re.search("[\u4e00-\u9fff]", message)
    ]
    assert forgotten == []


def test_text_fills_values_and_leaves_braces_in_them_alone() -> None:
    filled = text("en", "app.model.loading", model="{x} {0}")
    assert filled == "Loading {x} {0} …"


_ONE_OF_MANY = re.compile(
    r"""(?<![\w.,√π/·^-])1\ (?!(?:of|as|with|it)\b)(?:[a-z]+\ ){0,2}?
    (?:(?:are|were|have|share|add)\b|(?!(?:is|its|this|was|has|adds|lies)\b)[a-z]+s\b)""",
    re.VERBOSE,
)
_SEVERAL = {
    "an input has [CLS] and [SEP]": (
        "app.text.cut",
        "attention.compare.lengths",
        "concepts.bidirectional.here",
        "concepts.encoder.here",
        "concepts.quadratic.here",
        "concepts.rnn.here",
        "concepts.softmax.here",
        "walkthrough.guess_value_below_even",
    ),
    "only said of more than are shown": (
        "attention.overview.pooled",
        "attention.save.neurons_note",
        "masked_words.guess.more",
        "models.card.cut",
        "positions.lengths.shown",
        "positions.pair.cut",
        "positions.reading.rotation",
        "start.more",
        "start.note.input",
        "words_in_context.too_many",
        "workbook.kind_learned_part",
    ),
    "a constant": (
        "masked_words.training.counts",
        "positions.reading.components",
        "positions.rotation.direct",
        "start.panel.encoder",
        "walkthrough.step_check",
        "words_in_context.too_few",
    ),
    "one pass without a head switched off, and one per head": ("attention.off.rank",),
    "a word of one piece has another text": ("masked_words.chip.hide_pieces",),
    "words of the whole shelf": ("words_in_context.nearest_scale",),
    "no model is so small": (
        "concepts.add_norm.here",
        "concepts.bert.here",
        "concepts.checkpoint.here",
        "concepts.contextual.here",
        "concepts.dot_product.here",
        "concepts.dropout.here",
        "concepts.embedding.here",
        "concepts.ffn.here",
        "concepts.gradient.here",
        "concepts.head.here",
        "concepts.hidden_state.here",
        "concepts.logits.here",
        "concepts.loss.here",
        "concepts.pre_training.here",
        "concepts.query.here",
        "concepts.sizes.here",
        "concepts.subspaces.here",
        "concepts.vocabulary.here",
        "concepts.wordpiece.here",
        "positions.learned.ends",
        "positions.reading.rope",
        "walkthrough.lab_reading",
        "walkthrough.picture",
        "walkthrough.picture_blocks",
    ),
    "a measure with decimals": (
        "concepts.entropy.here",
        "concepts.masking_rule.here",
        "concepts.mismatch.here",
        "concepts.slow.here",
        "masked_words.pairs.arises",
        "masked_words.pairs.prefers",
        "masked_words.training.loss",
        "positions.reading.constancy",
        "positions.reading.swamping",
        "positions.reading.wavelengths",
        "positions.rotation.worked",
        "walkthrough.guess_value_sharper",
    ),
}
"""Messages whose number is never 1, by the reason for that."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_a_message_that_counts_reads_right_with_any_number(language: str, number: int) -> None:
    several = {key for keys in _SEVERAL.values() for key in keys}
    assert several <= set(catalogue(language))
    wrong = []
    for key, message in catalogue(language).items():
        filled = text(language, key, **dict.fromkeys(placeholders(message), number))
        if key not in several and (found := _ONE_OF_MANY.search(filled)):
            wrong.append((key, found.group()))
    assert wrong == []


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("en", "app.no_such_message")
