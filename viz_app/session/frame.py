"""What every page stands on: one look at the reader's words, model and trace per run.

Where a model or trace cannot be had, the page stops there with a message that says what was wrong
and what to do; the text stays in the sentence bar.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import TYPE_CHECKING, Any

import streamlit as st

import bert_core
from bert_core.assets import shipped_checkpoints
from bert_core.language import shipped_language, written_language
from viz_app import messages
from viz_app.messages import Say
from viz_app.messages.isolate import isolated
from viz_app.number_text import share_text
from viz_app.session import resources, service, state

if TYPE_CHECKING:  # pages are run once torch is there; what stands here runs before
    from opencc import OpenCC
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.navigation.page import Page as StreamlitPage

    from bert_core.bert import Bert
    from bert_core.encoding import Encoding
    from bert_core.trace import Trace

logger = logging.getLogger("headlight")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


@dataclass(frozen=True)
class Visit:
    """One run of a page: what the reader has chosen, and what follows from it, looked up once."""

    say: Say
    """Messages in the language chosen."""
    selection: state.Selection

    @cached_property
    def bert(self) -> Bert:
        """The model chosen; stops the page if it cannot be opened."""
        return self.model(self.selection.model)

    def model(self, name: str) -> Bert:
        """Any model, while a line says that it is loading; stops the page if it cannot be had."""
        say = self.say
        here = service.current()
        if not here.offers(name):
            offered = ", ".join(map(escape, here.listed or ()))
            st.error(say("app.model.not_offered", model=escape(name[:80]), offered=offered))
            st.stop()
        if resources.is_loaded(name):
            return resources.model(name)
        if not may_load(name):
            st.info(say("app.model.download", model=escape(name)))
            st.button(say("app.model.download_button"), on_click=state.ask_for_model, args=[name])
            st.stop()
        try:
            with st.spinner(say("app.model.loading", model=escape(name))):
                resources.wait_for(name, _download_bar(say))
                return resources.model(name)
        except bert_core.CheckpointError as error:
            st.error(
                say(
                    "app.model.failed",
                    model=escape(name),
                    reason=escape(str(error)),
                    remedy=say(f"models.remedy.{error.problem}"),
                )
            )
            st.stop()

    def require(self, part: str, purpose: str) -> None:
        """Stop the page if the checkpoint lacks a part that it is about (`mlm`, `nsp`)."""
        if part in self.bert.missing:
            st.info(self.say(f"app.missing.{purpose}", model=escape(self.bert.name)))
            st.caption(escape(self.bert.missing[part]))
            st.stop()

    @cached_property
    def encoding(self) -> Encoding:
        """The text in the sentence bar as the model reads it; stops the page if there is none.

        Says what the model does not read: what is cut, and what its vocabulary does not hold.
        """
        bert = self.bert
        if not self.selection.text_a.strip():
            st.info(self.say("app.text.empty"))
            st.stop()
        encoding = bert.encode(*self.selection.pair)
        say_what_is_lost(encoding, bert, self.say)
        _offer_the_right_model(self.selection, bert, self.say)
        _offer_usual_characters(self.selection, encoding, bert, self.say)
        return encoding

    @cached_property
    def trace(self) -> Trace:
        """The trace of the text in the sentence bar."""
        return self.traced()

    def traced(self, **interventions: Any) -> Trace:
        """The same trace with interventions, as `resources.trace` takes them."""
        assert len(self.encoding)  # or the page has stopped
        return resources.trace(self.selection.model, *self.selection.pair, **interventions)

    def chosen(self) -> state.Selection:
        """What is chosen at this moment, moved into the model and the sentence at hand."""
        config = self.bert.config
        return state.current().within(
            config.num_hidden_layers, config.num_attention_heads, len(self.encoding)
        )


def _download_bar(say: Say) -> Callable[[float], None]:
    """Shows the share of a model that is downloaded; takes no place where nothing is."""
    bars: list[DeltaGenerator] = []

    def show(share: float) -> None:
        if not bars:
            bars.append(st.empty())
        bars[0].progress(share, text=say("app.model.downloaded", share=share_text(share, 0)))

    return show


def visit() -> Visit:
    """This run's visit; a page asks for it in its first lines."""
    selection = state.current()
    return Visit(messages.say_in(selection.language), selection)


def run(page: StreamlitPage, *, waits: bool = True) -> None:
    """Run a page; if our own code fails, say so in the reader's words and log the traceback.

    Args:
        waits: Whether the page imports torch, which is waited for before it begins.
    """

    def work() -> None:
        if waits:
            wait_for_torch(visit())
        page.run()

    _guarded(work, page.title)


def wait_for_torch(here: Visit) -> None:
    """Wait, with a line that says so, until modules that need torch can be imported."""
    if not resources.torch_is_here():
        with st.spinner(here.say("app.model.loading", model=escape(here.selection.model))):
            resources.wait_for_torch()


def fragment(part: Callable[[], None]) -> Callable[[], None]:
    """Like `st.fragment`: a click in this part of a page runs the part alone, guarded as a page."""
    return st.fragment(wraps(part)(lambda: _guarded(part, part.__name__)))


def _guarded(work: Callable[[], None], name: str) -> None:
    try:
        work()
    except Exception:  # Streamlit's own signals (stop, rerun) are no Exceptions and pass through
        logger.exception("The page %s failed", name)
        st.error(messages.text(st.session_state["language"], "app.page_failed"))


def escape(text: str) -> str:
    """A reader's text for use inside Markdown: shown as it is, never as markup."""
    return _MARKDOWN.sub(r"\\\1", text.replace("\n", " "))


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
    return service.current().offers(name) and (
        resources.is_here(name) or resources.is_loaded(name) or state.model_was_asked(name)
    )


def say_what_is_lost(encoding: Encoding, bert: Bert, say: Say) -> None:
    """Warn of what the model does not read of a text: what is cut, what its vocabulary lacks."""
    cut = (*encoding.cut_a, *encoding.cut_b)
    if cut:
        shown = " ".join(map(isolated, cut[:12])) + (" …" if len(cut) > 12 else "")
        limit = bert.config.max_position_embeddings
        st.warning(say("app.text.cut", count=len(cut), limit=limit, tokens=escape(shown)))
    # a typed special token has its own id, so this counts only what the vocabulary lacks
    unknown = [
        (encoding.text_b or "" if encoding.in_b(position) else encoding.text_a)[slice(*span)]
        for position, span in enumerate(encoding.offsets)
        if encoding.input_ids[position] == bert.tokenizer.unk_id and span is not None
    ]
    if unknown:
        shown = " ".join(map(isolated, dict.fromkeys(unknown[:12])))
        st.warning(say("app.text.unknown", count=len(unknown), words=escape(shown)))
    if len(encoding) == (3 if encoding.is_pair else 2):
        st.warning(say("app.text.no_tokens"))


def _offer_the_right_model(selection: state.Selection, bert: Bert, say: Say) -> None:
    """A text in the language of another shipped model gets a button that takes that one."""
    written = written_language(f"{selection.text_a} {selection.text_b}")
    if written is None or written == bert.language or selection.model not in shipped_checkpoints():
        return
    right = state.default_selection(written).model
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(say(f"app.text.other_language.{written}", model=escape(bert.name)))
        st.button(
            say("app.text.take_model", model=escape(right)),
            key="take_model",
            on_click=lambda: state.choose(model=right),
        )


def _offer_usual_characters(
    selection: state.Selection, encoding: Encoding, bert: Bert, say: Say
) -> None:
    """Characters that the vocabulary lacks and has in another form get a button that converts them.

    Sources of the conversions: Unicode Annex 15, compatibility composition (NFKC), for full-width
    digits and the like; OpenCC's t2s for traditional Chinese characters.
    """
    unknown = bert.tokenizer.unk_id
    if unknown not in encoding.input_ids:
        return
    for name, convert in _CONVERSIONS.items():
        usual_a, usual_b = convert(selection.text_a), convert(selection.text_b)
        other = bert.encode(usual_a, usual_b if usual_b.strip() else None)
        if other.input_ids.count(unknown) >= encoding.input_ids.count(unknown):
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(say(f"app.text.{name}"))
            st.button(
                say(f"app.text.convert_{name}"),
                key=f"convert_{name}",
                help=escape(" · ".join(text for text in (usual_a, usual_b) if text)),
                on_click=state.choose,
                kwargs={"text_a": usual_a, "text_b": usual_b},
            )


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _simplified(text: str) -> str:
    return _traditional_to_simplified().convert(text)


@cache
def _traditional_to_simplified() -> OpenCC:
    # reads its dictionaries, which few visits need
    from opencc import OpenCC

    return OpenCC("t2s")


_CONVERSIONS = {"compatibility": _compatible, "traditional": _simplified}
