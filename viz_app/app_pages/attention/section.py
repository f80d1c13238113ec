"""What all sections of the Attention page share: the trace, the choices, the filter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core.bert import Bert
from bert_core.trace import Trace
from viz_app.messages import Say
from viz_app.palette import Scale
from viz_app.session import frame, state
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.attention.matrix import Pool, reading_at
from viz_app.view_models.attention.slices import BLOCKS, Block, Slice, slice_matrix
from viz_app.view_models.views import MatrixView, Reading
from viz_app.views.heatmap import Heads, heatmap

POOLS: tuple[Pool, ...] = ("head", "mean_heads", "max_heads", "mean_all", "max_all")
SCALES: tuple[Scale, ...] = ("linear", "log")


@dataclass(frozen=True)
class AttentionPage:
    """One run of the page."""

    visit: Visit
    chosen: state.Selection
    choices: PageChoices
    beside: DeltaGenerator
    """Under the overview, beside what the section shows; on a phone below that."""
    below: DeltaGenerator
    """The whole width, under the overview and the section's controls."""
    part: Slice = Slice()

    @property
    def say(self) -> Say:
        return self.visit.say

    @property
    def bert(self) -> Bert:
        return self.visit.bert

    @property
    def trace(self) -> Trace:
        return self.visit.trace

    @property
    def is_pair(self) -> bool:
        """Whether there is a second segment to look at."""
        return len(set(self.trace.encoding.token_type_ids)) > 1

    def read(self, reading: Reading) -> str:
        """A reading in the page's language, safe for Markdown."""
        return frame.escape(self.say(reading.key, **reading.values))

    def head_name(self) -> str:
        """Such as `L2 H5`."""
        return f"L{self.chosen.layer} H{self.chosen.head}"


def choose_part(page: AttentionPage, *, blocks: bool = True) -> AttentionPage:
    """Draw the filter: which sentence looks at which, special tokens, renormalising.

    Args:
        blocks: Offer the blocks of a pair; without them the filter is about special tokens only.
    """
    say, choices = page.say, page.choices
    block: Block = "all"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if page.is_pair and blocks:
            block = (
                st.segmented_control(
                    say("attention.part.label"),
                    BLOCKS,
                    key=choices.one_of("part", BLOCKS, "all"),
                    format_func=lambda name: say(f"attention.part.{name}"),
                    required=True,
                )
                or "all"
            )
        hide = st.toggle(say("attention.part.hide_special"), key=choices.switch("plain"))
        part = Slice(block, special=not hide)
        if part.takes_away and blocks:
            again = st.toggle(
                say("attention.part.renormalise"),
                key=choices.switch("renorm"),
                help=say("attention.part.renormalise_help"),
            )
            part = replace(part, renormalise=again)
    return replace(page, part=part)


def show_matrix(
    page: AttentionPage,
    view: MatrixView,
    *,
    key: str,
    scale: Scale = "linear",
    choosable: bool = True,
    heads: Heads | None = None,
) -> MatrixView | None:
    """Slice a matrix of tokens by tokens, draw it with its reading; None where nothing is left."""
    sliced = slice_matrix(view, page.part)
    if sliced is None:
        st.info(page.say("attention.part.nothing"))
        return None
    positions = [token.position for token in sliced.rows]
    chosen = page.chosen.query
    row = positions.index(chosen) if chosen in positions and choosable else None

    def take_query() -> None:
        state.choose(query=positions[st.session_state[key].select["query"]])

    heatmap(
        sliced,
        selected=row,
        key=key,
        say=page.say,
        scale=scale,
        heads=heads,
        on_select=take_query if choosable else None,
    )
    # what is said is about the row that is chosen, as are the bars
    said = reading_at(sliced.reading, sliced.values, sliced.rows, sliced.columns, row)
    st.caption(page.read(said))
    return sliced


def show_grid(page: AttentionPage, view: MatrixView, *, key: str) -> None:
    """Draw one number per layer and head; a click chooses that head."""

    def take_head() -> None:
        cell = st.session_state[key].select
        state.choose(layer=cell["query"], head=cell["key"])

    heatmap(
        view,
        selected=(page.chosen.layer, page.chosen.head),
        key=key,
        say=page.say,
        on_select=take_head,
    )
    st.caption(page.read(view.reading))
