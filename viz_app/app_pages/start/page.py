"""Start: the sentence through the model in one picture; its parts lead to their pages."""

from pathlib import Path
from typing import Any

import streamlit as st

from viz_app.app_pages.start.first_paint import first_paint
from viz_app.session import frame, resources, state
from viz_app.view_models.architecture_view import ArchitectureView
from viz_app.views.architecture import architecture_board
from viz_app.widgets.tour import offer_tour

KEY = "start_board"
PAGES = Path(__file__).parents[1]
PAGE_OF_PART = {
    "token": "walkthrough",
    "embedding": "positions",
    "head": "attention",
    "hidden": "walkthrough",
    "mask": "masked_words",
    "next": "next_sentence",
}
"""Part of the picture → the page that shows it closely."""


def page_file(part: str) -> Path:
    """The file of the page that a part leads to."""
    return PAGES / PAGE_OF_PART[part] / "page.py"


def take_part() -> None:
    """Make the head or token that was clicked those of every page."""
    clicked = st.session_state[KEY].open
    fields = {"layer": "layer", "head": "head", "token": "query"}
    state.choose(**{field: clicked[name] for name, field in fields.items() if name in clicked})


def draw(view: ArchitectureView, chosen: state.Selection) -> dict[str, Any] | None:
    """The picture, with the selection moved into its model and sentence."""
    inside = chosen.within(view.layers, view.heads, len(view.tokens))
    return architecture_board(
        view,
        selected=(inside.layer, inside.head, inside.query),
        key=KEY,
        say=say,
        pages={
            part: say(f"app.page.{page}")
            for part, page in PAGE_OF_PART.items()
            if page_file(part).is_file()
        },
        on_open=take_part,
    )


visit = frame.visit()
say, chosen = visit.say, visit.selection
offer_tour(say)
stored = None if resources.is_loaded(chosen.model) else first_paint(chosen)
if stored is None:
    trace = visit.trace
    # torch has come with the trace; the stored picture is painted without it
    from viz_app.view_models.architecture import architecture

    clicked = draw(architecture(trace, visit.bert), chosen)
else:
    clicked = draw(stored, chosen)
if clicked is not None:
    state.open_page(page_file(clicked["part"]))
if stored is not None:
    st.caption(say("start.stored"))
    assert visit.bert  # waits for it
    st.rerun()
