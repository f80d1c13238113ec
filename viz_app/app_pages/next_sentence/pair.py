"""P(is next) of the pair in the sentence bar, and how it changes when the pair is changed."""

from __future__ import annotations

import random

import streamlit as st

from bert_core import shelves
from viz_app.messages import Say
from viz_app.number_text import decimal_text, share_text, signed_text
from viz_app.session import frame, jobs, state
from viz_app.session.defaults import default_at
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.pairs import (
    VARIANTS,
    PairTrial,
    by_probability,
    candidates,
    pair_trial,
)
from viz_app.view_models.labs.views import RankedGroup, RankedRow
from viz_app.views.ranked_bars import ranked_bars
from viz_app.views.text_table import text_table
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

TRIALS, OFFERED = "_ns_trials", "_ns_offered"
TRIALS_KEPT, TRIALS_SHOWN = 200, 8
LONGEST_CELL = 60  # characters


def one_pair(visit: Visit, choices: PageChoices) -> None:
    """The answer as two bars with their logits, then the same for every change of the pair.

    While there is no B, a sentence is tried as B, so that the page opens with a pair.
    """
    say, is_pair, text_b = visit.say, visit.encoding.is_pair, visit.encoding.text_b or ""
    found: list[tuple[float, str]] = []
    if not is_pair:
        offer_b(say)
        found = _tried_as_b(visit)
        if not found:
            return
        default = default_at(visit.selection.model, visit.selection.text_a, "")
        text_b = default.text_b if default is not None else found[0][1]
        paragraph(say("next_sentence.opening", text=frame.escape(text_b)))
    bert, text_a = visit.bert, visit.encoding.text_a
    trial = jobs.result(
        "pair",
        bert,
        (text_a, text_b),
        lambda report: pair_trial(bert, text_a, text_b, report),
        say,
    )
    if trial is None:
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        _answer(trial, say)
        if is_pair:
            _buttons(say)
    with right:
        _variants(trial, say)
    if is_pair:
        _trials(trial, say)
    else:
        _candidates(found, say)


def offer_b(say: Say) -> None:
    """No second sentence: say what to do, and offer one."""
    st.info(say("next_sentence.no_b"))
    st.button(
        say("next_sentence.no_b_button"), type="primary", key="ns_take_b", on_click=take_random_b
    )


def _tried_as_b(visit: Visit) -> list[tuple[float, str]]:
    """P(is next) of a few sentences as B, the most probable first; none if it was stopped."""
    bert, text_a = visit.bert, visit.selection.text_a
    texts = candidates(bert)
    default = default_at(visit.selection.model, text_a, "")
    if default is not None:
        texts[0] = default.text_b
    found = jobs.result(
        "candidates",
        bert,
        (text_a, *texts),
        lambda report: by_probability(bert, text_a, texts, report),
        visit.say,
    )
    return found or []


def _candidates(found: list[tuple[float, str]], say: Say) -> None:
    """The sentences that were tried as B; a click takes one."""
    st.session_state[OFFERED] = [text for _, text in found]
    rows = tuple(
        RankedRow(
            label=text,
            value=probability,
            digits=decimal_text(probability, 3),
            action=say("next_sentence.candidates_take", text=text),
        )
        for probability, text in found
    )
    ranked_bars(
        [RankedGroup(say("next_sentence.candidates"), rows)],
        key="ns_candidates",
        label=say("next_sentence.candidates"),
        high=1.0,
        scale=say("next_sentence.candidates_scale"),
        layout="prose",
        on_select=_take_candidate,
    )


def _take_candidate() -> None:
    state.choose(text_b=st.session_state[OFFERED][st.session_state.ns_candidates.select["row"]])


def take_random_b() -> None:
    """Put a second sentence from the shelf after A; for callbacks."""
    pairs = shelves.next_sentence_pairs(frame.text_language())
    now = st.session_state["text_b"]
    state.choose(text_b=random.choice([one.text_b for one in pairs if one.text_b != now]))


def swap() -> None:
    """Exchange A and B; for callbacks."""
    chosen = state.current()
    state.choose(text_a=chosen.text_b, text_b=chosen.text_a)


def _answer(trial: PairTrial, say: Say) -> None:
    found = trial.variants["as_is"]
    st.metric(say("next_sentence.probability"), share_text(found.is_next))
    rows = tuple(
        RankedRow(
            label=say(f"next_sentence.class.{name}"),
            value=probability,
            digits=decimal_text(probability, 3),
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
        layout="wide",
    )


def _buttons(say: Say) -> None:
    with st.container(horizontal=True):
        st.button(say("next_sentence.swap"), key="ns_swap", on_click=swap)
        st.button(say("next_sentence.random_b"), key="ns_random_b", on_click=take_random_b)


def _variants(trial: PairTrial, say: Say) -> None:
    paragraph(f"**{say('next_sentence.variants')}**")
    own = trial.variants["as_is"].is_next
    rows = tuple(
        RankedRow(
            label=say(f"next_sentence.variant.{name}"),
            value=found.is_next,
            digits=decimal_text(found.is_next, 3),
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
        layout="wide",
    )


def _trials(trial: PairTrial, say: Say) -> None:
    """Every pair that was looked at in this session, the last one on top."""
    trials: list[PairTrial] = st.session_state.setdefault(TRIALS, [])
    same = [old for old in trials if old.question == trial.question]
    if not same:
        trials.append(trial)
        del trials[:-TRIALS_KEPT]
    st.markdown(f"**{say('next_sentence.trials', count=len(trials))}**")
    names = list(VARIANTS)
    columns = [say(f"next_sentence.column.{name}") for name in ("model", "a", "b", *names)]
    shown = [
        [shorten(text) for text in old.question]
        + [
            decimal_text(old.variants[name].is_next, 3) if name in old.variants else "–"
            for name in names
        ]
        for old in reversed(trials[-TRIALS_SHOWN:])
    ]
    text_table(
        columns,
        shown,
        key="ns_trials",
        label=say("next_sentence.trials", count=len(trials)),
        numbers=range(3, len(columns)),
    )
    with st.container(horizontal=True):
        rows = [
            [*old.question, *(_cells(old, name) for name in names), *(_logits(old))]
            for old in trials
        ]
        logits = [
            say("next_sentence.column.logit_is_next"),
            say("next_sentence.column.logit_random"),
        ]
        download("next_sentence", lambda: ([*columns, *logits], rows), say)
        st.button(say("next_sentence.trials_clear"), key="ns_clear", on_click=trials.clear)


def shorten(text: str) -> str:
    """A text for a table cell."""
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def _cells(trial: PairTrial, name: str) -> object:
    return trial.variants[name].is_next if name in trial.variants else ""


def _logits(trial: PairTrial) -> tuple[float, float]:
    return trial.variants["as_is"].logits
