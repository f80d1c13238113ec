"""The words behind the text's [MASK] tokens, kept so that they can be put back.

They stay in the session together with the text that they belong to, and in the address as
`hidden`, so that a reload and a copied link know the right words too.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from viz_app.session import service
from viz_app.session.address import Part
from viz_app.view_models.labs.hidden_words import HiddenWord, from_parameter, to_parameter

PARAMETER = "hidden"
ADDRESS = Part(PARAMETER, PARAMETER.__eq__)
_KEPT = "_hidden_words"


def hidden_words(masks: int) -> tuple[HiddenWord, ...]:
    """The words behind the masks of the text at hand, reading order; keeps the address in step.

    Args:
        masks: How many [MASK] tokens the text has.
    """
    texts = _texts()
    asked = ADDRESS.news()
    kept = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == texts:
        words = kept[1]
    elif asked:
        words = from_parameter(asked[PARAMETER][: service.current().longest_text])
    else:
        words = ()
    if sum(word.pieces for word in words) != masks:
        words = (HiddenWord(),) * masks
    remember(words)
    ADDRESS.write({PARAMETER: to_parameter(words)} if any(word.text for word in words) else {})
    return words


def remember(words: Sequence[HiddenWord]) -> None:
    """Keep the words for the text that the session now holds; for callbacks, after `choose`."""
    st.session_state[_KEPT] = (_texts(), tuple(words))


def _texts() -> tuple[str, str]:
    return st.session_state["text_a"], st.session_state["text_b"]
