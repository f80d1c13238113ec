"""P(is next) of the pair in the sentence bar, and how it changes when the pair is changed."""

from __future__ import annotations

import random

import streamlit as st

from viz_app import frame, state
from viz_app.components.headers import Words
from viz_app.components.ranked_bars import ranked_bars
from viz_app.components.sentence_bar import text_language
from viz_app.view_models.lab_views import RankedGroup, RankedRow
from viz_app.view_models.pairs import PairTrial, pair_trial
from viz_app.view_models.predictions import signed_text


def one_pair(say: Words) -> None:
    """The answer as two bars with their logits, then the same for every change of the pair."""
    trial = trial_at_hand(say)
    if trial is None:
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        _answer(trial, say)
        _buttons(say)
    with right:
        _variants(trial, say)


def trial_at_hand(say: Words) -> PairTrial | None:
    """The pair in the sentence bar with all its variants; None, with a message, without a B."""
    trace = frame.trace()
    if not trace.encoding.is_pair:
        st.info(say("next_sentence.no_b"))
        st.button(
            say("next_sentence.no_b_button"),
            type="primary",
            key="ns_take_b",
            on_click=take_random_b,
        )
        return None
    chosen = state.current()
    return pair_trial(frame.model(), chosen.text_a, chosen.text_b)


def take_random_b() -> None:
    """Put a second sentence from the shelf after A; for callbacks."""
    from bert_core import shelves

    pairs = shelves.next_sentence_pairs(text_language(st.session_state["model"]))
    now = st.session_state["text_b"]
    state.choose(text_b=random.choice([one.text_b for one in pairs if one.text_b != now]))


def swap() -> None:
    """Exchange A and B; for callbacks."""
    chosen = state.current()
    state.choose(text_a=chosen.text_b, text_b=chosen.text_a)


def _answer(trial: PairTrial, say: Words) -> None:
    found = trial.variants["as_is"]
    st.metric(say("next_sentence.probability"), f"{found.is_next:.1%}")
    rows = tuple(
        RankedRow(
            label=say(f"next_sentence.class.{name}"),
            value=probability,
            digits=f"{probability:.3f}",
            tag=say("next_sentence.logit", logit=signed_text(logit, 2)),
        )
        for name, probability, logit in zip(
            ("is_next", "random"),
            (found.is_next, 1 - found.is_next),
            found.logits,
            strict=True,
        )
    )
    ranked_bars(
        [RankedGroup("", rows)],
        key="ns_answer",
        label=say("next_sentence.probability"),
        high=1.0,
        scale=say("next_sentence.softmax"),
        wide=True,
    )


def _buttons(say: Words) -> None:
    with st.container(horizontal=True):
        st.button(say("next_sentence.swap"), key="ns_swap", on_click=swap)
        st.button(say("next_sentence.random_b"), key="ns_random_b", on_click=take_random_b)


def _variants(trial: PairTrial, say: Words) -> None:
    st.markdown(f"**{say('next_sentence.variants')}**")
    own = trial.variants["as_is"].is_next
    rows = tuple(
        RankedRow(
            label=say(f"next_sentence.variant.{name}"),
            value=found.is_next,
            digits=f"{found.is_next:.3f}",
            tag="" if name == "as_is" else signed_text(found.is_next - own),
            marked=name == "as_is",
        )
        for name, found in trial.variants.items()
    )
    ranked_bars(
        [RankedGroup("", rows)],
        key="ns_variants",
        label=say("next_sentence.variants"),
        high=1.0,
        scale=say("next_sentence.variants_scale"),
        wide=True,
    )
