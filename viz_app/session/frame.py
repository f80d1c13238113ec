"""What every page stands on: the words of its language, and the model and trace it is about.

A page asks for these in its first lines. Where one cannot be had, the page stops there with a
message that says what was wrong and what to do; the text stays in the sentence bar.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import streamlit as st

from bert_core.assets import shipped_checkpoints
from bert_core.language import shipped_language
from viz_app import messages
from viz_app.messages import Say
from viz_app.session import resources, state

if TYPE_CHECKING:
    from streamlit.navigation.page import Page as StreamlitPage

    from bert_core.bert import Bert
    from bert_core.trace import Trace

logger = logging.getLogger("headlight")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def run(page: StreamlitPage) -> None:
    """Run a page; if our own code fails, say so in the reader's words and log the traceback."""
    _guarded(page.run, page.title)


def fragment(part: Callable[[], None]) -> Callable[[], None]:
    """Like `st.fragment`: a click in this part of a page runs the part alone, guarded as a page."""
    return st.fragment(wraps(part)(lambda: _guarded(part, part.__name__)))


def _guarded(work: Callable[[], None], name: str) -> None:
    try:
        work()
    except Exception:  # Streamlit's own signals (stop, rerun) are no Exceptions and pass through
        logger.exception("The page %s failed", name)
        st.error(say_now()("app.page_failed"))


def say_now() -> Say:
    """Messages in the language chosen."""
    return messages.say_in(st.session_state["language"])


def escape(text: str) -> str:
    """A reader's text for use inside Markdown: shown as it is, never as markup."""
    return _MARKDOWN.sub(r"\\\1", text.replace("\n", " "))


def model() -> Bert:
    """The model chosen; stops the page if it cannot be opened."""
    name, say = st.session_state["model"], say_now()
    if not may_load(name):
        st.info(say("app.model.download", model=escape(name)))
        st.button(say("app.model.download_button"), on_click=state.ask_for_model, args=[name])
        st.stop()
    try:
        if resources.is_loaded(name):
            return resources.model(name)
        with st.spinner(say("app.model.loading", model=escape(name))):
            return resources.model(name)
    except ValueError as error:
        from bert_core.checkpoint import CheckpointError  # brings torch, which is here by now

        if not isinstance(error, CheckpointError):
            raise
        st.error(
            say(
                "app.model.failed",
                model=escape(name),
                reason=escape(str(error)),
                remedy=say(f"models.remedy.{error.problem}"),
            )
        )
        st.stop()


def text_language() -> str:
    """The language of texts for the model chosen, without waiting for the model.

    Until a model that is not shipped is loaded, it is the language of the page.
    """
    name = st.session_state["model"]
    if name in shipped_checkpoints():
        return shipped_language(name)
    if resources.is_loaded(name):
        return resources.model(name).language
    return str(st.session_state["language"])


def may_load(name: str) -> bool:
    """Whether a model may be loaded now: it is on this machine, or the reader asked for it.

    A link can name any model. Following it must not make this machine fetch one unasked.
    """
    return resources.is_here(name) or resources.is_loaded(name) or state.model_was_asked(name)


def require(part: str, purpose: str) -> None:
    """Stop the page if the checkpoint lacks a part that it is about (`mlm`, `nsp`)."""
    bert, say = model(), say_now()
    if part in bert.missing:
        st.info(say(f"app.missing.{purpose}", model=escape(bert.name)))
        st.caption(escape(bert.missing[part]))
        st.stop()


def trace(**interventions: Any) -> Trace:
    """The trace of the text in the sentence bar; stops the page if there is no text.

    Says what the model did not read: what was cut, and what its vocabulary does not hold.
    """
    selection, say = state.current(), say_now()
    bert = model()
    if not selection.text_a.strip():
        st.info(say("app.text.empty"))
        st.stop()
    text_b = selection.text_b if selection.text_b.strip() else None
    found = resources.trace(selection.model, selection.text_a, text_b, **interventions)
    _say_what_is_lost(found, bert.tokenizer.unk_id, say)
    return found


def selection(of: Trace) -> state.Selection:
    """The reader's choices, moved into the model and the sentence at hand."""
    config = of.config
    return state.current().within(
        config.num_hidden_layers, config.num_attention_heads, len(of.tokens)
    )


def _say_what_is_lost(found: Trace, unk_id: int, say: Say) -> None:
    encoding = found.encoding
    cut = (*encoding.cut_a, *encoding.cut_b)
    if cut:
        shown = " ".join(cut[:12]) + (" …" if len(cut) > 12 else "")
        limit = found.config.max_position_embeddings
        st.warning(say("app.text.cut", count=len(cut), limit=limit, tokens=escape(shown)))
    # a typed special token has its own id, so this counts only what the vocabulary lacks
    unknown = [
        (encoding.text_b or "" if encoding.in_b(position) else encoding.text_a)[slice(*span)]
        for position, span in enumerate(encoding.offsets)
        if encoding.input_ids[position] == unk_id and span is not None
    ]
    if unknown:
        shown = " ".join(dict.fromkeys(unknown[:12]))
        st.warning(say("app.text.unknown", count=len(unknown), words=escape(shown)))
    if len(encoding) == (3 if encoding.is_pair else 2):
        st.warning(say("app.text.no_tokens"))
