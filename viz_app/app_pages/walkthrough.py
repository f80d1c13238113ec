"""Step by step: one head and one query token, from the layer's input to the head's output."""

import streamlit as st

from viz_app import frame, state
from viz_app.components.walkthrough import walkthrough_table
from viz_app.view_models.walkthrough import STEP_IDS, walkthrough

KEY = "walkthrough"


def take_step() -> None:
    """Remember the step on which the reader came to rest."""
    state.choose(step=st.session_state[KEY].step["step"])


def take_selection() -> None:
    """Make the layer, head and token that were picked those of every page."""
    picked = st.session_state[KEY].select
    state.choose(layer=picked["layer"], head=picked["head"], query=picked["query"])


say = frame.words()
trace = frame.trace()
chosen = frame.selection(trace)

walkthrough_table(
    walkthrough(trace, chosen.layer, chosen.head, chosen.query),
    step=chosen.step if chosen.step in STEP_IDS else STEP_IDS[0],
    key=KEY,
    words=say,
    language=chosen.language,
    on_step=take_step,
    on_select=take_selection,
)
