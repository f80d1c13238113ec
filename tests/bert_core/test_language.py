"""A model's language: right for what is shipped, and for the kinds of vocabulary there are."""

import subprocess
import sys

import pytest

from bert_core import load
from bert_core.assets import shipped_checkpoints
from bert_core.language import shipped_language, vocabulary_language, written_language

HAN = [chr(0x4E00 + number) for number in range(7000)]


def english(count: int) -> list[str]:
    """As many Latin pieces, every third one continued."""
    return [f"{'##' if number % 3 == 0 else ''}word{number}" for number in range(count)]


def continued(entries: list[str]) -> list[str]:
    return [f"##{entry}" for entry in entries]


@pytest.mark.parametrize("name", shipped_checkpoints())
def test_a_shipped_model_has_the_language_of_its_name(name: str) -> None:
    assert load(name, device="cpu").language == shipped_language(name) == name.rpartition("-")[2]


# Sizes as in the published vocabularies.
@pytest.mark.parametrize(
    ("entries", "language"),
    [
        pytest.param(english(29_500) + HAN[:1000], "en", id="bert-base-uncased"),
        pytest.param(HAN + continued(HAN) + english(7000), "zh", id="bert-base-chinese"),
        pytest.param(english(106_000) + HAN + continued(HAN), "en", id="multilingual"),
        pytest.param(["[PAD]", "cat", "##s", "我", "."], "en", id="one in five"),
        pytest.param(["[PAD]", "我", "##我", "喜欢", "."], "zh", id="three in five"),
        pytest.param([], "en", id="empty"),
    ],
)
def test_a_vocabulary_tells_its_language(entries: list[str], language: str) -> None:
    assert vocabulary_language(entries) == language


def test_the_language_of_a_shipped_model_needs_no_torch() -> None:
    code = (
        "import sys; from bert_core.language import shipped_language; "
        "assert shipped_language('small-zh') == 'zh'; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我喜欢吃洋葱。", "zh"),
        ("他养了一[MASK]狗。", "zh"),
        ("我用 Python 写程序。", "zh"),
        ("The [MASK] sat down.", "en"),
        ("Die Straße ist breit.", None),
        ("кошка", None),
        ("2024 …", None),
        ("[MASK]", None),
        ("", None),
    ],
)
def test_the_language_of_a_text_is_told_from_its_letters(text: str, language: str | None) -> None:
    assert written_language(text) == language
