"""Tokens in the header of a payload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from viz_app.view_models.views import TokenLabel


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
