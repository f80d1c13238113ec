"""The training task on the reader's own text: 15 % chosen, and 80/10/10 of what becomes of them."""

from __future__ import annotations

import math

import streamlit as st

from bert_core.bert import Bert, mask_positions
from bert_core.encoding import Encoding
from bert_core.studies.masked_words import RULE, Corruption, corrupt, count_fates, maskable_tokens
from bert_core.words import with_ids
from viz_app.app_pages.masked_words.hidden import hidden_words
from viz_app.app_pages.masked_words.step import one_step
from viz_app.messages import Say
from viz_app.number_text import count_text, decimal_text, probability_text
from viz_app.session import frame, jobs, state
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.predictions import hidden_tokens
from viz_app.view_models.labs.training import (
    GuessedToken,
    corruption_chips,
    fate_group,
    guessed_tokens,
    three_inputs,
)
from viz_app.view_models.labs.views import RankedGroup, RankedRow
from viz_app.view_models.tokens import display_text
from viz_app.views.ranked_bars import ranked_bars
from viz_app.views.text_table import text_table
from viz_app.views.token_chips import token_chips
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

CHIPS, DRAWS, LARGEST_SEED = "mw_training_chips", 1000, 9999


def training_task(visit: Visit, choices: PageChoices) -> None:
    """One draw with guesses, shares over many draws, one place three ways, one step of training."""
    say, bert = visit.say, visit.bert
    paragraph(say("masked_words.training.intro"))
    encoding = whole_text(visit)
    if not maskable_tokens(encoding, bert.tokenizer).any():
        st.info(say("masked_words.training.nothing"))
        return
    seed_key = choices.number("seed", 0, LARGEST_SEED, 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            say("masked_words.training.seed"),
            0,
            LARGEST_SEED,
            step=1,
            key=seed_key,
            width=140,
            on_change=choices.keep,
            args=["seed"],
        )
        st.button(
            say("masked_words.training.again"),
            key="mw_draw_again",
            on_click=_next_seed,
            args=[seed_key],
        )
    drawn = corrupt(encoding, bert.tokenizer, int(seed))
    first = next(position for position, fate in enumerate(drawn.fates) if fate)
    place = st.session_state[choices.number("place", 1, len(encoding) - 2, first)]
    if encoding.special_tokens_mask[place]:
        place = first
    token_chips(
        corruption_chips(encoding, drawn, say),
        key=CHIPS,
        label=say("masked_words.training.chips"),
        selected=place,
        legend={fate: say(f"masked_words.fate.{fate}") for fate in ("masked", "random", "kept")},
        on_select=take_place,
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        _draw_guesses(bert, encoding, drawn, say)
    with right:
        _draw_counts(bert, encoding, int(seed), say)
    _draw_three_ways(bert, encoding, place, int(seed), say)
    one_step(bert, encoding, place, choices, say)


def whole_text(visit: Visit) -> Encoding:
    """The text with its hidden words put back; a [MASK] that the reader typed stays one."""
    bert, encoding = visit.bert, visit.encoding
    masks = mask_positions(encoding, bert.tokenizer)
    known = hidden_tokens(bert, hidden_words(len(masks)))
    back = {
        position: token_id
        for position, token_id in zip(masks, known, strict=True)
        if token_id is not None
    }
    return with_ids(encoding, back, bert.tokenizer)


def take_place() -> None:
    """Look at the token that was clicked, on every page."""
    position = int(st.session_state[CHIPS].select["position"])
    state.choose(query=position)
    st.session_state["mw_place"] = position


def _next_seed(key: str) -> None:
    st.session_state[key] = (st.session_state[key] + 1) % (LARGEST_SEED + 1)


def _draw_guesses(bert: Bert, encoding: Encoding, drawn: Corruption, say: Say) -> None:
    found = jobs.result(
        "training_guesses",
        bert,
        (encoding.input_ids, drawn.encoding),
        lambda report: guessed_tokens(bert, encoding, drawn, report),
        say,
    )
    if found is None:
        return
    names = ("position", "token", "reads", "fate", "guess", "probability", "loss")
    columns = [say(f"masked_words.column.{name}") for name in names]
    cells = [_guess_cells(one, say) for one in found]
    label = say("masked_words.training.table")
    text_table(columns, cells, key="mw_training", label=label, numbers=(0, 5, 6))
    loss = sum(one.loss for one in found) / len(found)
    st.caption(
        say(
            "masked_words.training.loss",
            loss=decimal_text(loss, 3),
            perplexity=f"{math.exp(loss):,.1f}",
        )
    )
    rows = [
        [one.position, one.token, one.reads, one.fate, one.guess, one.probability, one.loss]
        for one in found
    ]
    download("training_task", lambda: (columns, rows), say)


def _guess_cells(one: GuessedToken, say: Say) -> list[str]:
    right = " ✓" if one.guess == one.token else ""
    return [
        str(one.position),
        one.token,
        one.reads,
        say(f"masked_words.fate_short.{one.fate}"),
        one.guess + right,
        probability_text(one.probability),
        decimal_text(one.loss, 3),
    ]


def _draw_counts(bert: Bert, encoding: Encoding, seed: int, say: Say) -> None:
    counts = count_fates(encoding, bert.tokenizer, DRAWS, seed)
    per_draw = counts.chosen // DRAWS
    st.markdown(f"**{say('masked_words.training.counts', draws=count_text(DRAWS))}**")
    st.caption(
        say(
            "masked_words.training.rounding",
            tokens=counts.maskable,
            exact=decimal_text(RULE.chosen * counts.maskable, 2),
            chosen=per_draw,
            total=count_text(counts.chosen),
        )
    )
    ranked_bars(
        [fate_group(counts, RULE, say)],
        key="mw_counts",
        label=say("masked_words.training.counts", draws=count_text(DRAWS)),
        high=1.0,
        scale=say("masked_words.training.counts_scale"),
    )


def _draw_three_ways(bert: Bert, encoding: Encoding, place: int, seed: int, say: Say) -> None:
    word = display_text(encoding.tokens[place])
    title = say("masked_words.training.three", word=frame.escape(word), position=place)
    st.markdown(f"**{title}**")
    found = jobs.result(
        "three_inputs",
        bert,
        (encoding, place, seed),
        lambda report: three_inputs(bert, encoding, place, seed, report),
        say,
    )
    if found is None:
        return
    ranked_bars(
        [
            RankedGroup(
                say(f"masked_words.three.{one.kind}", token=one.reads),
                tuple(
                    RankedRow(
                        label=token,
                        value=probability,
                        digits=probability_text(probability),
                        marked=token == one.truth,
                        tag=say("masked_words.three.truth", rank=count_text(one.rank))
                        if token == one.truth
                        else "",
                    )
                    for token, probability in one.best
                ),
            )
            for one in found
        ],
        key="mw_three",
        label=say("masked_words.training.three", word=word, position=place),
        high=1.0,
        scale=say("masked_words.three.scale"),
    )
    st.caption(say("masked_words.training.why"))
