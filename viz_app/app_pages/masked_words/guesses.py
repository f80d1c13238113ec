"""Hide words by a click, see the model's best words for every [MASK], put one in by a click."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from bert_core.bert import mask_positions
from bert_core.encoding import Encoding
from bert_core.predict import top_tokens
from bert_core.studies.masked_words import HiddenInTurn, hide_each_word
from bert_core.trace import Trace
from bert_core.words import Word, hide_word, replace_word, word_at, words_of
from viz_app.app_pages.masked_words.hidden import hidden_words, remember
from viz_app.messages import Say
from viz_app.session import frame, jobs, resources, state
from viz_app.session.defaults import default_at
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.hidden_words import HiddenWord, word_of_mask
from viz_app.view_models.labs.predictions import (
    MASKS_SHOWN,
    MaskGuess,
    guess_groups,
    hidden_truths,
    mask_chips,
    mask_guesses,
    turn_groups,
)
from viz_app.view_models.tokens import display_text
from viz_app.views.ranked_bars import ranked_bars
from viz_app.views.token_chips import token_chips
from viz_app.widgets.chart import download

CHIPS, BARS, TURNS, FIRST = "mw_chips", "mw_bars", "mw_turns", "mw_first"
MOST = 50
"""Say shown per mask, at most."""
BEST = 8
"""Say shown at first."""
UNDECIDED = 0.5
"""A probability at which a guess is neither given away nor out of reach."""
LONGEST_IN_TURN = 64
"""Tokens; hiding every word of a longer text in turn is not begun unasked."""


def guess(visit: Visit, choices: PageChoices) -> None:
    """Chips above, one group of bars per mask below."""
    say, bert = visit.say, visit.bert
    trace, masks, words = chips_of_the_text(visit)
    if not masks:
        word = offer_to_hide(visit)
        if word is not None:
            _first_guesses(visit, word)
        each_in_turn(visit)
        return
    controls = st.columns([2, 2, 3], vertical_alignment="bottom")
    top_k = controls[0].slider(
        say("masked_words.top_k"), 1, MOST, key=choices.number("top_k", 1, MOST, BEST)
    )
    only_words = controls[1].toggle(
        say("masked_words.only_words"),
        key=choices.switch("only_words"),
        help=say("masked_words.only_words_help"),
    )
    found = mask_guesses(
        bert,
        trace,
        masks[:MASKS_SHOWN],
        hidden_truths(bert, words)[:MASKS_SHOWN],
        top_k=top_k,
        only_words=only_words,
    )
    if len(masks) > MASKS_SHOWN:
        st.info(say("masked_words.guess.more", shown=MASKS_SHOWN, count=len(masks)))
    ranked_bars(
        guess_groups(found, say),
        key=BARS,
        label=say("masked_words.guess.heading"),
        high=1.0,
        scale=say("masked_words.guess.scale"),
        on_select=take_guess,
    )
    with controls[2]:
        download("masked_words", lambda: guess_rows(found, say), say)


def chips_of_the_text(visit: Visit) -> tuple[Trace, list[int], tuple[HiddenWord, ...]]:
    """Draw the text as chips; return its trace, where its masks are, and what hides there."""
    say, trace, bert = visit.say, visit.trace, visit.bert
    masks = mask_positions(trace.encoding, bert.tokenizer)
    words = hidden_words(len(masks))
    token_chips(
        mask_chips(bert, trace, words, say),
        key=CHIPS,
        label=say("masked_words.chips"),
        legend={"masked": say("masked_words.legend.masked")} if masks else None,
        on_select=toggle_word,
    )
    st.caption(say("masked_words.chips_help"))
    return trace, masks, words


def guess_rows(found: tuple[MaskGuess, ...], say: Say) -> tuple[list[str], list[list[object]]]:
    """The bars as a table: one row per mask and word."""
    names = ("mask", "position", "rank", "word", "probability", "hidden")
    rows = []
    for number, one in enumerate(found, start=1):
        entries = list(one.best)
        if one.truth is not None and one.truth not in entries:
            entries.append(one.truth)
        for entry in entries:
            word, probability = entry.prediction.token, entry.prediction.probability
            truth = one.truth is not None and entry.rank == one.truth.rank
            rows.append([number, one.position, entry.rank, word, probability, int(truth)])
    return [say(f"masked_words.column.{name}") for name in names], rows


def toggle_word() -> None:
    """Hide the word that was clicked, or put a hidden one back."""
    position = int(st.session_state[CHIPS].select["position"])
    trace, masks, words = _at_hand()
    if position in masks:
        put_in(trace, masks, words, masks.index(position))
    else:
        hide(trace.encoding, masks, words, position)


def take_guess() -> None:
    """Put the word that was clicked into the text."""
    chosen = st.session_state[BARS].select
    trace, masks, words = _at_hand()
    if chosen["group"] >= len(masks):
        return  # a second click: the first has filled the gap
    bert = resources.model(state.current().model)
    [found] = mask_guesses(
        bert,
        trace,
        [masks[chosen["group"]]],
        [hidden_truths(bert, words)[chosen["group"]]],
        top_k=st.session_state["mw_top_k"],
        only_words=st.session_state["mw_only_words"],
    )
    entries = [*found.best, *([found.truth] if found.truth is not None else [])]
    put_token(
        trace.encoding, masks, words, chosen["group"], entries[chosen["row"]].prediction.token
    )


def hide(
    encoding: Encoding, masks: list[int], words: tuple[HiddenWord, ...], position: int
) -> None:
    """Put [MASK] over the word at a position and remember it."""
    word = word_at(encoding, position)
    if word is None:
        return
    _write(hide_word(encoding, word))
    before = sum(mask < position for mask in masks)
    index = word_of_mask(words, before)[0] if before < len(masks) else len(words)
    hidden = HiddenWord(word.text, len(word.positions))
    remember([*words[:index], hidden, *words[index:]])


def put_in(trace: Trace, masks: list[int], words: tuple[HiddenWord, ...], mask: int) -> None:
    """Put back the word behind one mask; the model's best word where none is known."""
    index, piece = word_of_mask(words, mask)
    if not words[index].text:
        tokenizer = resources.model(state.current().model).tokenizer
        [best] = top_tokens(trace.mlm_logits_at(masks[mask]).cpu(), tokenizer, 1)
        put_token(trace.encoding, masks, words, mask, best.token)
        return
    first = mask - piece
    positions = tuple(masks[first : first + words[index].pieces])
    _write(replace_word(trace.encoding, _span(trace.encoding, positions), words[index].text))
    remember([*words[:index], *words[index + 1 :]])


def put_token(
    encoding: Encoding, masks: list[int], words: tuple[HiddenWord, ...], mask: int, token: str
) -> None:
    """Write a token in place of one mask; what is left of its word is no longer known."""
    index, piece = word_of_mask(words, mask)
    _write(replace_word(encoding, _span(encoding, (masks[mask],)), token))
    rest = [HiddenWord()] * (words[index].pieces - 1)
    remember([*words[:index], *rest, *words[index + 1 :]])


def _at_hand() -> tuple[Trace, list[int], tuple[HiddenWord, ...]]:
    """Trace, masks and hidden words of the text that the page was drawn for; for callbacks."""
    chosen = state.current()
    trace = resources.trace(chosen.model, *chosen.pair)
    masks = mask_positions(trace.encoding, resources.model(chosen.model).tokenizer)
    return trace, masks, hidden_words(len(masks))


def _span(encoding: Encoding, positions: tuple[int, ...]) -> Word:
    """Neighbouring masks as one word."""
    first, last = (word_at(encoding, position) for position in (positions[0], positions[-1]))
    assert first is not None and last is not None  # a mask is a token of the text
    return Word(positions, first.in_b, first.start, last.end, "")


def _write(texts: tuple[str, str | None]) -> None:
    state.choose(text_a=texts[0], text_b=texts[1] or "")


def offer_to_hide(visit: Visit) -> Word | None:
    """No [MASK] in the text: say what to do, and offer to hide a word, which is returned."""
    say, word = visit.say, opening_word(visit)
    st.info(say("masked_words.none"))
    if word is not None:
        st.button(
            say("masked_words.none_button", word=frame.escape(display_text(word.text))),
            type="primary",
            key="mw_hide_one",
            on_click=hide,
            args=[visit.encoding, [], (), word.positions[0]],
        )
    return word


def opening_word(visit: Visit) -> Word | None:
    """The word to begin with, None where the text has none.

    A default text has its own. Of any other it is the word whose guess is least decided, and of a
    long one, whose words are not all tried, the one in the middle.
    """
    chosen, encoding = visit.selection, visit.encoding
    words = words_of(encoding)
    default = default_at(chosen.model, chosen.text_a, chosen.text_b)
    if default is not None:
        return next(word for word in words if word.text == default.hidden)
    tried = [
        (abs(turn.probability - UNDECIDED), turn.word)
        for turn in words_in_turn(visit)
        if turn.probability is not None and any(map(str.isalnum, turn.word.text))
    ]
    if tried:
        return min(tried, key=lambda one: one[0])[1]
    return words[len(words) // 2] if words else None


def _first_guesses(visit: Visit, word: Word) -> None:
    """What the model would put in place of a word, the text being left as it is."""
    say, bert = visit.say, visit.bert
    trace = resources.trace(visit.selection.model, *hide_word(visit.encoding, word))
    masks = mask_positions(trace.encoding, bert.tokenizer)
    truths = hidden_truths(bert, [HiddenWord(word.text, len(word.positions))])
    found = mask_guesses(bert, trace, masks, truths, top_k=BEST, only_words=False)
    title = say("masked_words.first", word=display_text(word.text))
    groups = [
        replace(group, title=title, rows=tuple(replace(row, action="") for row in group.rows))
        for group in guess_groups(found, say)
    ]
    ranked_bars(groups, key=FIRST, label=title, high=1.0, scale=say("masked_words.first_scale"))


def words_in_turn(visit: Visit) -> tuple[HiddenInTurn, ...]:
    """Every word of the text hidden alone; none of a long text, or if the reader stopped it."""
    bert, encoding = visit.bert, visit.encoding
    if len(encoding) > LONGEST_IN_TURN:
        return ()
    turns = jobs.result(
        "in_turn",
        visit.trace,
        (),
        lambda report: hide_each_word(bert, encoding, report),
        visit.say,
    )
    return turns or ()


def each_in_turn(visit: Visit) -> None:
    """How probable the model finds every word of the text when that word alone is hidden."""
    say, turns = visit.say, words_in_turn(visit)
    if len(visit.encoding) > LONGEST_IN_TURN:
        count = len(visit.encoding)
        st.caption(say("masked_words.turn.long", count=count, most=LONGEST_IN_TURN))
    if turns:
        ranked_bars(
            turn_groups(turns, say),
            key=TURNS,
            label=say("masked_words.turn.heading"),
            high=1.0,
            scale=say("masked_words.turn.scale"),
            layout="wide",
            on_select=hide_turn,
        )


def hide_turn() -> None:
    """Hide the word whose bar was clicked."""
    trace, masks, words = _at_hand()
    if masks:
        return  # a second click: the first has hidden a word
    word = words_of(trace.encoding)[st.session_state[TURNS].select["row"]]
    hide(trace.encoding, masks, words, word.positions[0])
