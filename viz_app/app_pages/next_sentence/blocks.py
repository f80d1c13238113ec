"""Where the heads look between [CLS], A, [SEP] and B, and which heads the answer hangs on."""

from __future__ import annotations

import numpy as np
import streamlit as st

from bert_core.studies.next_sentence import block_masses, head_effects, is_next_probabilities
from viz_app.app_pages.next_sentence.pair import offer_b
from viz_app.number_text import decimal_text, signed_text
from viz_app.session import jobs, state
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.labs.views import CellTable
from viz_app.views.cell_table import cell_table
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

BLOCKS = ("cls", "a", "sep", "b")
MASSES, EFFECTS = "ns_masses", "ns_effects"
STRONGEST = 5


def where_it_looks(visit: Visit, choices: PageChoices) -> None:
    """Attention between the blocks on the left, heads switched off on the right."""
    if not visit.encoding.is_pair:
        offer_b(visit.say)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _masses(visit, choices)
    with right:
        _effects(visit)


def take_mass_head() -> None:
    """Make the head that was clicked that of every page."""
    _take_head(MASSES)


def take_effect_head() -> None:
    """Make the head that was clicked that of every page."""
    _take_head(EFFECTS)


def _take_head(key: str) -> None:
    picked = st.session_state[key].select
    state.choose(layer=picked["row"], head=picked["column"])


def _masses(visit: Visit, choices: PageChoices) -> None:
    say, trace = visit.say, visit.trace
    paragraph(f"**{say('next_sentence.blocks.heading')}**")
    st.caption(say("next_sentence.blocks.intro"))
    with st.container(horizontal=True):
        for name, default in (("from", "cls"), ("to", "b")):
            st.selectbox(
                say(f"next_sentence.blocks.{name}"),
                BLOCKS,
                format_func=lambda block: say(f"next_sentence.block.{block}"),
                key=choices.one_of(name, BLOCKS, default),
                width=150,
            )
    masses = jobs.result(
        "block_masses",
        trace,
        (),
        lambda report: block_masses(trace),
        say,
    )
    if masses is None:
        return
    source, target = BLOCKS.index(choices["from"]), BLOCKS.index(choices["to"])
    chosen = visit.chosen()
    cell_table(
        _heads_table(masses[:, :, source, target].numpy(), 0.0, 1.0),
        key=MASSES,
        label=say("next_sentence.blocks.heading"),
        legend=say("next_sentence.blocks.legend"),
        selected=(chosen.layer, chosen.head),
        on_select=take_mass_head,
    )
    st.markdown(f"**{say('next_sentence.blocks.of_head', layer=chosen.layer, head=chosen.head)}**")
    names = tuple(say(f"next_sentence.block.{block}") for block in BLOCKS)
    cell_table(
        CellTable(masses[chosen.layer, chosen.head].numpy(), names, names, 0.0, 1.0, "probability"),
        key="ns_head_blocks",
        label=say("next_sentence.blocks.of_head", layer=chosen.layer, head=chosen.head),
        legend=say("next_sentence.blocks.head_legend"),
        corner=say("next_sentence.blocks.corner"),
    )
    rows = [
        [layer, head, BLOCKS[i], BLOCKS[j], float(masses[layer, head, i, j])]
        for layer in range(masses.shape[0])
        for head in range(masses.shape[1])
        for i in range(len(BLOCKS))
        for j in range(len(BLOCKS))
    ]
    columns = [
        say(f"next_sentence.column.{name}") for name in ("layer", "head", "from", "to", "share")
    ]
    download("block_attention", lambda: (columns, rows), say)


def _effects(visit: Visit) -> None:
    say, trace = visit.say, visit.trace
    paragraph(f"**{say('next_sentence.heads.heading')}**")
    own = is_next_probabilities(trace.nsp_logits).item()
    st.caption(say("next_sentence.heads.intro", probability=decimal_text(own, 3)))
    found = jobs.result(
        "head_effects",
        trace,
        (),
        lambda report: head_effects(trace, report),
        say,
    )
    if found is None:
        return
    change = (found - own).numpy()
    largest = max(float(np.abs(change).max()), 0.01)
    chosen = visit.chosen()
    cell_table(
        _heads_table(change, -largest, largest, "signed"),
        key=EFFECTS,
        label=say("next_sentence.heads.heading"),
        legend=say("next_sentence.heads.legend"),
        selected=(chosen.layer, chosen.head),
        on_select=take_effect_head,
    )
    order = np.argsort(-np.abs(change), axis=None, kind="stable")
    lines = [
        say(
            "next_sentence.heads.line",
            layer=int(flat) // change.shape[1],
            head=int(flat) % change.shape[1],
            probability=decimal_text(own + change.flat[flat], 3),
            change=signed_text(float(change.flat[flat])),
        )
        for flat in order[:STRONGEST]
    ]
    st.markdown("\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)))
    st.caption(say("next_sentence.heads.reading"))
    rows = [
        [int(flat) // change.shape[1], int(flat) % change.shape[1], own + change.flat[flat], own]
        for flat in order
    ]
    columns = [
        say(f"next_sentence.column.{name}") for name in ("layer", "head", "without", "with_all")
    ]
    download("heads_switched_off", lambda: (columns, rows), say)


def _heads_table(
    values: np.ndarray, low: float, high: float, kind: str = "probability"
) -> CellTable:
    layers, heads = values.shape
    return CellTable(
        values,
        tuple(f"L{layer}" for layer in range(layers)),
        tuple(f"H{head}" for head in range(heads)),
        low,
        high,
        "signed" if kind == "signed" else "probability",
    )
