"""Step by step: one token's way through the model, every number worked out from those before it."""

import json

import streamlit as st

from viz_app import frame, state
from viz_app.components.walkthrough import origin_header, walkthrough_payload, walkthrough_table
from viz_app.components.walkthrough.divisor_lab import divisor_lab
from viz_app.export.chain_csv import chain_csv
from viz_app.export.html import Part, html_file
from viz_app.export.workbook import chain_workbook
from viz_app.view_models.origin import origin_view
from viz_app.view_models.steps import BY_ID, STEPS
from viz_app.view_models.walkthrough import WalkthroughView, walkthrough

KEY = "walkthrough"
FIRST = "query"
"""The step shown to whoever has not chosen one: the beginning of attention."""
SHEETS_LINK = """
on(0, "select", ({ step }) => {
  const sheet = SHEETS[step];
  send(0, { step });
  parts[0].first = sheet;
  show(0, sheet);
});
""".replace("SHEETS[", json.dumps({each.id: each.sheet for each in STEPS}) + "[")
"""In an exported file: the sheet of a step that was asked for."""
EXTRA = ("unit", "candidate")
"""Choices of this page alone: which output of a sum of products, which word of the vocabulary."""


def take_step() -> None:
    """Remember the step on which the reader came to rest."""
    state.choose(step=st.session_state[KEY].step["step"])


def take_selection() -> None:
    """Go to the place that was picked, with its layer, head and token for every page."""
    picked = st.session_state[KEY].select
    state.choose(**{name: picked[name] for name in ("step", "layer", "head", "query")})
    for name in EXTRA:
        if name in picked:
            st.query_params[name] = str(picked[name])


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
    value = st.query_params.get(name, "")
    if not (value.isascii() and value.isdecimal() and len(value) <= 6):
        return None
    return int(value) if int(value) < size else None


def stand_alone() -> bytes:
    """Every sheet of what is chosen in one HTML file."""
    sheets = {each.sheet: each.id for each in STEPS if each.part not in without}
    payloads = {
        sheet: walkthrough_payload(
            view_at(last),
            key="view0",
            words=say,
            language=chosen.language,
            without=without,
            alone=True,
        )
        for sheet, last in sheets.items()
    }
    file = html_file(
        [Part("walkthrough", payloads, BY_ID[step_id].sheet, {"step": step_id, "asked": None})],
        title=say("walkthrough.title"),
        note=say("walkthrough.export_html_note"),
        language=chosen.language,
        link=SHEETS_LINK,
    )
    return file.encode()


def asked_cell(trail: list[dict]) -> dict | None:
    """Where the last number on the trail comes from; None when it is not in this trace."""
    from bert_core.provenance import Cell

    if not trail:
        return None
    cell = trail[-1]
    try:
        view = origin_view(trace, Cell(cell["stage"], tuple(cell["index"]), cell["layer"]))
    except ValueError:  # another text or model has come since
        return None
    return origin_header(view, words=say, language=chosen.language, trail=len(trail))


say = frame.words()
causal = st.toggle(
    say("walkthrough.causal"),
    key="causal",
    bind="query-params",
    help=say("walkthrough.causal_help"),
)
trace = frame.trace(attention="causal") if causal else frame.trace()
if causal:
    st.caption(say("walkthrough.causal_note"))
bert = frame.model()
chosen = frame.selection(trace)
config = trace.config
without = frozenset(bert.missing) & {"mlm", "nsp"}
step = BY_ID.get(chosen.step)
step_id = step.id if step is not None and step.part not in without else FIRST


def view_at(step: str) -> WalkthroughView:
    """The sheet of a step for what is chosen."""
    return walkthrough(
        trace,
        step,
        chosen.layer,
        chosen.head,
        chosen.query,
        unit=extra("unit", max(config.hidden_size, config.intermediate_size)) or 0,
        candidate=extra("candidate", config.vocab_size),
        token_of=bert.tokenizer.token,
    )


walkthrough_table(
    view_at(step_id),
    step=step_id,
    key=KEY,
    words=say,
    language=chosen.language,
    asked=asked_cell(st.session_state.get("trail", [])),
    without=without,
    on_step=take_step,
    on_select=take_selection,
    on_ask=take_question,
)

here = (trace, chosen.layer, chosen.head, chosen.query)
if BY_ID[step_id].part == "attention":
    divisor_lab(*here, words=say)
name = f"headlight_L{chosen.layer}_H{chosen.head}_token{chosen.query}"
st.caption(say("walkthrough.export_help"))
with st.container(horizontal=True):
    # each file is written when its button is pressed
    st.download_button(
        say("walkthrough.export_xlsx"),
        data=lambda: chain_workbook(*here, words=say),
        file_name=f"{name}.xlsx",
        on_click="ignore",
        key="walkthrough_xlsx",
    )
    st.download_button(
        say("walkthrough.export_csv"),
        data=lambda: chain_csv(*here).encode("utf-8-sig"),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
        key="walkthrough_csv",
    )
    st.download_button(
        say("walkthrough.export_html"),
        data=stand_alone,
        file_name=f"{name}.html",
        mime="text/html",
        on_click="ignore",
        key="walkthrough_html",
    )
