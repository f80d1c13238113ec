"""Step by step: one token's way through the model, every number worked out from those before it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from bert_core.provenance import Cell
from viz_app.app_pages.walkthrough.divisor_lab import divisor_lab
from viz_app.export.chain_csv import chain_csv
from viz_app.export.walkthrough import walkthrough_file
from viz_app.export.workbook import chain_workbook
from viz_app.lessons import run as runs
from viz_app.session import frame, state
from viz_app.session.address import Part
from viz_app.view_models.walkthrough.build import walkthrough
from viz_app.view_models.walkthrough.origin import origin_view, term_view
from viz_app.view_models.walkthrough.steps import BY_ID
from viz_app.views.mount import prefetch
from viz_app.views.payloads import Asked
from viz_app.views.walkthrough import origin_header, walkthrough_payload, walkthrough_table

KEY = "walkthrough"
WANTED = "walkthrough_wanted"
SENT = "walkthrough_sent"
FIRST = "query"
"""The step shown to whoever has not chosen one: the beginning of attention."""
SHARED = ("step", "layer", "head", "query")
"""The parts of a place that other pages know as well."""
EXTRA = ("unit", "candidate")
"""Those of this page alone: which output of a sum of products, which word of the vocabulary."""
EXTRA_ADDRESS = Part("walkthrough", EXTRA.__contains__)
ADDRESS = {name: state.URL_NAMES[name] for name in SHARED} | {name: name for name in EXTRA}


def take_place() -> None:
    """Remember where the reader is, with layer, head and token for every page."""
    picked = st.session_state[KEY].place
    state.choose(**{name: picked[name] for name in SHARED})
    extra = {name: str(picked[name]) for name in EXTRA if picked[name] is not None}
    state.synchronise((EXTRA_ADDRESS, extra))


def take_wanted() -> None:
    """Note which sheets the browser would like to have ahead of time."""
    st.session_state[WANTED] = st.session_state[f"{KEY}_prefetch"].wanted


def take_question() -> None:
    """Put the number that was clicked on the trail, or go back along it."""
    asked = st.session_state[KEY].ask
    trail = [] if asked.get("fresh") or asked.get("close") else st.session_state.get("trail", [])
    if asked.get("back"):
        trail = trail[:-1]
    if "cell" in asked:
        trail = [*trail, asked["cell"]]
    st.session_state["trail"] = trail


def extra(name: str, size: int) -> int | None:
    """A choice of this page from the address; None where it makes no sense."""
    value = EXTRA_ADDRESS.asked.get(name, "")
    if not (value.isascii() and value.isdecimal() and len(value) <= 6):
        return None
    return int(value) if int(value) < size else None


def stand_alone(place: dict[str, Any]) -> bytes:
    """The whole chain of what is chosen in one HTML file."""
    file = walkthrough_file(
        lambda step, layer, here: payload_at(
            {**place, "step": step, "layer": layer}, view="view0", here=here
        ),
        step=place["step"],
        layer=place["layer"],
        layers=config.num_hidden_layers,
        facts={"token": trace.tokens[place["query"]], "head": place["head"], "text": now.text_a},
        without=without,
        say=say,
        language=now.language,
    )
    return file.encode()


def asked_cell(trail: list[dict[str, Any]]) -> Asked | None:
    """Where the last number on the trail comes from; None when it is not in this trace."""
    if not trail:
        return None
    asked = trail[-1]
    cell, term = Cell(asked["stage"], tuple(asked["index"]), asked["layer"]), asked.get("term")
    try:
        view = origin_view(trace, cell) if term is None else term_view(trace, cell, term)
    except ValueError:  # another text or model has come since
        return None
    return origin_header(view, say=say, language=now.language, trail=len(trail), term=term)


visit = frame.visit()
say = visit.say
causal = st.toggle(
    say("walkthrough.causal"),
    key="causal",
    bind="query-params",
    help=say("walkthrough.causal_help"),
)
trace = visit.traced(attention="causal") if causal else visit.trace
if causal:
    st.caption(say("walkthrough.causal_note"))
bert = visit.bert
config = trace.config
without = frozenset(bert.missing) & {"mlm", "nsp"}
now = visit.selection
lesson = runs.current()
# at another stop of a lesson the table goes to the stop's step, as it does in another text
at_stop = (lesson.name, lesson.stop) if lesson else None
subject = repr((now.model, now.text_a, now.text_b, now.language, trace.attention, at_stop))


def place_now() -> dict[str, Any]:
    """What is chosen, as the browser names a place."""
    chosen = visit.chosen()
    step = BY_ID.get(chosen.step)
    return {
        "step": step.id if step is not None and step.part not in without else FIRST,
        "layer": chosen.layer,
        "head": chosen.head,
        "query": chosen.query,
        "unit": extra("unit", max(config.hidden_size, config.intermediate_size)),
        "candidate": extra("candidate", config.vocab_size),
    }


def payload_at(
    place: dict[str, Any], *, view: str = KEY, here: Sequence[int] | None = None
) -> bytes:
    """The sheet of a place, for the browser.

    Raises:
        ValueError: there is no such place in this model and text.
    """
    made = walkthrough(
        trace,
        place["step"],
        place["layer"],
        place["head"],
        place["query"],
        unit=place["unit"] or 0,
        candidate=place["candidate"],
        token_of=bert.tokenizer.token,
    )
    return walkthrough_payload(
        made,
        key=view,
        say=say,
        language=now.language,
        subject=subject,
        **{name: place[name] for name in EXTRA},
        address=ADDRESS,
        without=without,
        here=here,
    )


def sheet_at(place: dict[str, Any]) -> bytes:
    """The sheet of a place; that of the run before is neither worked out nor packed again.

    So a question about one of its numbers, or a step within it, costs no more than its answer.
    """
    asked = (subject, {**place, "step": BY_ID[place["step"]].sheet})
    before, sheet = st.session_state.get(SENT, (None, b""))
    if asked != before:
        sheet = payload_at(place)
        st.session_state[SENT] = asked, sheet
    return sheet


@frame.fragment
def sheets() -> None:
    """The table, and what belongs to the same layer, head and token."""
    place = place_now()
    walkthrough_table(
        sheet_at(place),
        step=place["step"],
        key=KEY,
        asked=asked_cell(st.session_state.get("trail", [])),
        on_place=take_place,
        on_ask=take_question,
    )
    layer, head, query = place["layer"], place["head"], place["query"]
    here = (trace, layer, head, query)
    if BY_ID[place["step"]].part == "attention":
        divisor_lab(*here, say=say)
    name = f"headlight_L{layer}_H{head}_token{query}"
    st.caption(say("walkthrough.export_help"))
    with st.container(horizontal=True):
        # each file is written when its button is pressed
        st.download_button(
            say("walkthrough.export_xlsx"),
            data=lambda: chain_workbook(*here, say=say),
            file_name=f"{name}.xlsx",
            on_click="ignore",
            key="walkthrough_xlsx",
        )
        st.download_button(
            say("walkthrough.export_csv"),
            data=lambda: chain_csv(*here),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            key="walkthrough_csv",
        )
        st.download_button(
            say("walkthrough.export_html"),
            data=lambda: stand_alone(place),
            file_name=f"{name}.html",
            mime="text/html",
            on_click="ignore",
            key="walkthrough_html",
        )


@frame.fragment
def sheets_ahead() -> None:
    """The sheets that the browser asks for once it has painted the one that is looked at.

    Nothing is worked out before that one, and nothing here while nobody asks.
    """
    wanted = st.session_state.pop(WANTED, [])
    prefetch([payload_at(place) for place in wanted], view=KEY, on_wanted=take_wanted)


sheets()
sheets_ahead()
