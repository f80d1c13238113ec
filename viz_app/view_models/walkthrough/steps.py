"""The walkthrough as data: every step from the embedding tables to both predictions, in order.

The steps follow from the table of stages: every stage that has an explanation has a step, and so
have a few things that are no stages, such as products before they are added up. A step belongs to a
sheet, the table that it adds a column to; a sheet belongs to a part of the architecture. The steps
from `layer_input` to `hidden_states` are walked once per layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from bert_core.provenance import Cell
from bert_core.stages import (
    BY_NAME,
    PARTS,
    PRODUCTS,
    ROWS,
    STAGES,
    Stage,
    parse_shapes,
)


@dataclass(frozen=True)
class Line:
    """A stage's numbers on its sheet, as a column or `foot:<column>`, and its operands' by role."""

    stage: str
    shown: str
    uses: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One step; its texts stand in `assets/explanations/<language>/<words>.md`.

    `formula` and `symbol` are written in the small part of LaTeX that the page can draw. `reveals`
    names columns, or `head:<column>` and `foot:<column>` for their cells in the first and last row;
    `operands` names what they are worked out from. `shapes` lists symbols with their axis names.
    `lines` says, for each stage that is worked out, where its operands stand.
    """

    id: str
    part: str
    sheet: str
    words: str
    symbol: str
    formula: str
    reveals: tuple[str, ...]
    operands: tuple[str, ...]
    shapes: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[Line, ...] = ()


def _extra(
    part: str, id: str, symbol: str, formula: str, reveals: str, operands: str, shapes: str
) -> Step:
    """A step that is no stage; lists are parted by spaces."""
    names = tuple(reveals.split()), tuple(operands.split())
    return Step(id, part, part, id, symbol, formula, *names, parse_shapes(shapes))


_BEFORE = {
    "query": (_extra("projection", "layer_input", "x", "x", "input", "", "x:hidden"),),
    "dot_products": (
        _extra(
            "attention",
            "query",
            "q",
            "q = x W_Q + b_Q",
            "head:key",
            "",
            "x:hidden W_Q:hidden,head_size q:head_size",
        ),
        _extra(
            "attention",
            "key",
            "k_j",
            "k_j = x_j W_K + b_K",
            "key",
            "",
            "W_K:hidden,head_size K:key,head_size",
        ),
        _extra(
            "attention",
            "products",
            r"q \odot k_j",
            r"p_{j,i} = q_i \cdot k_{j,i}",
            "products",
            "head:key key",
            "q:head_size K:key,head_size p:key,head_size",
        ),
    ),
    "context": (
        _extra(
            "attention",
            "value",
            "v_j",
            "v_j = x_j W_V + b_V",
            "value",
            "",
            "W_V:hidden,head_size V:key,head_size",
        ),
        _extra(
            "attention",
            "weighted_values",
            r"w_j v_j",
            r"w_j \cdot v_{j,i}",
            "weighted_values",
            "attention_probs value",
            "w:key V:key,head_size",
        ),
    ),
    "attention_output": (
        _extra(
            "join",
            "heads_joined",
            r"[ c_0 \ldots ]",
            r"h = [ c_0 , c_1 , \ldots ]",
            "input",
            "",
            "c:head_size h:hidden",
        ),
    ),
}
"""Steps that show something besides the stages, by the stage that they come before."""

_OF_PRODUCTS = {
    # where the sums of attention's products stand, and those products
    "dot_products": ("dot_products", "products"),
    "context": ("foot:weighted_values", "weighted_values"),
}


def sheets_of(part: str) -> tuple[tuple[Stage, ...], ...]:
    """A part's stages, by the sheets that they stand on: every dense layer has one to itself."""
    stages = [stage for stage in STAGES if stage.part == part]
    if part in ("projection", "attention", "join"):
        return (tuple(stages),)
    dense = [stage.operation == "linear" for stage in stages]
    sheet, numbers = 0, []
    for at in range(len(stages)):
        sheet += at > 0 and (dense[at] or dense[at - 1])
        numbers.append(sheet)
    pairs = groupby(zip(numbers, stages, strict=True), key=itemgetter(0))
    return tuple(tuple(stage for _, stage in group) for _, group in pairs)


def name_of_sheet(stages: Sequence[Stage]) -> str:
    """The part's name where it is on one sheet, else the last stage's."""
    part = stages[0].part
    return part if len(sheets_of(part)) == 1 else stages[-1].name


def _line(stage: Stage) -> Line:
    """Where a stage and its operands stand on its sheet."""
    if stage.operation == "linear":
        prefix = f"{stage.name}_" if stage.part == "projection" else ""
        weight, product = f"{prefix}weight", f"{prefix}product"
        uses = {"input": "input", "weight": weight, "product": product, "bias": f"foot:{weight}"}
        return Line(stage.name, f"foot:{product}", uses)
    if stage.operation in PRODUCTS:
        shown, products = _OF_PRODUCTS[stage.name]
        return Line(stage.name, shown, {"product": products})
    uses = {}
    for operand in stage.operands:
        made = BY_NAME.get(operand.stage)
        if operand.is_parameter:
            if stage.operation != "lookup":
                uses[operand.role] = operand.role
        elif made is not None and made.operation in ROWS:
            uses[operand.role] = f"foot:{made.operands[0].stage}"
        else:
            uses[operand.role] = operand.stage
    if stage.operation == "activation":
        uses["gate"] = "gate"  # what it multiplies a number by
    shown = f"foot:{stage.operands[0].stage}" if stage.operation in ROWS else stage.name
    return Line(stage.name, shown, uses)


_TEXTS = Counter(stage.text for stage in STAGES)
_USED = {operand.stage for stage in STAGES for operand in stage.operands}


def _steps_of_sheet(stages: Sequence[Stage]) -> list[Step]:
    steps: list[Step] = []
    known: list[str] = []
    waiting: list[Stage] = []
    for stage in stages:
        if not stage.text and stage.name not in _USED:  # something to see of the stage before
            line = _line(stage)
            last = steps[-1]
            reveals, lines = (*last.reveals, line.shown), (*last.lines[:-1], line, last.lines[-1])
            steps[-1] = replace(last, reveals=reveals, lines=lines)
            continue
        waiting.append(stage)
        if not stage.text:
            continue  # it is explained with the one after it
        for extra in _BEFORE.get(stage.name, ()):
            steps.append(extra)
            known += extra.reveals
        lines = tuple(_line(each) for each in waiting)
        places = dict.fromkeys(
            place for line in lines for place in (*line.uses.values(), line.shown)
        )
        main, *inner = reversed(waiting)
        steps.append(
            Step(
                # a text that several stages share names none of them
                id=stage.text if _TEXTS[stage.text] == 1 else stage.name,
                part=stage.part,
                sheet=name_of_sheet(stages),
                words=stage.text,
                symbol=stage.sign,
                formula=r" , \quad ".join(each.formula for each in (main, *inner)),
                reveals=tuple(place for place in places if place not in known),
                operands=tuple(place for place in places if place in known),
                shapes=stage.shapes,
                lines=lines,
            )
        )
        known += steps[-1].reveals
        waiting = []
    return steps


SHEETS = {name_of_sheet(stages): stages for part in PARTS for stages in sheets_of(part)}
"""The stages that stand on each sheet."""
STEPS = tuple(step for stages in SHEETS.values() for step in _steps_of_sheet(stages))

STEP_IDS = tuple(step.id for step in STEPS)
BY_ID = {step.id: step for step in STEPS}
_FIRST_OF_LAYER = STEP_IDS.index("layer_input")
_LAST_OF_LAYER = STEP_IDS.index("hidden_states")


def steps_of(part: str) -> tuple[Step, ...]:
    """The steps of one part, in order."""
    return tuple(step for step in STEPS if step.part == part)


def neighbour(
    step: str, layer: int, layers: int, direction: int, without: frozenset[str] = frozenset()
) -> tuple[str, int] | None:
    """The step before (-1) or after (+1), with its layer; None at either end of the chain.

    After the last step of a layer comes the first of the next one; the embedding and the
    predictions belong to no layer and keep the one that is chosen. Parts in `without` (heads that
    a checkpoint lacks) are passed over.
    """
    index = STEP_IDS.index(step)
    if direction > 0 and index == _LAST_OF_LAYER and layer + 1 < layers:
        return STEP_IDS[_FIRST_OF_LAYER], layer + 1
    if direction < 0 and index == _FIRST_OF_LAYER and layer > 0:
        return STEP_IDS[_LAST_OF_LAYER], layer - 1
    if direction > 0 and index == _FIRST_OF_LAYER - 1:
        layer = 0
    came_from = index
    index += direction
    while 0 <= index < len(STEPS) and STEPS[index].part in without:
        index += direction
    if index == _LAST_OF_LAYER < came_from:
        layer = layers - 1
    return (STEP_IDS[index], layer) if 0 <= index < len(STEPS) else None


_STEP_OF_STAGE = {line.stage: step.id for step in STEPS for line in step.lines}


def step_of(stage: str) -> str:
    """The step that shows how a stage's numbers are worked out."""
    return _STEP_OF_STAGE[stage]


_TERM_STEPS = {
    # cells whose terms have a step of their own, and where the term stands there
    "dot_products": ("products", "dim"),
    "context": ("weighted_values", "row"),
}


def place_of(cell: Cell, term: int | None = None) -> dict[str, Any]:
    """Where a cell is shown being worked out: step, layer, head, query, unit, row, dim.

    Only what the cell determines is in the result. `unit` is the output of a sum of products that
    the sheet is made for (`candidate` a token id), `row` the row of the sheet, `dim` the dimension
    of a strip. `term` asks for one term of the cell's sum rather than for the sum.
    """
    place = _place_of_sum(cell)
    if term is not None:
        step, name = _TERM_STEPS.get(cell.stage, (place["step"], "row"))
        place |= {"step": step, name: term}
    return place


def _place_of_sum(cell: Cell) -> dict[str, Any]:
    stage, index = BY_NAME[cell.stage], list(cell.index)
    place: dict[str, Any] = {"step": step_of(cell.stage)}
    if cell.layer is not None:
        place["layer"] = cell.layer
    if "head" in stage.axes:
        place["head"] = index.pop(0)
    if stage.part != "nsp":
        place["query"] = index.pop(0)
    if index:
        if "vocab" in stage.axes:
            place["candidate"] = index[0]
        if stage.operation == "linear" and "vocab" not in stage.axes:
            place["unit"] = index[0]  # the sheet is made for that one output
        elif stage.operation != "linear":
            place["dim" if stage.name == "context" else "row"] = index[0]
    return place
