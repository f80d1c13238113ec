"""Guess before BERT does: does B follow A?"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import streamlit as st

from bert_core import shelves
from bert_core.shelves import SentencePair
from bert_core.studies.next_sentence import score_shelf
from viz_app.messages import Say
from viz_app.number_text import decimal_text
from viz_app.session import frame, resources, state
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.views import RankedGroup, RankedRow
from viz_app.views.ranked_bars import ranked_bars
from viz_app.widgets.prose import paragraph

GAME = "_ns_game"


@dataclass
class Game:
    """One reader's rounds against one model."""

    model: str
    seed: int
    round: int = 0
    guess: bool | None = None
    """The reader's answer to the pair on screen: it follows, or not; None before."""
    rounds: list[tuple[bool, bool]] = field(default_factory=list)
    """Per answered round: whether the reader, and whether BERT, was right."""


def play_against_bert(visit: Visit, choices: PageChoices) -> None:
    """One pair at a time, the answer hidden until the reader has guessed."""
    say, name = visit.say, visit.selection.model
    game: Game | None = st.session_state.get(GAME)
    if game is None or game.model != name:
        game = st.session_state[GAME] = Game(name, random.randrange(10**6))
    pairs = shelves.next_sentence_pairs(visit.bert.language, game.seed)
    pair = pairs[game.round % len(pairs)]
    paragraph(say("next_sentence.play.intro"))
    with st.container(border=True):
        st.caption("A")
        st.markdown(f"**{frame.escape(pair.text_a)}**")
        st.caption("B")
        st.markdown(f"**{frame.escape(pair.text_b)}**")
    if game.guess is None:
        with st.container(horizontal=True):
            for follows in (True, False):
                label = "is_next" if follows else "random"
                st.button(
                    say(f"next_sentence.play.{label}"),
                    key=f"ns_play_{label}",
                    type="primary",
                    on_click=_guess,
                    args=[game, pair, follows],
                )
    else:
        _reveal(game, pair, say)
    _board(game, say)


def _guess(game: Game, pair: SentencePair, follows: bool) -> None:
    game.guess = follows
    game.rounds.append((follows == pair.is_next, (_probability(pair) >= 0.5) == pair.is_next))


def _probability(pair: SentencePair) -> float:
    bert = resources.model(state.current().model)
    return score_shelf(bert, [pair]).probabilities[0].item()


def _reveal(game: Game, pair: SentencePair, say: Say) -> None:
    mine, berts = game.rounds[-1]
    truth = "is_next" if pair.is_next else "random"
    (st.success if mine else st.warning)(
        say(f"next_sentence.play.{'right' if mine else 'wrong'}")
        + " "
        + say(f"next_sentence.play.truth.{truth}")
    )
    probability = _probability(pair)
    ranked_bars(
        [
            RankedGroup(
                say(f"next_sentence.play.bert_{'right' if berts else 'wrong'}"),
                (
                    RankedRow(
                        say("next_sentence.probability"), probability, decimal_text(probability, 3)
                    ),
                ),
            )
        ],
        key="ns_play_answer",
        label=say("next_sentence.probability"),
        high=1.0,
        layout="wide",
    )
    with st.container(horizontal=True):
        st.button(
            say("next_sentence.play.next"),
            key="ns_play_next",
            type="primary",
            on_click=_next_round,
            args=[game],
        )
        st.button(say("next_sentence.play.open"), key="ns_play_open", on_click=_open, args=[pair])


def _next_round(game: Game) -> None:
    game.round += 1
    game.guess = None


def _open(pair: SentencePair) -> None:
    state.choose(text_a=pair.text_a, text_b=pair.text_b)
    st.session_state["ns_section"] = "pair"


def _board(game: Game, say: Say) -> None:
    count = len(game.rounds)
    if not count:
        return
    you, bert = (sum(one[side] for one in game.rounds) for side in (0, 1))
    first, second, _ = st.columns([1, 1, 3])
    first.metric(say("next_sentence.play.you"), f"{you} / {count}")
    second.metric("BERT", f"{bert} / {count}")
