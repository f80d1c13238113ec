"""The address that shows what a stop shows."""

from __future__ import annotations

from urllib.parse import urlencode

from viz_app.lessons.records import Where
from viz_app.session.state import Selection, to_address


def stop_address(where: Where, *, language: str, model: str, position: int) -> str:
    """The part of the address behind the app's own: page and parameters.

    Args:
        language: Of the pages.
        position: Of the token that looks.
    """
    selection = Selection(
        language,
        model,
        where.text_a,
        where.text_b,
        layer=where.layer,
        head=where.head,
        query=position,
        step=where.step,
    )
    page = "" if where.page == "start" else where.page.replace("_", "-")
    return f"{page}?{urlencode(to_address(selection) | where.parameters)}"


def embedded(where: Where, *, language: str, model: str, position: int) -> str:
    """The same address for a frame inside another page: without bar and navigation."""
    address = stop_address(where, language=language, model=model, position=position)
    return f"{address}&embed=true"
