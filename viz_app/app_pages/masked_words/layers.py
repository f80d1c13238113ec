"""The MLM head on every layer's output: what the model would answer had it stopped there."""

from __future__ import annotations

import streamlit as st

from bert_core.studies.masked_words import logit_lens, ranked_tokens, standing_over_stages
from viz_app.app_pages.masked_words.guesses import chips_of_the_text
from viz_app.figures.labs import rank_curves
from viz_app.number_text import probability_text
from viz_app.session import frame, jobs, state
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.lens import lens_rows, lens_table, stage_names
from viz_app.view_models.labs.predictions import hidden_truths
from viz_app.view_models.labs.views import RankedGroup, RankedRow
from viz_app.view_models.tokens import display_text
from viz_app.views.cell_table import cell_table
from viz_app.views.ranked_bars import ranked_bars
from viz_app.widgets.chart import chart, download
from viz_app.widgets.prose import paragraph

TABLE = "mw_lens"
BEST = 5


def layer_by_layer(visit: Visit, choices: PageChoices) -> None:
    """Tokens × layers on the left; the token that was picked, over the layers, on the right."""
    say, bert = visit.say, visit.bert
    trace, masks, words = chips_of_the_text(visit)
    paragraph(say("masked_words.lens.intro"))
    guesses = jobs.result(
        "lens",
        trace,
        (),
        lambda report: logit_lens(trace, bert.tokenizer, report),
        say,
    )
    if guesses is None:
        return
    stages = stage_names(trace.num_layers, say)
    stage = st.session_state[choices.number("stage", 0, trace.num_layers, trace.num_layers)]
    # a mask is what this is about: it comes first unless the reader picked another token
    first = masks[0] if masks else visit.chosen().query
    position = st.session_state[choices.number("token", 0, len(trace.tokens) - 1, first)]
    table = lens_table(bert, trace, guesses, say)
    left, right = st.columns(2, gap="large")
    with left:
        cell_table(
            table,
            key=TABLE,
            label=say("masked_words.lens.heading"),
            legend=say("masked_words.lens.legend"),
            corner=say("masked_words.lens.corner"),
            decimals=3,
            selected=(position, stage),
            on_select=take_cell,
        )
        download("logit_lens", lambda: lens_rows(bert, trace, guesses, say), say)
    with right:
        truths = dict(zip(masks, hidden_truths(bert, words), strict=True))
        _over_the_layers(visit, position, truths.get(position), stages)
        _best_at(visit, position, stage, stages)


def take_cell() -> None:
    """Make the row that was clicked the token of every page, and keep the column."""
    picked = st.session_state[TABLE].select
    state.choose(query=picked["row"])
    st.session_state.update({"mw_token": picked["row"], "mw_stage": picked["column"]})


def _over_the_layers(visit: Visit, position: int, truth: int | None, stages: list[str]) -> None:
    say, trace = visit.say, visit.trace
    tokenizer = visit.bert.tokenizer
    final = int(trace.mlm_logits_at(position)[: tokenizer.vocab_size].argmax())
    curves = {}
    for name, token_id in (("final", final), ("hidden", truth)):
        if token_id is not None and (name == "final" or token_id != final):
            word = display_text(tokenizer.token(token_id))
            standing = standing_over_stages(trace, tokenizer, position, token_id)
            curves[say(f"masked_words.lens.curve.{name}", word=word)] = [
                one.rank for one in standing
            ]
    token = display_text(trace.tokens[position])
    title = say("masked_words.lens.token", token=token, position=position)
    st.markdown(f"**{frame.escape(title)}**")
    chart(
        rank_curves(curves, stages, say),
        "mw_rank_curve",
        alt=say("masked_words.lens.curve_alt"),
    )


def _best_at(visit: Visit, position: int, stage: int, stages: list[str]) -> None:
    say, tokenizer = visit.say, visit.bert.tokenizer
    found = ranked_tokens(visit.trace.mlm_logits_at(position, stage).cpu(), tokenizer, BEST)
    rows = tuple(
        RankedRow(
            label=display_text(one.prediction.token),
            value=one.prediction.probability,
            digits=probability_text(one.prediction.probability),
        )
        for one in found
    )
    ranked_bars(
        [RankedGroup(say("masked_words.lens.best", stage=stages[stage]), rows)],
        key="mw_lens_best",
        label=say("masked_words.lens.best", stage=stages[stage]),
        high=1.0,
        scale=say("masked_words.lens.scale"),
    )
