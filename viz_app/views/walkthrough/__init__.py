"""The model's calculation step by step, as one interactive table per sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args

from bert_core.stages import BY_NAME as STAGES
from bert_core.stages import LAYER_PARTS, PARTS
from viz_app.messages import Say
from viz_app.messages.formulas import in_words
from viz_app.view_models.walkthrough.activations import WRITTEN, activation_facts
from viz_app.view_models.walkthrough.explanations import explanation
from viz_app.view_models.walkthrough.origin import OperandsView, OriginView
from viz_app.view_models.walkthrough.steps import (
    BY_ID,
    STEPS,
    Line,
    Step,
    neighbour,
    place_of,
    steps_of,
)
from viz_app.view_models.walkthrough.views import DECIMALS, CellPattern, Edge, Unit, WalkthroughView
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import (
    Asked,
    CellShown,
    EdgeShown,
    FilledLabel,
    LineShown,
    OperandsShown,
    Pattern,
    PlainLabel,
    StepShown,
    UnitShown,
    WalkthroughHeader,
    WalkthroughValues,
)
from viz_app.views.tokens import token_header

# What the browser fills is passed through as itself.
_VALUES: dict[FilledLabel, tuple[str, ...]] = {
    "hidden_columns": ("count",),
    "step_check": ("exact", "rounded", "decimals"),
    "layer_check": ("layer", "difference"),
    "dimension_value": ("dim", "value"),
    "picture": ("rows", "columns", "row"),
    "picture_blocks": ("rows", "columns", "row", "block"),
    "guess_ask": ("query",),
    "guess_wrong": ("order",),
    "guess_progress": ("count",),
    "guess_value_text": ("typed",),
    "guess_value_range": ("typed",),
    "guess_value_result": ("guess", "largest", "token", "distance"),
    "guess_value_below_even": ("count", "even"),
    "guess_value_both_spread": ("even",),
    "guess_value_sharper": ("token", "gap", "ratio"),
    "guess_value_flatter": ("next_token", "next"),
    "asked": ("value",),
    "asked_rest": ("shown", "count", "rest"),
    "asked_check": ("difference",),
}


def walkthrough_payload(
    view: WalkthroughView,
    *,
    key: str,
    say: Say,
    language: str,
    subject: str = "",
    unit: int | None = None,
    candidate: int | None = None,
    address: Mapping[str, str] = MappingProxyType({}),
    without: frozenset[str] = frozenset(),
    here: Sequence[int] | None = None,
) -> bytes:
    """What the browser needs to show `view`.

    Args:
        say: Looks up a message: `say(key, **values)`.
        subject: Names the text, model and language; sheets of one subject go together.
        unit, candidate: The output or word that was asked for, None where nothing was.
        address: The parts of a place and what they are called in the page's address.
        without: Parts that the checkpoint lacks.
        here: The layers that an exported file holds. No server answers there: another head, token
            or output cannot be had, and no number can be asked about.
    """
    own = [step for step in STEPS if step.sheet == view.sheet]
    part = own[0].part
    steps = steps_of(part)
    is_class = view.row_kind == "class"
    header: WalkthroughHeader = {
        "view": key,
        "subject": subject,
        "place": {
            "layer": view.layer,
            "head": view.head_index,
            "query": view.query,
            "unit": unit,
            "candidate": candidate,
        },
        "address": dict(address),
        "sheets": {step.id: step.sheet for step in STEPS if step.part not in without},
        "loose": sorted({step.sheet for step in STEPS if step.part not in LAYER_PARTS}),
        "alone": here is not None,
        "part": part,
        "part_title": say(f"walkthrough.part_{part}"),
        "parts": [
            {
                "id": name,
                "title": say(f"walkthrough.part_{name}"),
                "layer": name in LAYER_PARTS,
                "step": steps_of(name)[0].id,
            }
            for name in PARTS
            if name not in without
        ],
        "before": _beside(steps[0].id, view, -1, without, here),
        "after": _beside(steps[-1].id, view, +1, without, here),
        "sheet": view.sheet,
        "layers": list(range(view.layers) if here is None else here),
        "heads": view.heads,
        "layer": view.layer,
        "head_index": view.head_index,
        "query": view.query,
        "decimals": DECIMALS,
        "sizes": dict(view.sizes),
        "tokens": token_header(view.tokens),
        "rows": [
            {
                "text": _class_name(row.text, view, say) if is_class else row.text,
                "label": _class_name(row.label, view, say) if is_class else row.label,
                "index": list(row.index),
                "special": row.special,
            }
            for row in view.rows
        ],
        "columns": [
            {
                "id": column.id,
                "kind": column.kind,
                "symbol": in_words(column.symbol, say),
                "low": column.low,
                "high": column.high,
                "cell": _pattern(column.cell),
            }
            for column in view.columns
        ],
        "head": {name: _edge_header(edge, say) for name, edge in view.head.items()},
        "foot": {name: _edge_header(edge, say) for name, edge in view.foot.items()},
        "pictures": {
            step: {
                "symbol": in_words(picture.symbol, say),
                "low": picture.pixels.low,
                "high": picture.pixels.high,
                "size": list(picture.pixels.shape),
                "block": list(picture.pixels.block),
                "row": picture.row,
                "row_name": say(f"walkthrough.picture_row_{picture.rows}"),
            }
            for step, picture in view.pictures.items()
        },
        "unit": None if view.unit is None else _unit_header(view.unit, view, say),
        "facts": dict(view.facts),
        "steps": [_step_header(step, view, say, language) for step in steps],
        "layer_check": view.layer_check,
        "labels": {
            **{name: say(f"walkthrough.{name}") for name in get_args(PlainLabel)},
            **{
                name: say(f"walkthrough.{name}", **{gap: f"{{{gap}}}" for gap in gaps})
                for name, gaps in _VALUES.items()
            },
            "row_kind": say(f"walkthrough.row_{view.row_kind}"),
            "pick_choice": say(
                "walkthrough.pick_candidate"
                if view.sheet == "mlm_logits"
                else "walkthrough.pick_class"
            ),
        },
    }
    arrays = {f"column:{column.id}": column.values for column in view.columns}
    arrays |= {f"head:{name}": edge.values for name, edge in view.head.items()}
    arrays |= {f"foot:{name}": edge.values for name, edge in view.foot.items()}
    pictures = {
        f"picture:{step}": picture.pixels.indices for step, picture in view.pictures.items()
    }
    return pack(header, {**arrays, **pictures, "masked": view.masked.astype("uint8")})


def _beside(
    step: str,
    view: WalkthroughView,
    direction: int,
    without: frozenset[str],
    here: Sequence[int] | None,
) -> tuple[str, int] | None:
    """The step beyond an end of the part; layers that an exported file lacks are passed over."""
    layers = range(view.layers) if here is None else here
    found = neighbour(step, layers.index(view.layer), len(layers), direction, without)
    return None if found is None else (found[0], layers[found[1]])


def _pattern(pattern: CellPattern | None) -> Pattern | None:
    if pattern is None:
        return None
    found: Pattern = {"stage": pattern.stage, "layer": pattern.layer, "index": list(pattern.index)}
    if pattern.term is not None:
        found["term"] = pattern.term
    return found


def _class_name(name: str, view: WalkthroughView, say: Say) -> str:
    """What an output of the next-sentence head stands for; without a B it stands for nothing."""
    return say(f"walkthrough.class_{name}{'_alone' if 'alone' in view.cases else ''}")


def _unit_header(unit: Unit, view: WalkthroughView, say: Say) -> UnitShown:
    return {
        "chosen": unit.chosen,
        "count": unit.count,
        "choices": [
            (value, _class_name(text, view, say) if unit.count == 2 else text)
            for value, text in unit.choices
        ],
    }


def _edge_header(edge: Edge, say: Say) -> EdgeShown:
    return {"symbol": in_words(edge.symbol, say), "cell": _pattern(edge.cell)}


def _step_header(step: Step, view: WalkthroughView, say: Say, language: str) -> StepShown:
    text = explanation(language, step.words, view.cases)
    check = view.checks.get(step.id)
    symbol, formula = (
        in_words(_with_activation(latex, view), say) for latex in (step.symbol, step.formula)
    )
    return {
        "id": step.id,
        "sheet": step.sheet,
        "symbol": symbol,
        "formula": formula,
        "reveals": list(step.reveals),
        "operands": list(step.operands),
        "shapes": [(in_words(name, say), list(axes)) for name, axes in step.shapes],
        "lines": [_line_header(line, say) for line in step.lines],
        "title": text.title,
        "see": text.see,
        "why": list(text.why),
        "source": text.source,
        "check": None if check is None else (check.exact, check.rounded),
    }


def _with_activation(latex: str, view: WalkthroughView) -> str:
    """The steps are written for GELU; a checkpoint may name another activation."""
    written = WRITTEN[str(view.facts["activation"])]
    latex = latex.replace(r"\text{GELU}", rf"\text{{{written.name}}}")
    return re.sub(r"(u_\w) \\cdot \\Phi \(\1\)", lambda found: written.of(found[1]), latex)


def _line_header(line: Line, say: Say) -> LineShown:
    """How a stage is written out, with where its numbers and its operands' stand."""
    stage = STAGES[line.stage]
    named = [letter for letter, _ in stage.shapes] or [stage.symbol]
    *letters, letter = (in_words(each, say) for each in named)
    return {
        "stage": line.stage,
        "operation": stage.operation,
        "letters": letters,
        "letter": letter,
        "shown": line.shown,
        "uses": dict(line.uses),
    }


def origin_header(
    view: OriginView, *, say: Say, language: str, trail: int, term: int | None = None
) -> Asked:
    """What the browser needs to say where a number comes from; `trail` counts the cells so far.

    `term` is that of a `term_view`.
    """
    found = view.provenance
    cell = found.cell
    named = found.constants.get("activation")
    written = {} if named is None else activation_facts(str(named))
    name = cell.stage if cell.is_parameter else say(f"walkthrough.stage_{cell.stage}")
    place = " · ".join(say(f"walkthrough.at_{axis}", value=text) for axis, text in view.place)
    shown = None if cell.is_parameter else place_of(cell, term)
    title = "" if shown is None else explanation(language, BY_ID[shown["step"]].words).title
    found_cell: CellShown = {"stage": cell.stage, "layer": cell.layer, "index": list(cell.index)}
    if term is not None:
        found_cell["term"] = term
    return {
        "cell": found_cell,
        "name": f"{name} · {place}" if place else name,
        "value": found.value,
        "operation": found.operation,
        "how": say(f"walkthrough.how_{found.operation}"),
        "recomputed": found.recomputed,
        "constants": {**found.constants, **written},
        "groups": [_group_header(group, say) for group in view.operands],
        "shown": view.shown,
        "total": view.total,
        "rest": view.rest,
        "place": shown,
        "step_title": title,
        "trail": trail,
    }


def _group_header(group: OperandsView, say: Say) -> OperandsShown:
    learned = "." in group.stage
    return {
        "role": group.role,
        "name": say(f"walkthrough.role_{group.role}")
        if learned
        else say(f"walkthrough.stage_{group.stage}"),
        "stage": group.stage,
        "layer": group.layer,
        "indices": [list(index) for index in group.indices],
        "values": list(group.values),
        "headings": list(group.headings),
        "lit": [list(index) for index in group.lit],
    }


def walkthrough_table(
    payload: bytes,
    *,
    step: str,
    key: str,
    asked: Asked | None = None,
    on_place: Callable[[], None] | None = None,
    on_ask: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Show the walkthrough; return what happened in this run by name.

    The browser walks by itself through the sheets that it has, and keeps the address. Python hears
    of a place when the student has stayed there for a moment, so that holding an arrow key causes
    no reruns, and when its sheet is not there yet.

    Args:
        payload: From `walkthrough_payload` with the same key: the sheet of the place that was told
            last.
        step: Id of the step to begin at; later the browser knows better.
        asked: From `origin_header`, when a number was clicked.
        on_place: Called before the rerun; `st.session_state[key].place` then holds {"step",
            "layer", "head", "query", "unit", "candidate"}, the last two possibly None.
        on_ask: Likewise with {"cell": {"stage", "layer", "index"}}, or {"back"} or {"close"};
            "fresh" beside a cell begins a new trail.
    """
    return mount_view(
        "walkthrough",
        payload,
        key=key,
        values=WalkthroughValues(step=step, asked=asked),
        triggers={"place": on_place, "ask": on_ask},
    )
