"""The language that a vocabulary was made for, as far as this project has texts in it.

Reads files and strings only, so that a front end knows a shipped model's language before torch is
there.
"""

import re
from collections.abc import Iterable
from functools import cache

from bert_core.assets import ASSETS
from bert_core.encoding import CONTINUED

_SPECIAL = re.compile(r"\[[A-Z]+\]")
CHINESE_SHARE = 1 / 3
"""From this share of entries on a vocabulary counts as Chinese. One that Chinese text was split
with holds mostly characters, each alone and as a continued piece: 0.86 in `small-zh`, 0.69 in
`bert-base-chinese`. Characters of all scripts in an English one are a few in a hundred, and a
multilingual one has more Latin pieces than Chinese ones."""


def vocabulary_language(entries: Iterable[str]) -> str:
    """`zh` for a vocabulary with many Chinese characters, else `en`.

    The pieces decide, not a name or a card: they are what the model can read, and every checkpoint
    has them. Raises nothing; a vocabulary without entries is `en`.
    """
    pieces = [entry.removeprefix(CONTINUED) for entry in entries]
    chinese = sum(_is_chinese(piece) for piece in pieces)
    return "zh" if chinese > CHINESE_SHARE * len(pieces) else "en"


def written_language(text: str) -> str | None:
    """The language that a reader's text is most likely in: `zh` or `en`; None where nothing tells.

    Names of special tokens such as [MASK] say nothing.
    """
    letters = [letter for letter in _SPECIAL.sub("", text) if letter.isalpha()]
    chinese = sum(map(_is_chinese, letters))
    if chinese > CHINESE_SHARE * len(letters):
        return "zh"
    return "en" if letters and all(letter.isascii() for letter in letters) else None


@cache
def shipped_language(name: str) -> str:
    """The language of a shipped checkpoint, from its `vocab.txt`; the model is not opened.

    Raises:
        FileNotFoundError: no shipped checkpoint has this name.
    """
    vocabulary = ASSETS / "checkpoints" / name / "vocab.txt"
    return vocabulary_language(vocabulary.read_text(encoding="utf-8").split("\n"))


def _is_chinese(piece: str) -> bool:
    return bool(piece) and all("\u4e00" <= character <= "\u9fff" for character in piece)
