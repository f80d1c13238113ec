"""The tour's card above a page: one question on the reader's own sentence, asked before the page.

While a stop's question is open, its page is not drawn: it would show the answer. The stop and the
answers stand in the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from viz_app.messages import Say
from viz_app.session import frame, jobs, resources, state
from viz_app.session.defaults import default_at, default_of
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.session.tour import STOPS, Stop, Told, answered, marks, with_answer

if TYPE_CHECKING:  # the questions need torch, which Start does not wait for
    from viz_app.view_models.tour import Option, Question

DONE = len(STOPS) + 1
LONGEST_TOLD = 5 * len(STOPS)
STOP, TOLD, FOLDED, TRAVELS, HINT = (
    *("tour_stop", "tour_told", "tour_folded"),
    *("_tour_travels", "_tour_hint"),
)
SIGNS = {"right": "✓", "wrong": "✗", "shown": "·", "open": "○"}


def offer_tour(say: Say) -> None:
    """The button that begins it; nothing while the tour is on."""
    if not st.session_state.get(STOP):
        st.button(
            say("tour.offer"),
            key="tour_begin",
            help=say("tour.offer_help"),
            on_click=go,
            args=[1],
        )


def go(stop: int) -> None:
    """Go to a stop, counted from 1; 0 ends the tour. For callbacks."""
    st.session_state[STOP] = stop
    st.session_state[TRAVELS] = 0 < stop < DONE
    st.session_state[FOLDED] = False


def tour_card(page: str) -> bool:
    """Draw the card if the reader is on the tour; whether the page has to wait for an answer.

    Args:
        page: Name of the page's folder.
    """
    choices = PageChoices("tour")
    stop = st.session_state[choices.number("stop", 0, DONE, 0)]
    choices.text("told", LONGEST_TOLD)
    choices.switch("folded")
    covered = False
    if stop:
        with st.container(border=True, key="tour_card", gap="small"):
            if stop == DONE:
                _draw_end(frame.visit().say)
            else:
                covered = _draw_stop(STOPS[stop - 1], stop, page)
    choices.write()
    return covered


def _draw_stop(stop: Stop, number: int, page: str) -> bool:
    visit = frame.visit()
    say = visit.say
    there = say(f"app.page.{stop.place.page}")
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    asked = _question(stop, visit) if visit.selection.text_a.strip() else None
    told = None if asked is None else _told(number, asked, visit)
    if asked is not None and st.session_state.pop(TRAVELS, False):
        _travel(stop, asked, page)
    covered = asked is not None and not asked.passed and told is None and page == stop.place.page
    with head:
        _draw_head(number, there, say, folds=not covered)
    if st.session_state[FOLDED] and not covered:
        return False
    # The same two places in every state: a button that stays where it is keeps the focus.
    words, ways = st.container(), st.container(horizontal=True, vertical_alignment="center")
    note = st.empty()
    if asked is None:
        if not visit.selection.text_a.strip():
            words.markdown(say("tour.no_text"))
    elif page != stop.place.page:
        words.markdown(say("tour.elsewhere", page=there))
        with ways:
            _draw_ways(number, say("tour.go"), number, say)
    else:
        with words:
            _draw_words(stop, asked, told, say)
        with ways:
            if covered:
                _draw_answer(number, asked, visit)
            else:
                label = say("tour.next" if number < len(STOPS) else "tour.finish")
                _draw_ways(number, label, number + 1, say)
        if covered:
            note.caption(say("tour.covered", page=there))
    return covered


def _draw_head(number: int, page: str, say: Say, *, folds: bool) -> None:
    """Where the reader is, what was answered, and the ways out.

    Args:
        folds: Whether the card can be folded: a folded question would let the page show the answer.
    """
    found = marks(st.session_state[TOLD])
    kinds = [_kind(found.get(at)) for at in range(len(STOPS))]
    signs = " ".join(
        f"**{SIGNS[kind]}**" if at == number - 1 else SIGNS[kind] for at, kind in enumerate(kinds)
    )
    title = say("tour.head", number=number, total=len(STOPS), page=page)
    st.markdown(f"**{title}**", width="content")
    st.markdown(f":gray[{signs}]", width="stretch")
    if folds:
        name = "unfold" if st.session_state[FOLDED] else "fold"
        st.button(say(f"tour.{name}"), key="tour_fold", type="tertiary", on_click=_fold)
    st.button(say("tour.end"), key="tour_end", type="tertiary", on_click=go, args=[0])


def _kind(told: Told | None) -> str:
    if told is None:
        return "open"
    return "shown" if told.option is None else "right" if told.right else "wrong"


def _fold() -> None:
    st.session_state[FOLDED] = not st.session_state[FOLDED]


def _question(stop: Stop, visit: Visit) -> Question | None:
    """What the stop asks; None if the reader stopped the work."""
    frame.wait_for_torch(visit)
    from viz_app.view_models.tour import Known, question

    now, bert = visit.selection, visit.bert
    # not by way of the visit, which would say here what the page says of what is lost
    trace = resources.trace(now.model, *now.pair)
    own, known = default_of(now.model), Known()
    if own is not None:
        known = Known(word=own.word)
        if default_at(now.model, now.text_a, now.text_b) is not None:
            seen = own.example.seen
            known = Known((seen.layer, seen.head, seen.query), own.hidden, own.text_b, own.word)
    return jobs.result(
        "tour",
        trace,
        (stop.id, known),
        lambda report: question(stop.id, bert, trace, known, report),
        visit.say,
    )


def _travel(stop: Stop, asked: Question, page: str) -> None:
    """Bring page, section and selection of a stop about; another page begins a new run."""
    section, _, value = stop.place.section.partition("=")
    if section == "step":
        state.choose(step=value)
    elif section:
        st.session_state[section] = value
    if not asked.passed:
        state.choose(**asked.chosen)
        for name, choice in asked.choices.items():
            st.session_state[name] = choice
    if page != stop.place.page:
        state.open_page(stop.place.file)
    state.synchronise()


def _subject(visit: Visit) -> tuple[str, ...]:
    return (visit.selection.model, *map(str, visit.selection.pair))


def _told(number: int, asked: Question, visit: Visit) -> Told | None:
    """What was answered here about this text; None where nothing was, or nothing is asked."""
    told = answered(st.session_state[TOLD], number - 1, _subject(visit))
    if told is None or asked.passed:
        return None
    return told if told.option is None or told.option < len(asked.options) else None


def _draw_words(stop: Stop, asked: Question, told: Told | None, say: Say) -> None:
    """The question with its options or, once answered, what the model says."""
    if asked.passed:
        st.markdown(say(f"tour.passed.{asked.passed}"))
        return
    values = {name: frame.escape(text) for name, text in asked.values.items()}
    st.markdown(say(f"tour.{stop.id}.question", **values))
    if told is not None:
        st.markdown(_verdict(stop, asked, told, say))
        st.markdown(say(f"tour.{stop.id}.why", **values))
        return
    st.radio(
        say("tour.options"),
        range(len(asked.options)),
        index=None,
        format_func=lambda at: _label(stop, asked.options[at], say),
        key=_pick(stop),
        horizontal=True,
    )
    if st.session_state.pop(HINT, False):
        st.caption(say("tour.first"))


def _draw_answer(number: int, asked: Question, visit: Visit) -> None:
    say, subject = visit.say, _subject(visit)
    st.button(
        say("tour.answer"),
        key="tour_go",
        type="primary",
        on_click=_answer,
        args=[number, subject, asked],
    )
    st.button(
        say("tour.show"),
        key="tour_show",
        on_click=_tell,
        args=[number, subject, Told(None, False)],
    )
    _draw_back(number, say)


def _answer(number: int, subject: tuple[str, ...], asked: Question) -> None:
    """Take what is picked now; the run before may have been drawn without it."""
    picked = st.session_state[_pick(STOPS[number - 1])]
    if picked is None:
        st.session_state[HINT] = True
    else:
        _tell(number, subject, Told(picked, asked.is_right(picked)))


def _pick(stop: Stop) -> str:
    return f"tour_pick_{stop.id}"


def _tell(number: int, subject: tuple[str, ...], told: Told) -> None:
    st.session_state[TOLD] = with_answer(st.session_state[TOLD], number - 1, subject, told)


def _label(stop: Stop, option: Option, say: Say) -> str:
    """An option as Markdown."""
    if option.key:
        return say(option.key)
    text = frame.escape(option.text)
    return say("tour.near.label", option=text) if stop.id == "near" else text


def _verdict(stop: Stop, asked: Question, told: Told, say: Say) -> str:
    """Right or not, what the chosen one has, what the right one has, and the others."""

    def measure(at: int) -> str:
        return say(f"tour.{stop.id}.measure", digits=asked.options[at].digits)

    right = asked.right if told.option is None or not told.right else told.option
    kind = "shown" if told.option is None else "right" if told.right else "wrong"
    names = {"right": _label(stop, asked.options[right], say)}
    if told.option is not None:
        names["chosen"] = _label(stop, asked.options[told.option], say)
    if not asked.options[right].digits:
        return say(f"tour.{kind}", **names)
    if told.option is not None:
        names["chosen_measure"] = measure(told.option)
    others = [
        f"{_label(stop, option, say)} {option.digits}"
        for at, option in enumerate(asked.options)
        if at not in (right, told.option)
    ]
    said = say(f"tour.{kind}_measured", **names, measure=measure(right))
    return f"{said} {say('tour.others', others=' · '.join(others))}" if others else said


def _draw_ways(number: int, label: str, stop: int, say: Say) -> None:
    """The button that leads on, and the one that leads back."""
    st.button(label, key="tour_go", type="primary", on_click=go, args=[stop])
    _draw_back(number, say)


def _draw_back(number: int, say: Say) -> None:
    if number > 1:
        st.button(say("tour.back"), key="tour_back", on_click=go, args=[number - 1])


def _draw_end(say: Say) -> None:
    found = marks(st.session_state[TOLD])
    right = sum(told.right for told in found.values())
    count = sum(told.option is not None for told in found.values())
    st.markdown(say("tour.done", answered=count, total=len(STOPS), right=right))
    with st.container(horizontal=True):
        st.button(say("tour.again"), key="tour_again", on_click=_begin_anew)
        st.button(say("tour.end"), key="tour_end", on_click=go, args=[0])


def _begin_anew() -> None:
    st.session_state[TOLD] = ""
    go(1)
