"""Every word on the pages, in English and Simplified Chinese.

One JSON file per area and language, `messages/<language>/<area>.json`; each key starts with its
area, and both languages have the same keys.
"""

import json
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files

Say = Callable[..., str]
"""Looks up a message in the language of the page: `say(key, **values)`.

A placeholder that the browser fills is passed through as itself: `say("…", query="{query}")`.
"""

LANGUAGES = {"en": "English", "zh": "简体中文"}
"""Code → the language's own name."""


@cache
def catalogue(language: str) -> dict[str, str]:
    """All messages of one language.

    Raises:
        ValueError: a key that does not start with the name of its file.
    """
    found: dict[str, str] = {}
    for file in (files(__name__) / language).iterdir():
        area = file.name.removesuffix(".json")
        for key, message in json.loads(file.read_text(encoding="utf-8")).items():
            if not key.startswith(f"{area}."):
                raise ValueError(f"{language}/{file.name}: the key {key!r} must start with {area}.")
            found[key] = message
    return found


def text(language: str, key: str, /, **values: object) -> str:
    """One message with its placeholders filled.

    Raises:
        KeyError: no such message, or a placeholder without a value.
    """
    return catalogue(language)[key].format(**values)


def say_in(language: str) -> Say:
    """`text` bound to one language."""
    return partial(text, language)
