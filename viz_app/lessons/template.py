"""What a new lesson begins as: short, complete, and true of the language's own model."""

from __future__ import annotations

from bert_core.assets import ASSETS


def template(language: str) -> str:
    """The text of an empty lesson."""
    return (ASSETS / "lessons" / f"template_{language}.yaml").read_text(encoding="utf-8")
