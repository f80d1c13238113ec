"""What the headers of several views share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from viz_app.view_models.views import TokenLabel

Words = Callable[..., str]
"""Looks up a message in the language of the page: `words(key, **values)`.

A placeholder that the browser fills is passed through as itself: `words("…", query="{query}")`.
"""


def token_header(tokens: Sequence[TokenLabel]) -> list[dict[str, Any]]:
    """Tokens as the JavaScript side reads them."""
    return [
        {
            "text": token.text,
            "label": token.label,
            "segment": token.segment,
            "special": token.special,
            "upright": token.upright,
        }
        for token in tokens
    ]
