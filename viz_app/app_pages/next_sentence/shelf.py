"""The model on a shelf of pairs written for the project: score, confusion, calibration, misses."""

from __future__ import annotations

import numpy as np
import streamlit as st

from bert_core import shelves
from bert_core.studies.next_sentence import ShelfScore, score_shelf
from viz_app.figures.labs import calibration_plot
from viz_app.messages import Say
from viz_app.number_text import decimal_text, share_text
from viz_app.session import frame, jobs, state
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.views import CellTable, RankedGroup, RankedRow
from viz_app.views.cell_table import cell_table
from viz_app.views.ranked_bars import ranked_bars
from viz_app.widgets.chart import chart, download
from viz_app.widgets.prose import paragraph

MISSES = "ns_misses"
MISSES_SHOWN, MISSES_HEIGHT = 100, 420


def shelf_of_pairs(visit: Visit, choices: PageChoices) -> None:
    """Everything that can be said about the answers to the whole shelf."""
    say = visit.say
    score = shelf_score(visit)
    if score is None:
        return
    wrong = len(score.misses())
    st.markdown(
        say(
            "next_sentence.shelf.score",
            model=frame.escape(visit.bert.name),
            right=len(score.pairs) - wrong,
            count=len(score.pairs),
            share=share_text(score.accuracy),
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        _confusion(score, say)
    with right:
        bins = score.calibration()
        paragraph(f"**{say('next_sentence.shelf.calibration')}**")
        chart(
            calibration_plot(bins, say),
            "ns_calibration",
            alt=say("next_sentence.shelf.calibration"),
        )
        st.caption(say("next_sentence.shelf.calibration_reading"))
    _misses(score, say)
    rows = [
        [pair.text_a, pair.text_b, int(pair.is_next), probability]
        for pair, probability in zip(score.pairs, score.probabilities.tolist(), strict=True)
    ]
    columns = [say(f"next_sentence.column.{name}") for name in ("a", "b", "truth", "as_is")]
    download("next_sentence_shelf", lambda: (columns, rows), say)


def shelf_score(visit: Visit) -> ShelfScore | None:
    """The model's answers to the shelf in its language; None if the reader stopped the work."""
    bert = visit.bert
    return jobs.result(
        "shelf",
        bert,
        (),
        lambda report: score_shelf(bert, shelves.next_sentence_pairs(bert.language), report),
        visit.say,
    )


def open_miss() -> None:
    """Put the pair that was clicked into the sentence bar and look at it."""
    row = st.session_state[MISSES].select["row"]
    pair = st.session_state["_ns_misses"][row]
    state.choose(text_a=pair[0], text_b=pair[1])
    st.session_state["ns_section"] = "pair"


def _confusion(score: ShelfScore, say: Say) -> None:
    counts = score.confusion().numpy().astype(np.float32)
    paragraph(f"**{say('next_sentence.shelf.confusion')}**")
    cell_table(
        CellTable(
            counts,
            tuple(say(f"next_sentence.shelf.truth.{name}") for name in ("is_next", "random")),
            tuple(say(f"next_sentence.shelf.says.{name}") for name in ("is_next", "random")),
            0.0,
            float(counts.sum(axis=1).max()),
            "probability",
        ),
        key="ns_confusion",
        label=say("next_sentence.shelf.confusion"),
        legend=say("next_sentence.shelf.confusion_legend"),
        decimals=0,
    )
    st.caption(say("next_sentence.shelf.origin"))


def _misses(score: ShelfScore, say: Say) -> None:
    missed = score.misses()
    st.markdown(f"**{say('next_sentence.shelf.misses', count=len(missed))}**")
    if not missed:
        return
    shown = missed[:MISSES_SHOWN]
    pairs = [score.pairs[index] for index in shown]
    st.session_state["_ns_misses"] = [(pair.text_a, pair.text_b) for pair in pairs]
    rows = tuple(
        RankedRow(
            label=f"{pair.text_a} → {pair.text_b}",
            value=score.probabilities[index].item(),
            digits=decimal_text(score.probabilities[index].item(), 3),
            tag=say(f"next_sentence.shelf.really.{'is_next' if pair.is_next else 'random'}"),
            action=say("next_sentence.shelf.open"),
        )
        for index, pair in zip(shown, pairs, strict=True)
    )
    with st.container(height=MISSES_HEIGHT):
        ranked_bars(
            [RankedGroup("", rows)],
            key=MISSES,
            label=say("next_sentence.shelf.misses", count=len(missed)),
            high=1.0,
            scale=say("next_sentence.shelf.misses_scale"),
            layout="prose",
            on_select=open_miss,
        )
