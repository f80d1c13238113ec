"""The words of a lesson on screen, which come from whoever wrote it.

Markdown without HTML is safe but for pictures, which would make the browser ask another machine.
"""

from __future__ import annotations

from collections.abc import Mapping

from viz_app.lessons.reading import FIGURE
from viz_app.session import frame

_JOINER = "\u2060"
"""No space and no sign: what stands around it is no longer Markdown's own pair."""


def shown(text: str, figures: Mapping[str, str] | None = None) -> str:
    """A text of a lesson as Markdown: figures filled in, no pictures, no links.

    Args:
        figures: Name → text; one that is not known is left as `…`.
    """
    plain = text.replace("![", f"!{_JOINER}[").replace("](", f"]{_JOINER}(")
    plain = plain.replace("]:", f"]{_JOINER}:").replace("][", f"]{_JOINER}[")
    known = figures or {}
    return FIGURE.sub(lambda found: frame.escape(known.get(found[1], "…")), plain)


def label(text: str) -> str:
    """One line of a lesson, such as a title or an option, which is no Markdown."""
    return frame.escape(text)
