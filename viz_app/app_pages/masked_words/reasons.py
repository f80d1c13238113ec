"""Which words a guess hangs on: hiding each in turn, attention, gradient × input."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from bert_core.studies.importance import Importance, importance
from viz_app.app_pages.masked_words.guesses import chips_of_the_text, offer_to_hide
from viz_app.figures.labs import aligned_bars
from viz_app.messages import Say
from viz_app.number_text import probability_text, share_text
from viz_app.session import frame, jobs
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.predictions import hidden_truths
from viz_app.view_models.labs.views import CellTable
from viz_app.view_models.tokens import display_text, word_labels
from viz_app.views.cell_table import cell_table
from viz_app.widgets.chart import chart, download
from viz_app.widgets.prose import paragraph

MEASURES = ("left_out", "attention", "gradient")
TARGETS = ("hidden", "best")


def which_words_mattered(visit: Visit, choices: PageChoices) -> None:
    """Three measures of every other word, side by side, and how far they agree."""
    say, bert = visit.say, visit.bert
    trace, masks, words = chips_of_the_text(visit)
    if not masks:
        offer_to_hide(visit)
        return
    paragraph(say("masked_words.reasons.intro"))
    mask, target = _pick(len(masks), choices, say)
    position, truth = masks[mask], hidden_truths(bert, words)[mask]
    token_id = int(trace.mlm_logits_at(position)[: bert.tokenizer.vocab_size].argmax())
    if target == "hidden":
        if truth is None:
            st.info(say("masked_words.reasons.unknown"))
        else:
            token_id = truth
    found = jobs.result(
        "importance",
        trace,
        (position, token_id),
        lambda report: importance(bert, trace, position, token_id, report),
        say,
    )
    if found is None:
        return
    word = display_text(bert.tokenizer.token(token_id))
    probability = probability_text(math.exp(found.log_probability))
    st.markdown(
        say("masked_words.reasons.target", word=frame.escape(word), probability=probability)
    )
    if not found.words:
        st.info(say("masked_words.reasons.alone"))
        return
    _draw(found, say)


def _pick(masks: int, choices: PageChoices, say: Say) -> tuple[int, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = choices.number("mask", 0, masks - 1, 0)
        if masks > 1:
            st.selectbox(
                say("masked_words.reasons.mask"),
                range(masks),
                format_func=lambda index: f"[MASK] {index + 1}",
                key=key,
                width=160,
            )
        st.segmented_control(
            say("masked_words.reasons.about"),
            TARGETS,
            format_func=lambda name: say(f"masked_words.reasons.about.{name}"),
            key=choices.one_of("about", TARGETS, "hidden"),
            required=True,
        )
    return choices["mask"], choices["about"]


def _draw(found: Importance, say: Say) -> None:
    labels = word_labels(found.words)
    values = {name: getattr(found, name).tolist() for name in MEASURES}
    titles = {name: say(f"masked_words.reasons.{name}") for name in MEASURES}
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(
            aligned_bars(labels, {titles[name]: values[name] for name in MEASURES}),
            "mw_reasons",
            alt=say("masked_words.reasons.alt"),
        )
        elsewhere = 1 - sum(values["attention"])
        st.caption(say("masked_words.reasons.elsewhere", share=share_text(elsewhere)))
    with right:
        _draw_agreement(found, titles, say)
        st.caption(say("masked_words.reasons.reading"))
    rows = [
        [label, *(values[name][index] for name in MEASURES)] for index, label in enumerate(labels)
    ]
    columns = [say("masked_words.column.word"), *titles.values()]
    download("which_words_mattered", lambda: (columns, rows), say)


def _draw_agreement(found: Importance, titles: dict[str, str], say: Say) -> None:
    agreement = found.agreement()
    table = np.ones((len(MEASURES), len(MEASURES)), dtype=np.float32)
    for (a, b), value in agreement.items():
        i, j = MEASURES.index(a), MEASURES.index(b)
        table[i, j] = table[j, i] = value
    names = tuple(titles[name] for name in MEASURES)
    paragraph(f"**{say('masked_words.reasons.agreement')}**")
    cell_table(
        CellTable(table, names, names, -1.0, 1.0, "signed"),
        key="mw_agreement",
        label=say("masked_words.reasons.agreement"),
        legend=say("masked_words.reasons.agreement_legend"),
    )
