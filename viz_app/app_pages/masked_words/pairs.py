"""Which of two sentences does the model prefer: the reader guesses first, then token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from bert_core import shelves
from bert_core.shelves import PreparedPair
from bert_core.studies.minimal_pairs import PairScore, score_pairs
from viz_app.messages import Say
from viz_app.number_text import decimal_text, share_text, signed_text
from viz_app.session import frame, jobs
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.minimal_pairs import (
    LETTERS,
    ahead,
    aligned,
    differing_part,
    guesses_at,
    hidden_groups,
    mostly_different,
    pair_problem,
    pair_table,
    read_guesses,
    shelf_counts,
    write_guesses,
)
from viz_app.view_models.labs.views import PAIR_DECIMALS, PairTable, RankedGroup, RankedRow
from viz_app.views.paired_bars import paired_bars
from viz_app.views.ranked_bars import ranked_bars
from viz_app.views.text_table import text_table
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

OWN = "own"
LONGEST_TEXT = 2000
"""Characters of a sentence; an address must hold two."""
BARS, SHELF = "mw_pair_bars", "mw_shelf_pairs"
PLACE, MOST_ROWS = -1, 9999
"""As a row: where the sentences differ, until the reader chooses one."""
SHELF_HEIGHT = 420
PEOPLE = ""
PUBLISHED = {
    "en": (
        ("Zorro", "BabyBERTa", 0.803, "Huebner et al. 2021"),
        ("Zorro", "RoBERTa-base", 0.826, "Huebner et al. 2021"),
        ("BLiMP", PEOPLE, 0.964, "Warstadt et al. 2020"),
    ),
    "zh": (
        ("SLING", "BERT-base-chinese", 0.848, "Song et al. 2022"),
        ("SLING", PEOPLE, 0.971, "Song et al. 2022"),
    ),
}
"""Set, who, share of the pairs judged rightly, source.

Zorro's as its authors give them for the set of October 2021 (model card of BabyBERTa-1); people on
BLiMP: aggregate agreement with the labels; SLING: the paper's abstract.
"""
MEASURED = {"small-en": ("Zorro", 0.880), "mini-en": ("Zorro", 0.848), "small-zh": ("SLING", 0.647)}
"""Shipped model → set and share, as its card gives them: 20 pairs of each paradigm."""


@dataclass(frozen=True)
class Question:
    """The pair on the page."""

    texts: tuple[str, str]
    guess: int | None
    """Index of the sentence that the reader has chosen; None before."""
    prepared: PreparedPair | None
    """None for the reader's own sentences, of which nobody has said which one is right."""

    @property
    def kind(self) -> str:
        """Part of the keys of messages that differ."""
        return "prepared" if self.prepared else "own"


def which_sentence(visit: Visit, choices: PageChoices) -> None:
    """A pair, the reader's guess, the model's answer token by token, then the whole shelf."""
    say = visit.say
    paragraph(say("masked_words.pairs.intro"))
    shelf = shelves.minimal_pairs(visit.bert.language)
    key = choices.text(f"guesses_{visit.bert.language}", len(shelf))
    guesses = read_guesses(choices[f"guesses_{visit.bert.language}"], len(shelf))
    row_key = choices.number("pair_row", PLACE, MOST_ROWS, PLACE)
    own_key = choices.one_of("own_guess", ("", *LETTERS), "")
    text_keys = {name: choices.text(name, LONGEST_TEXT) for name in ("own_a", "own_b")}
    picked = _pick(shelf, choices, say)
    if picked == OWN:
        own = st.session_state[own_key]
        question = Question(
            _own_texts(text_keys, choices, say), LETTERS.index(own) if own else None, None
        )
    else:
        place = [pair.id for pair in shelf].index(picked)
        question = Question(shelf[place].sentences, guesses[place], shelf[place])
    if _comparable(question, visit):
        _show(question, say)
        if question.guess is None:
            _ask(question, key, guesses, shelf, say)
        else:
            _answer(question, st.session_state[row_key], visit)
            if question.prepared:
                _offer_next(question.prepared, shelf, say)
    st.divider()
    _whole_shelf(shelf, guesses, key, choices, visit)


def _pick(shelf: Sequence[PreparedPair], choices: PageChoices, say: Say) -> str:
    """The id of a prepared pair, or OWN."""
    names = {pair.id: _name(number, pair, say) for number, pair in enumerate(shelf, start=1)}
    return st.selectbox(
        say("masked_words.pairs.pick"),
        [*names, OWN],
        format_func=lambda one: names.get(one) or say("masked_words.pairs.own"),
        key=choices.one_of("pair", [*names, OWN], shelf[0].id),
        on_change=_forget_row,
    )


def _name(number: int, pair: PreparedPair, say: Say) -> str:
    before, (first, second), after = differing_part(*pair.sentences)
    return say(
        "masked_words.pairs.name",
        number=number,
        phenomenon=say(f"masked_words.phenomenon.{pair.phenomenon}"),
        sentence=f"{before}[{first} | {second}]{after}",
    )


def _own_texts(keys: Mapping[str, str], choices: PageChoices, say: Say) -> tuple[str, str]:
    """Two boxes without a form, which would hold back what is typed from whatever comes next."""
    first, second = (
        st.text_input(
            say("masked_words.pairs.sentence", letter=letter),
            key=key,
            max_chars=LONGEST_TEXT,
            on_change=_ask_anew,
            args=[choices, name],
        )
        for letter, (name, key) in zip(LETTERS, keys.items(), strict=True)
    )
    # leaving a box has taken its text; the button is there for whoever looks for one
    st.button(say("masked_words.pairs.take"), key="mw_own_take")
    return first, second


def _comparable(question: Question, visit: Visit) -> bool:
    """Whether the two can be compared; says what is in the way, and what to keep in mind."""
    say, bert = visit.say, visit.bert
    encodings = [bert.encode(text) for text in question.texts]
    problem = pair_problem(encodings, bert.tokenizer.mask_id)
    if problem != "empty":
        for encoding in encodings:
            frame.say_what_is_lost(encoding, bert, say)
    if problem is not None:
        st.info(say(f"masked_words.pairs.problem.{problem}"))
        return False
    if question.prepared is None and mostly_different(aligned(encodings)):
        st.info(say("masked_words.pairs.mostly_different"))
    return True


def _show(question: Question, say: Say) -> None:
    """Both sentences, the part that differs marked."""
    before, middles, after = differing_part(*question.texts)
    with st.container(border=True):
        for letter, middle in zip(LETTERS, middles, strict=True):
            # a colour, since the stars of bold type are only read as such beside some letters
            place = f":blue-background[{frame.escape(middle)}]" if middle.strip() else ""
            st.markdown(f"**{letter}**  {frame.escape(before)}{place}{frame.escape(after)}")
        if question.prepared:
            st.caption(say(f"masked_words.phenomenon_help.{question.prepared.phenomenon}"))


def _ask(
    question: Question,
    key: str,
    guesses: Sequence[int | None],
    shelf: Sequence[PreparedPair],
    say: Say,
) -> None:
    st.markdown(f"**{say(f'masked_words.pairs.ask.{question.kind}')}**")
    with st.container(horizontal=True):
        for index, letter in enumerate(LETTERS):
            if question.prepared is None:
                value = {"mw_own_guess": letter}
            else:
                place = shelf.index(question.prepared)
                value = {key: write_guesses([*guesses[:place], index, *guesses[place + 1 :]])}
            st.button(
                say(f"masked_words.pairs.guess.{question.kind}", letter=letter),
                key=f"mw_guess_{letter}",
                type="primary",
                on_click=st.session_state.update,
                args=[value],
            )


def _answer(question: Question, chosen: int, visit: Visit) -> None:
    say, bert = visit.say, visit.bert
    scored = jobs.result(
        "minimal_pair",
        bert,
        question.texts,
        lambda report: score_pairs(bert, [question.texts], report),
        say,
    )
    if scored is None:
        return
    [score] = scored
    table = pair_table(score)
    _verdict(question, score, table, visit)
    row = chosen if 0 <= chosen < len(table.rows) else table.place
    paragraph(f"**{say('masked_words.pairs.table')}**")
    paired_bars(table, selected=row, key=BARS, say=say, on_select=_take_row)
    _lengths(table, say)
    columns = [say(f"masked_words.pairs.csv.{name}") for name in ("row", "shared")]
    for letter in LETTERS:
        columns += [f"{letter}: {say('masked_words.pairs.column.token')}", f"{letter}: ln p"]
    download("minimal_pair", lambda: (columns, _rows(score)), say)
    _hidden(score, row, table, visit)


def _verdict(question: Question, score: PairScore, table: PairTable, visit: Visit) -> None:
    say = visit.say
    preferred = 0 if score.difference > 0 else 1
    first, second = table.totals
    right = question.prepared.right if question.prepared else preferred
    hit = question.guess == right
    assert question.guess is not None  # there is no answer before a guess
    yours = say(
        f"masked_words.pairs.you.{question.kind}.{'right' if hit else 'wrong'}",
        letter=LETTERS[question.guess],
    )
    (st.success if hit else st.warning)(yours)
    if question.prepared:
        verdict = "right" if preferred == right else "wrong"
        (st.success if preferred == right else st.warning)(
            say(f"masked_words.pairs.model.{verdict}", model=frame.escape(visit.bert.name))
        )
    st.markdown(
        say(
            "masked_words.pairs.prefers",
            model=frame.escape(visit.bert.name),
            letter=LETTERS[preferred],
            first=decimal_text(first, PAIR_DECIMALS),
            second=decimal_text(second, PAIR_DECIMALS),
            difference=decimal_text(abs(table.difference), PAIR_DECIMALS),
        )
    )
    st.markdown(
        say(
            "masked_words.pairs.arises",
            difference=signed_text(table.difference, PAIR_DECIMALS),
            place=signed_text(table.at_the_place, PAIR_DECIMALS),
            shared=signed_text(table.difference - table.at_the_place, PAIR_DECIMALS),
        )
    )


def _lengths(table: PairTable, say: Say) -> None:
    """Warn that the sum of more tokens is lower for that alone."""
    first, second = (
        sum(cell is not None for cell in side)
        for side in zip(*((row.first, row.second) for row in table.rows), strict=True)
    )
    if first != second:
        st.caption(say("masked_words.pairs.lengths", first=first, second=second))


def _rows(score: PairScore) -> list[list[object]]:
    """All digits of the table, one row per place."""
    sides = (score.first, score.second)
    rows: list[list[object]] = []
    for number, row in enumerate(aligned([side.encoding for side in sides])):
        cells: list[object] = [number, int(row.shared)]
        for side, index in zip(sides, (row.first, row.second), strict=True):
            if index is None:
                cells += ["", ""]
            else:
                token = side.encoding.tokens[side.positions[index]]
                cells += [token, side.log_probabilities[index]]
        rows.append(cells)
    return rows


def _hidden(score: PairScore, row: int, table: PairTable, visit: Visit) -> None:
    """What the model puts where the chosen row's token is hidden."""
    say, bert = visit.say, visit.bert
    place = aligned([score.first.encoding, score.second.encoding])[row]
    found = jobs.result(
        "pair_guesses",
        bert,
        (score.first.encoding.text_a, score.second.encoding.text_a, row),
        lambda report: guesses_at(bert, score, place, report),
        say,
    )
    if found is None:
        return
    cells = (table.rows[row].first, table.rows[row].second)
    words = list(dict.fromkeys(cell[0] for cell in cells if cell))
    heading = say("masked_words.pairs.hidden", word=frame.escape(" | ".join(words)))
    st.markdown(f"**{heading}**")
    ranked_bars(
        hidden_groups(found, say),
        key="mw_pair_hidden",
        label=say("masked_words.pairs.hidden", word=" | ".join(words)),
        high=1.0,
        scale=say("masked_words.three.scale"),
    )
    st.caption(say("masked_words.pairs.method"))


def _offer_next(pair: PreparedPair, shelf: Sequence[PreparedPair], say: Say) -> None:
    following = shelf[(shelf.index(pair) + 1) % len(shelf)]
    st.button(
        say("masked_words.pairs.next"),
        key="mw_pair_next",
        type="primary",
        on_click=_open,
        args=[following.id],
    )


def _whole_shelf(
    shelf: Sequence[PreparedPair],
    guesses: Sequence[int | None],
    key: str,
    choices: PageChoices,
    visit: Visit,
) -> None:
    """How many pairs the model and the reader judge rightly, and what is published."""
    say, bert = visit.say, visit.bert
    shown = st.toggle(
        say("masked_words.pairs.shelf", count=len(shelf)),
        key=choices.switch("pair_shelf"),
        help=say("masked_words.pairs.shelf_help"),
    )
    if not shown:
        return
    scores = jobs.result(
        "minimal_pairs",
        bert,
        (),
        lambda report: score_pairs(bert, [pair.sentences for pair in shelf], report),
        say,
    )
    if scores is None:
        return
    counts = shelf_counts(shelf, scores, guesses)
    total = counts[-1]
    share = share_text(total.model / total.pairs)
    st.markdown(
        say(
            "masked_words.pairs.score",
            model=frame.escape(bert.name),
            right=total.model,
            count=total.pairs,
            share=share,
        )
    )
    names = ("phenomenon", "pairs", "right", "you")
    text_table(
        [say(f"masked_words.pairs.shelf_column.{name}", model=bert.name) for name in names],
        [
            [
                say(f"masked_words.phenomenon.{one.phenomenon or 'all'}"),
                str(one.pairs),
                str(one.model),
                say("masked_words.pairs.of", right=one.reader, count=one.guessed)
                if one.guessed
                else "–",
            ]
            for one in counts
        ],
        key="mw_pair_counts",
        label=say("masked_words.pairs.shelf", count=len(shelf)),
        numbers=(1, 2, 3),
    )
    _pairs_of_shelf(shelf, scores, say)
    with st.container(horizontal=True):
        columns = [
            say(f"masked_words.pairs.csv.{name}")
            for name in ("phenomenon", "right", "other", "difference", "guess")
        ]
        rows = [
            [
                say(f"masked_words.phenomenon.{pair.phenomenon}"),
                pair.sentences[pair.right],
                pair.sentences[1 - pair.right],
                ahead(pair, score),
                "" if guess is None else int(guess == pair.right),
            ]
            for pair, score, guess in zip(shelf, scores, guesses, strict=True)
        ]
        download("minimal_pairs", lambda: (columns, rows), say)
        if total.guessed:
            st.button(
                say("masked_words.pairs.forget"),
                key="mw_forget_guesses",
                on_click=st.session_state.update,
                args=[{key: ""}],
            )
    _other_sets(visit)


def _pairs_of_shelf(shelf: Sequence[PreparedPair], scores: Sequence[PairScore], say: Say) -> None:
    leads = [ahead(pair, score) for pair, score in zip(shelf, scores, strict=True)]
    rows = tuple(
        RankedRow(
            label=_name(number, pair, say),
            value=abs(lead),
            digits=signed_text(lead, 1),
            tag=say(f"masked_words.pairs.{'hit' if lead > 0 else 'miss'}"),
            marked=lead <= 0,
            action=say("masked_words.pairs.open"),
        )
        for number, (pair, lead) in enumerate(zip(shelf, leads, strict=True), start=1)
    )
    with st.container(height=SHELF_HEIGHT):
        ranked_bars(
            [RankedGroup("", rows)],
            key=SHELF,
            label=say("masked_words.pairs.shelf", count=len(shelf)),
            high=max(map(abs, leads)),
            scale=say("masked_words.pairs.shelf_scale"),
            layout="prose",
            on_select=_open_row,
        )


def _other_sets(visit: Visit) -> None:
    """What is published for larger sets, and what the model was measured to do there."""
    say, name, language = visit.say, visit.selection.model, visit.bert.language
    if language not in PUBLISHED:
        return
    paragraph(f"**{say('masked_words.pairs.published')}**")
    rows = [
        [tests, who or say("masked_words.pairs.people"), share_text(share), source]
        for tests, who, share, source in PUBLISHED[language]
    ]
    if name in MEASURED:
        tests, share = MEASURED[name]
        rows.append([tests, name, share_text(share), say("masked_words.pairs.measured")])
    columns = ("set", "who", "share", "source")
    text_table(
        [say(f"masked_words.pairs.published_column.{name}") for name in columns],
        rows,
        key="mw_pair_published",
        label=say("masked_words.pairs.published"),
        numbers=(2,),
    )
    st.caption(say(f"masked_words.pairs.published_note.{language}"))


def _open(pair: str) -> None:
    st.session_state["mw_pair"] = pair
    _forget_row()


def _open_row() -> None:
    """Look at the pair whose row was clicked."""
    language = frame.text_language()
    _open(shelves.minimal_pairs(language)[st.session_state[SHELF].select["row"]].id)


def _take_row() -> None:
    """Ask what stands at the tokens that were clicked."""
    st.session_state["mw_pair_row"] = int(st.session_state[BARS].select["row"])


def _forget_row() -> None:
    st.session_state["mw_pair_row"] = PLACE


def _ask_anew(choices: PageChoices, name: str) -> None:
    """Another sentence of the reader's own: another guess."""
    choices.keep(name)
    st.session_state["mw_own_guess"] = ""
    _forget_row()
