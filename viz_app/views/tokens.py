"""Tokens in the header of a payload."""

from __future__ import annotations

from collections.abc import Sequence

from viz_app.view_models.views import TokenLabel
from viz_app.views.payloads import Token


def token_header(tokens: Sequence[TokenLabel]) -> list[Token]:
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
