"""The bar on top of every page: language, model, the text, examples."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from bert_core import shelves
from bert_core.assets import shipped_checkpoints
from bert_core.language import shipped_language
from viz_app.messages import LANGUAGES, Say
from viz_app.session import frame, service, state
from viz_app.session.examples import example, examples
from viz_app.views.mount import shell

if TYPE_CHECKING:
    from streamlit.navigation.page import Page as StreamlitPage

_TASK = "_example_task"  # id of the example whose task is shown
_REPLACED = "_texts_replaced"  # what was there before Random or an example, and what came
_TYPED_MASK = re.compile(r"[\[【［]\s*mask\s*[\]】］]", re.IGNORECASE)


def sentence_bar(say: Say, pages: Sequence[StreamlitPage]) -> None:
    """Draw the bar. What is typed or picked goes into the session state, and from there on.

    In a frame inside another page (`?embed=true`) there is none: such a page shows what its address
    says.

    Args:
        pages: All pages, for narrow windows, where Streamlit's own navigation is folded away.
    """
    if st.context.is_embedded:
        with st.container(key="embedded"):
            _draw_shell(say)
        return
    with st.container(key="page_row", horizontal=True, gap="xsmall"):
        for page in pages:
            st.page_link(page, label=page.title)
        st.segmented_control(
            say("app.language.label"),
            list(LANGUAGES),
            key="language",
            format_func=LANGUAGES.__getitem__,
            label_visibility="collapsed",
            required=True,
        )
    with st.container(key="bar_chip"):
        _draw_shell(say)
    with st.container(
        key="sentence_bar", horizontal=True, vertical_alignment="bottom", gap="xsmall"
    ):
        _draw_model(say)
        _draw_texts(say)
        _draw_examples(say)
    _draw_task(say)


def _draw_shell(say: Say) -> None:
    """What the browser does for the frame, and the line that stands for a folded bar."""
    texts = [st.session_state[name] for name in ("text_a", "text_b")]
    shell(
        st.session_state["language"],
        chip=" ⁄ ".join(text for text in texts if text.strip()) or say("app.text.a_placeholder"),
        model=st.session_state["model"],
        texts={name: say(f"app.bar.{name}") for name in ("change", "leave", "next", "previous")},
    )


def _draw_texts(say: Say) -> None:
    """The texts, taken as soon as the reader goes on to anything else: there is no form.

    A form would hold back what was typed while another page or section is drawn from what was there
    before.
    """
    _draw_text("a", say)
    st.button(
        "⇄",
        on_click=_swap,
        help=say("app.text.swap"),
        key="swap_text",
        disabled=not st.session_state["text_b"].strip(),
    )
    _draw_text("b", say)
    # leaving the box has taken the text; the button is there for whoever looks for one
    st.button(say("app.text.run"), type="primary", key="run_text")


def _draw_text(which: str, say: Say) -> None:
    """One of the two boxes.

    A box that the browser builds anew, as it does while pages change, answers with its default
    until it has heard its value, and that answer travels with the next click. So the default is the
    text itself: an empty box is one that the reader has emptied.
    """
    st.text_area(
        say(f"app.text.{which}"),
        st.session_state[f"text_{which}"],
        key=f"text_{which}",
        placeholder=say(f"app.text.{which}_placeholder"),
        max_chars=service.current().longest_text,
        on_change=_tidy_text,
        height=68,  # the least that Streamlit takes; the style sheet makes it one line
    )


def _draw_task(say: Say) -> None:
    """What the example picked last asks the reader to do, until it is put away."""
    if _TASK not in st.session_state:
        return
    language, entry = example(st.session_state[_TASK])
    task, model = frame.escape(entry.shows), state.default_selection(language).model
    if st.session_state["model"] != model:
        task += " " + say("app.examples.of_model", model=model)
    with st.container(horizontal=True, vertical_alignment="center", key="example_task"):
        st.markdown(task, width="stretch")
        st.page_link(
            entry.seen.file,
            label=say("app.examples.open", page=say(f"app.page.{entry.seen.page}")),
            query_params=entry.seen.choices,
        )
        st.button(
            "✕",
            help=say("app.examples.dismiss"),
            key="example_done",
            on_click=lambda: st.session_state.pop(_TASK),
        )


def _draw_model(say: Say) -> None:
    st.selectbox(
        say("app.model.label"),
        _known_models(),
        key="model",
        accept_new_options=service.current().listed is None,
        help=say(
            "app.model.help" if service.current().listed is None else "app.model.help_served",
            **_shipped_by_language(),
        ),
        on_change=lambda: state.ask_for_model(st.session_state["model"]),
        width=132,
    )


def _draw_examples(say: Say) -> None:
    st.selectbox(
        say("app.examples.label"),
        [entry.id for language in _languages_first() for entry in examples()[language]],
        index=None,
        key="example",
        format_func=lambda example_id: example(example_id)[1].title,
        placeholder=say("app.examples.placeholder"),
        on_change=_take_example,
        width=168,
    )
    st.button(
        say("app.text.random"),
        on_click=_random_pair,
        help=say("app.text.random_help"),
        key="random_text",
    )
    st.button(
        "↶",
        on_click=_undo,
        help=say("app.text.undo"),
        key="undo_text",
        disabled=_replaced() is None,
    )


def _shipped_by_language() -> dict[str, str]:
    """Language → the shipped models that read it, by name."""
    shipped = shipped_checkpoints()
    return {
        language: ", ".join(name for name in shipped if shipped_language(name) == language)
        for language in examples()
    }


def _known_models() -> list[str]:
    shipped = list(service.current().listed or shipped_checkpoints())
    chosen = st.session_state["model"]
    used = st.session_state.setdefault("_models_used", [])
    if chosen not in shipped and chosen not in used:
        used.append(chosen)
    return [*shipped, *used]


def _languages_first() -> list[str]:
    """The languages of the examples, that of the page first."""
    return sorted(examples(), key=lambda language: language != st.session_state["language"])


def _take_example() -> None:
    if st.session_state["example"] is None:
        return
    language, entry = example(st.session_state["example"])
    seen = entry.seen
    _replace_texts(entry.text_a, entry.text_b)
    state.choose(layer=seen.layer, head=seen.head, query=seen.query)
    _use_model_of(language)
    st.session_state[_TASK] = entry.id
    # The menu is a menu, not a setting: picking the same example again works.
    st.session_state["example"] = None


def _use_model_of(language: str) -> None:
    """A shipped model of another language gives way to the example's; the reader's own stays."""
    chosen = st.session_state["model"]
    if chosen in shipped_checkpoints() and shipped_language(chosen) != language:
        state.choose(model=state.default_selection(language).model)


def _tidy_text() -> None:
    """Let [mask] and 【MASK】 be the mask token, however they are typed, and a text one line."""
    for field in ("text_a", "text_b"):
        line = " ".join(st.session_state[field].splitlines())
        state.choose(**{field: _TYPED_MASK.sub("[MASK]", line)})


def _swap() -> None:
    if st.session_state["text_b"].strip():
        a, b = st.session_state["text_a"], st.session_state["text_b"]
        state.choose(text_a=b, text_b=a)
        _tidy_text()


def _random_pair() -> None:
    """Two sentences from the shelf; about half of the pairs follow each other."""
    pairs = shelves.next_sentence_pairs(frame.text_language())
    pair = random.choice(pairs)
    _replace_texts(pair.text_a, pair.text_b)


def _replace_texts(text_a: str, text_b: str) -> None:
    """Put other texts in place of the reader's, which can be taken back."""
    before = _chosen_texts() if _replaced() is None else st.session_state[_REPLACED][0]
    state.choose(text_a=text_a, text_b=text_b)
    st.session_state[_REPLACED] = before, (text_a, text_b)


def _chosen_texts() -> dict[str, str]:
    return {name: st.session_state[name] for name in ("text_a", "text_b", "model")}


def _replaced() -> dict[str, str] | None:
    """What the reader had before the texts that are there now; None once these were changed."""
    before, now = st.session_state.get(_REPLACED, (None, None))
    return before if now == (st.session_state["text_a"], st.session_state["text_b"]) else None


def _undo() -> None:
    before = _replaced()
    if before is not None:
        state.choose(**before)
