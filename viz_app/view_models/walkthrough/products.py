"""Tables of sums of products: one output of a dense layer, its inputs, its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bert_core.provenance import Cell, explain
from bert_core.stages import BY_NAME, Stage
from viz_app.view_models.tokens import display_text
from viz_app.view_models.walkthrough.elementwise import candidates
from viz_app.view_models.walkthrough.parts import (
    Focus,
    Sheet,
    dimensions,
    edge,
    number,
    sizes,
    stage_check,
)
from viz_app.view_models.walkthrough.views import (
    CellPattern,
    Check,
    Column,
    Edge,
    Picture,
    PictureRows,
    Row,
    Unit,
)
from viz_app.view_models.walkthrough.weights import weight_picture


@dataclass(frozen=True)
class LinearPieces:
    """The part of a sheet that one sum of products takes."""

    columns: tuple[Column, Column, Column]
    foot: dict[str, Edge]
    check: Check

    def picture(self, focus: Focus, symbol: str, rows: PictureRows = "output") -> Picture:
        """The whole weight matrix, with the row that the sum takes."""
        cell = self.columns[1].cell
        assert isinstance(cell.index[0], int)
        return weight_picture(focus, cell.stage, symbol, cell.index[0], rows=rows)


def linear_pieces(focus: Focus, cell: Cell, prefix: str = "") -> LinearPieces:
    """Input, weights and products of one output of a dense layer, and their sum in the foot row."""
    found, stage = explain(focus.trace, cell), BY_NAME[cell.stage]
    inputs, weights, bias = found.operands
    products = inputs.values * weights.values
    lead = tuple(int(place) for place in inputs.indices[0, :-1])
    pattern: tuple[int | str, ...] = (*lead, "row")
    if inputs.stage == "context":  # the heads side by side: a row is a head and a dimension
        pattern = ("row0", focus.query, "row1")
    itself = CellPattern(cell.stage, cell.layer, cell.index)
    (x, _), (w, _), _ = stage.shapes
    names = ("input", f"{prefix}weight", f"{prefix}product")
    columns = (
        number(names[0], x, inputs.values, CellPattern(inputs.stage, inputs.layer, pattern)),
        number(
            names[1],
            w,
            weights.values,
            CellPattern(weights.stage, None, (int(weights.indices[0, 0]), "row")),
        ),
        number(names[2], rf"{x} \cdot {w}", products, replace(itself, term="row")),
    )
    bias_cell = bias.cell(0)
    foot = {
        names[1]: edge("b", bias.values[0], CellPattern(bias_cell.stage, None, bias_cell.index)),
        names[2]: edge(r"\sum + b", found.value, itself),
    }
    place = dict(zip(stage.axes, cell.index, strict=True))
    return LinearPieces(columns, foot, stage_check(focus, [stage], place))


def linear(focus: Focus, stages: Sequence[Stage]) -> Sheet:
    """The sheet of a dense layer: one of its outputs."""
    (stage,) = stages
    axis = stage.axes[-1]
    count = sizes(focus.trace)[axis]
    unit = min(focus.unit, count - 1)
    rows: PictureRows = "output"
    choices: tuple[tuple[int, str], ...] = ()
    if axis == "vocab":
        listed, unit = candidates(focus)
        choices = tuple((each, display_text(focus.token_of(each))) for each in listed)
        rows = "word"
    elif axis == "class":
        choices, rows = ((0, "is_next"), (1, "random")), "answer"
    lead = (focus.query,) if "token" in stage.axes else ()
    pieces = linear_pieces(focus, Cell(stage.name, (*lead, unit), focus.layer_of(stage)))
    config = focus.trace.config
    made, kind = dimensions(len(pieces.columns[0].values)), stage.shapes[0][1][0]
    checks = {stage.name: pieces.check}
    if stage.part == "join":
        made = tuple(
            Row(f"H{head} · {dim}", f"H{head} · {dim}", (head, dim))
            for head in range(config.num_attention_heads)
            for dim in range(config.head_size)
        )
        kind = "joined"
        checks["heads_joined"] = Check(0.0, 0.0)
    symbol, _ = stage.shapes[1]
    return Sheet(
        row_kind=kind,
        rows=made,
        columns=pieces.columns,
        foot=pieces.foot,
        checks=checks,
        unit=Unit(unit, count, choices),
        pictures={stage.name: pieces.picture(focus, symbol, rows)},
    )


def projection(focus: Focus, stages: Sequence[Stage]) -> Sheet:
    """The layer's input times W_Q, W_K and W_V of one head."""
    size = focus.trace.config.head_size
    unit = min(focus.unit, size - 1)
    columns: list[Column] = []
    foot: dict[str, Edge] = {}
    checks = {"layer_input": Check(0.0, 0.0)}
    pictures = {}
    for stage in stages:
        cell = Cell(stage.name, (focus.head, focus.query, unit), focus.layer)
        pieces = linear_pieces(focus, cell, f"{stage.name}_")
        columns += pieces.columns if not columns else pieces.columns[1:]
        foot |= pieces.foot
        checks[stage.text] = pieces.check
        path = stage.operands[1].stage.format(layer=focus.layer)
        own = slice(focus.head * size, (focus.head + 1) * size)
        symbol, _ = stage.shapes[1]
        pictures[stage.text] = weight_picture(focus, path, symbol, unit, part=own)
    return Sheet(
        row_kind="hidden",
        rows=dimensions(focus.trace.config.hidden_size),
        columns=columns,
        foot=foot,
        checks=checks,
        unit=Unit(unit, size),
        pictures=pictures,
    )
