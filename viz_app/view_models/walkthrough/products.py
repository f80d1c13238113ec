"""Tables of sums of products: one output of a dense layer, its inputs, its weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bert_core.provenance import Cell, explain
from viz_app.view_models.walkthrough.parts import At, Sheet, check, dimensions, edge, number, sizes
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

    def picture(self, at: At, symbol: str, rows: PictureRows = "output") -> Picture:
        """The whole weight matrix, with the row that the sum takes."""
        cell = self.columns[1].cell
        assert isinstance(cell.index[0], int)
        return weight_picture(at, cell.stage, symbol, cell.index[0], rows=rows)


def linear_pieces(at: At, cell: Cell, prefix: str, symbols: tuple[str, str]) -> LinearPieces:
    """Input, weights and products of one output of a dense layer, and their sum in the foot row."""
    found = explain(at.trace, cell)
    inputs, weights, bias = found.operands
    products = inputs.values * weights.values
    lead = tuple(int(place) for place in inputs.indices[0, :-1])
    pattern: tuple[int | str, ...] = (*lead, "row")
    if inputs.stage == "context":  # the heads side by side: a row is a head and a dimension
        pattern = ("row0", at.query, "row1")
    itself = CellPattern(cell.stage, cell.layer, cell.index)
    x, w = symbols
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
    checked = check(
        lambda x, w, b: (x * w).sum() + b,
        [inputs.values, weights.values, bias.values[0]],
        found.value,
    )
    return LinearPieces(columns, foot, checked)


def linear(
    step: str,
    stage: str,
    in_layer: bool,
    index: Callable[[At], tuple[int, ...]],
    count: str,
    row_kind: str,
    symbols: tuple[str, str],
) -> Callable[[At], Sheet]:
    """The sheet of a step that is one dense layer.

    Args:
        step, stage: Ids of the step, and of the stage that is its output.
        in_layer: Whether the stage belongs to an encoder layer.
        index: The cell's index without its last place, the output.
        count: Axis of the outputs, a key of `sizes`.
        symbols: How input and weights are called.
    """

    def build(at: At) -> Sheet:
        size = sizes(at.trace)[count]
        unit = min(at.unit, size - 1)
        cell = Cell(stage, (*index(at), unit), at.layer if in_layer else None)
        pieces = linear_pieces(at, cell, "", symbols)
        choices = ((0, "is_next"), (1, "random")) if count == "class" else ()
        return Sheet(
            row_kind=row_kind,
            rows=dimensions(len(pieces.columns[0].values)),
            columns=pieces.columns,
            foot=pieces.foot,
            checks={step: pieces.check},
            unit=Unit(unit, size, choices),
            pictures={step: pieces.picture(at, symbols[1], "answer" if choices else "output")},
        )

    return build


def projection(at: At) -> Sheet:
    """The layer's input times W_Q, W_K and W_V of one head."""
    size = at.trace.config.head_size
    unit = min(at.unit, size - 1)
    columns: list[Column] = []
    foot: dict[str, Edge] = {}
    checks = {"layer_input": Check(0.0, 0.0)}
    pictures = {}
    for name, letter in (("query", "Q"), ("key", "K"), ("value", "V")):
        cell = Cell(name, (at.head, at.query, unit), at.layer)
        pieces = linear_pieces(at, cell, f"{name}_", ("x", f"W_{letter}"))
        columns += pieces.columns if not columns else pieces.columns[1:]
        foot |= pieces.foot
        checks[f"{name}_projection"] = pieces.check
        path = f"bert.encoder.layer.{at.layer}.attention.self.{name}.weight"
        own = slice(at.head * size, (at.head + 1) * size)
        pictures[f"{name}_projection"] = weight_picture(at, path, f"W_{letter}", unit, part=own)
    return Sheet(
        row_kind="hidden",
        rows=dimensions(at.trace.config.hidden_size),
        columns=columns,
        foot=foot,
        checks=checks,
        unit=Unit(unit, size),
        pictures=pictures,
    )


def join(at: At) -> Sheet:
    """All heads side by side, times W_O."""
    config = at.trace.config
    unit = min(at.unit, config.hidden_size - 1)
    pieces = linear_pieces(
        at, Cell("attention_output", (at.query, unit), at.layer), "", ("h", "W_O")
    )
    rows = tuple(
        Row(f"H{head} · {dim}", f"H{head} · {dim}", (head, dim))
        for head in range(config.num_attention_heads)
        for dim in range(config.head_size)
    )
    return Sheet(
        row_kind="joined",
        rows=rows,
        columns=pieces.columns,
        foot=pieces.foot,
        checks={"heads_joined": Check(0.0, 0.0), "attention_output": pieces.check},
        unit=Unit(unit, config.hidden_size),
        pictures={"attention_output": pieces.picture(at, "W_O")},
    )
