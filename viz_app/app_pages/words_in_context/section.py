"""One word in several sentences: pick or type them, then a map, cosines, curves, neighbours."""

from __future__ import annotations

import math

import streamlit as st
from torch import Tensor

from bert_core import shelves
from bert_core.components import principal_components
from bert_core.studies.words_in_context import WordShelf, cosines, sense_similarity, word_shelf
from viz_app.figures.labs import stage_curves, word_map
from viz_app.messages import Say
from viz_app.number_text import count_text, decimal_text
from viz_app.session import frame, jobs
from viz_app.session.defaults import default_of
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.contexts import (
    FEWEST,
    MOST,
    Use,
    context_stages,
    uses_of,
    vectors_of,
)
from viz_app.view_models.labs.views import CellTable, RankedGroup, RankedRow
from viz_app.view_models.tokens import display_text
from viz_app.views.cell_table import cell_table
from viz_app.views.ranked_bars import ranked_bars
from viz_app.widgets.chart import chart, download
from viz_app.widgets.prose import paragraph

OWN = ""
LONGEST_WORD, LONGEST_TEXT = 40, 2000
NEIGHBOURS = 8
MATRIX = "wc_cosines"
SHELF = "word_shelf"


def words_in_context(visit: Visit, choices: PageChoices) -> None:
    """The whole page."""
    say, bert = visit.say, visit.bert
    paragraph(say("words_in_context.intro"))
    word, sentences, senses = _pick(visit, choices)
    if not word or len(sentences) < FEWEST:
        st.info(say("words_in_context.too_few", fewest=FEWEST, most=MOST))
        return
    uses, encodings = uses_of(bert, word, sentences, senses)
    held = [use for use in uses if use.positions]
    _say_what_is_missing(word, uses, say)
    if len(held) < FEWEST:
        st.info(say("words_in_context.not_found", word=frame.escape(word), fewest=FEWEST))
        return
    _draw_sentences(held, say)
    vectors = jobs.result(
        "word_vectors",
        bert,
        (word, tuple(sentences)),
        lambda report: vectors_of(bert, uses, encodings, report),
        say,
    )
    if vectors is None:
        return
    stages = context_stages(bert.config.num_hidden_layers, say)
    stage_key = choices.number("stage", 0, len(stages) - 1, len(stages) - 1)
    chosen = st.session_state[choices.number("sentence", 0, len(held) - 1, 0)]
    stage = st.select_slider(
        say("words_in_context.stage"),
        range(len(stages)),
        format_func=stages.__getitem__,
        key=stage_key,
        help=say("words_in_context.stage_help"),
    )
    left, right = st.columns(2, gap="large")
    with left:
        _draw_map(held, vectors, stage, say)
    with right:
        _draw_cosines(held, vectors, stage, chosen, say)
    left, right = st.columns(2, gap="large")
    place = left.empty()
    if not jobs.known(SHELF, bert, ()):  # which takes a large model seconds
        with place.container():
            _draw_curves(held, vectors, stages, None, say, key="wc_curves_first")
    with right:
        shelf = _shelf(visit)
    if shelf is not None:
        with place.container():
            _draw_curves(held, vectors, stages, shelf, say, key="wc_curves")
        with right:
            _draw_neighbours(held, vectors, shelf, stage, chosen, say)


def take_sentence() -> None:
    """Look at the neighbours of the sentence whose row was clicked."""
    st.session_state["wc_sentence"] = int(st.session_state[MATRIX].select["row"])


def _pick(visit: Visit, choices: PageChoices) -> tuple[str, list[str], list[str]]:
    """The word, its sentences and their senses: from the shelf, or the reader's own."""
    say = visit.say
    shelf = shelves.word_contexts(visit.bert.language)
    known = {entry.word: entry for entry in shelf}
    default = default_of(visit.selection.model)
    first = shelf[0].word if default is None else default.word
    picked = st.selectbox(
        say("words_in_context.word"),
        [*known, OWN],
        format_func=lambda name: name or say("words_in_context.own"),
        key=choices.one_of("word", [*known, OWN], first),
        width=320,
    )
    own_key = choices.text("own", LONGEST_WORD)
    sentences_key = choices.text("sentences", LONGEST_TEXT)
    if picked != OWN:
        entry = known[picked]
        return entry.word, list(entry.sentences), list(entry.senses)
    left, right = st.columns([1, 3])
    word = left.text_input(
        say("words_in_context.own_word"),
        key=own_key,
        max_chars=LONGEST_WORD,
        on_change=choices.keep,
        args=["own"],
    )
    text = right.text_area(
        say("words_in_context.own_sentences", fewest=FEWEST, most=MOST),
        key=sentences_key,
        max_chars=LONGEST_TEXT,
        on_change=choices.keep,
        args=["sentences"],
        help=say("words_in_context.own_help"),
        height=180,
    )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST:
        st.warning(say("words_in_context.too_many", most=MOST, count=len(lines)))
    parts = [line.partition("=>") for line in lines[:MOST]]
    return (
        word.strip(),
        [sentence.strip() for sentence, _, _ in parts],
        [sense.strip() for _, _, sense in parts],
    )


def _say_what_is_missing(word: str, uses: tuple[Use, ...], say: Say) -> None:
    missing = [str(number) for number, use in enumerate(uses, start=1) if not use.positions]
    if missing:
        st.warning(
            say("words_in_context.missing", word=frame.escape(word), numbers=", ".join(missing))
        )
    pieces = {use.pieces for use in uses if len(use.pieces) > 1}
    if pieces:
        shown = "; ".join(" ".join(map(display_text, entry)) for entry in sorted(pieces))
        st.caption(say("words_in_context.pieces", pieces=frame.escape(shown)))


def _draw_sentences(held: list[Use], say: Say) -> None:
    lines = []
    for number, use in enumerate(held, start=1):
        before, word, after = map(frame.escape, (use.before, use.written, use.after))
        sense = f" · *{frame.escape(use.sense)}*" if use.sense else ""
        lines.append(f"{number}. {before}**{word}**{after}{sense}")
    st.markdown("\n".join(lines))


def _draw_map(held: list[Use], vectors: Tensor, stage: int, say: Say) -> None:
    found = principal_components(vectors[:, stage], 2)
    shares = tuple(found.share.tolist())
    paragraph(f"**{say('words_in_context.map')}**")
    chart(
        word_map(
            found.coordinates.numpy(),
            shares,
            [use.sense for use in held],
            [use.sentence for use in held],
            say,
        ),
        "wc_map",
        alt=say("words_in_context.map"),
    )
    st.caption(say(f"words_in_context.map_{'reading' if any(shares) else 'one_point'}"))


def _draw_cosines(held: list[Use], vectors: Tensor, stage: int, chosen: int, say: Say) -> None:
    values = cosines(vectors[:, stage], vectors[:, stage]).numpy()
    names = tuple(f"{number} {use.sense}".strip() for number, use in enumerate(held, start=1))
    # tenths below the smallest, so that near cosines are told apart; the legend says from where
    low = min(math.floor(float(values.min()) * 10) / 10, 0.9)
    paragraph(f"**{say('words_in_context.cosines')}**")
    cell_table(
        CellTable(
            values,
            names,
            tuple(str(number + 1) for number in range(len(held))),
            low,
            1.0,
            "probability",
        ),
        key=MATRIX,
        label=say("words_in_context.cosines"),
        legend=say("words_in_context.cosines_legend"),
        selected=(chosen, chosen),
        on_select=take_sentence,
    )
    rows = [[a, b, float(values[i, j])] for i, a in enumerate(names) for j, b in enumerate(names)]
    columns = [say(f"words_in_context.column.{name}") for name in ("a", "b", "cosine")]
    download("cosines", lambda: (columns, rows), say)


def _draw_curves(
    held: list[Use],
    vectors: Tensor,
    stages: list[str],
    shelf: WordShelf | None,
    say: Say,
    *,
    key: str,
) -> None:
    found = sense_similarity(vectors, [use.sense for use in held])
    named = any(use.sense for use in held)
    curves = {
        say(f"words_in_context.curve.{'same' if named else 'unnamed'}"): found.same,
        say("words_in_context.curve.different"): found.different,
    }
    if shelf is not None:
        name = say("words_in_context.curve.any")
        curves[name] = tuple(shelf.mean_cosine(stage) for stage in range(len(stages)))
    paragraph(f"**{say('words_in_context.curves')}**")
    chart(
        stage_curves(curves, stages, say),
        key,
        alt=say("words_in_context.curves"),
    )
    st.caption(say(f"words_in_context.curves_reading{'' if named else '_unnamed'}"))


def _shelf(visit: Visit) -> WordShelf | None:
    bert = visit.bert
    return jobs.result(
        SHELF,
        bert,
        (),
        lambda report: word_shelf(bert, shelves.sentences(bert.language), report),
        visit.say,
    )


def _draw_neighbours(
    held: list[Use], vectors: Tensor, shelf: WordShelf, stage: int, chosen: int, say: Say
) -> None:
    use = held[chosen]
    st.markdown(
        f"**{say('words_in_context.nearest', number=chosen + 1, word=frame.escape(use.written))}**"
    )
    found = shelf.nearest(vectors[chosen, stage], stage, NEIGHBOURS)
    rows = tuple(
        RankedRow(
            label=f"{shelf.words[index]}: {shelf.sentences[index]}",
            value=max(cosine, 0.0),
            digits=decimal_text(cosine, 3),
        )
        for index, cosine in found
    )
    ranked_bars(
        [RankedGroup("", rows)],
        key="wc_nearest",
        label=say("words_in_context.nearest", number=chosen + 1, word=use.written),
        high=1.0,
        scale=say("words_in_context.nearest_scale", count=count_text(len(shelf.words))),
        layout="prose",
    )
