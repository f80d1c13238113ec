"""Both languages say the same things, with the same blanks to fill."""

import re
from string import Formatter

import pytest

from viz_app.messages import LANGUAGES, catalogue, text


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    english, chinese = (set(catalogue(language)) for language in LANGUAGES)
    assert english - chinese == set()
    assert chinese - english == set()


def test_both_languages_fill_the_same_placeholders() -> None:
    english, chinese = (catalogue(language) for language in LANGUAGES)
    different = {key for key in english if placeholders(english[key]) != placeholders(chinese[key])}
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


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("en", "app.no_such_message")
