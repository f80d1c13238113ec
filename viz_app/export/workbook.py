"""The chain of one token as a spreadsheet: from the embedding to the layer's output, live.

A student can change a number and watch what follows from it through all sheets. What the model
learned, and what earlier layers and other heads worked out, stands as values; whatever follows from
them is a formula, with the model's own result beside it and the largest difference on top.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from types import MappingProxyType
from typing import Any

import numpy as np
import xlsxwriter
from numpy.typing import NDArray
from xlsxwriter.workbook import Workbook

from bert_core.provenance import stage_vector
from bert_core.stages import (
    BY_NAME,
    CONSTANTS,
    LAYER_INPUT,
    LAYER_PARTS,
    PRODUCTS,
    ROWS,
    STAGES,
    Stage,
    layer_input,
)
from bert_core.trace import Trace
from viz_app.export.sheets import LAST_COLUMN, TOP, Cells, Table, Weights, weight_sheet
from viz_app.messages import Say
from viz_app.view_models.tokens import token_labels

MOST_WEIGHTS = 600_000
"""On one sheet, which W_O of BERT-base fits; outputs beyond are values. A weight takes 9 bytes."""

_GELU_BY_TANH = "0.5*{x}*(1+TANH(SQRT(2/PI())*({x}+0.044715*{x}^3)))"
_SILU = "{x}/(1+EXP(0-{x}))"
ACTIVATIONS = {
    "gelu": "0.5*{x}*(1+ERF({x}/SQRT(2)))",
    "gelu_new": _GELU_BY_TANH,
    "gelu_pytorch_tanh": _GELU_BY_TANH,
    "quick_gelu": "{x}/(1+EXP(0-1.702*{x}))",
    "relu": "MAX({x},0)",
    "silu": _SILU,
    "swish": _SILU,
    "tanh": "TANH({x})",
}
"""By the name in the configuration, in a spreadsheet's own functions; {x} is a cell."""

FORMULAS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "add": lambda *terms: "+".join(terms),
        "subtract": lambda x, subtracted: f"{x}-{subtracted}",
        "divide": lambda x, total: f"{x}/{total}",
        "divide_root": lambda x, head_size: f"{x}/SQRT({head_size})",
        "mask": lambda x, mask: f"{x}+{mask}",
        "exp": lambda x: f"EXP({x})",
        "normalise": lambda x, variance, epsilon: f"{x}/SQRT({variance}+{epsilon!r})",
        "scale_shift": lambda x, scale, shift: f"{x}*{scale}+{shift}",
        "activation": lambda x, name: ACTIVATIONS[name].format(x=x),
        "tanh": lambda x: f"TANH({x})",
        "mean": lambda row: f"AVERAGE({row})",
        "variance": lambda row: f"SUMSQ({row})/COUNT({row})",
        "max": lambda row: f"MAX({row})",
        "sum": lambda row: f"SUM({row})",
    }
)
"""What an operation of the stage table is in a spreadsheet: of cells, or of a whole row's area."""

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class _Line:
    """One line of the list of contents."""

    sheet: str
    stage: str
    shape: str
    kind: str
    difference: Cells | None


@dataclass
class _Chain:
    """The workbook while it is written, and what its sheets share."""

    trace: Trace
    layer: int
    head: int
    query: int
    say: Say
    book: Workbook
    bold: Any
    lines: list[_Line] = field(default_factory=list)
    cells: dict[str, Cells] = field(default_factory=dict)
    """Where the query token's stages, learned numbers and mask stand, as operands name them."""

    def own(self, key: str, **values: object) -> str:
        return self.say(f"workbook.{key}", **values)

    def name(self, stage: str) -> str:
        return self.say(f"walkthrough.stage_{stage}")

    def vector(self, name: str) -> FloatArray:
        """A stage of the query token, in the head that was chosen where there are heads."""
        stage = BY_NAME[name]
        lead = (self.head, self.query) if "head" in stage.axes else (self.query,)
        return stage_vector(self.trace, name, self.layer if stage.in_layer else None, lead)

    def parameter(self, path: str) -> FloatArray:
        return np.asarray(self.trace.model.get_parameter(path).detach().cpu().numpy(), np.float32)

    def shape(self, *axes: tuple[str, int]) -> str:
        """Such as `keys 14 × head size 32`."""
        named = ((self.say(f"walkthrough.axis_{axis}"), size) for axis, size in axes)
        return " × ".join(f"{axis} {size}" for axis, size in named)

    def kind(self, formulas: int, cells: int) -> str:
        """Formulas, values, or formulas up to some cell."""
        if 0 < formulas < cells:
            return self.own("kind_part", formulas=formulas, cells=cells)
        return self.own("kind_formula" if formulas else "kind_value")

    def table(self, name: str, labels: Sequence[str], title: str) -> Table:
        return Table(self.book, self.bold, name, title, labels)

    def dims(self) -> list[str]:
        return [str(dim) for dim in range(self.trace.config.hidden_size)]

    def column(
        self,
        table: Table,
        stage: str,
        values: FloatArray,
        formulas: Sequence[str] = (),
        *,
        first: int = 0,
        axis: str = "hidden",
    ) -> Cells:
        """A stage as a column, and as a line of the contents."""
        kind = self.kind(len(formulas), len(values))
        shape = self.shape((axis, len(values)))
        self.lines.append(_Line(table.name, stage, shape, kind, None))
        return table.column(self.name(stage), kind, values, formulas, first=first)

    def stage(
        self, table: Table, stage: Stage, formulas: Sequence[str] = (), first: int = 0
    ) -> None:
        """A stage as a column, to which what follows from it refers."""
        self.cells[stage.name] = self.column(
            table, stage.name, self.vector(stage.name), formulas, first=first, axis=stage.axes[-1]
        )

    def each(self, table: Table, stages: Sequence[Stage], *, first: int = 0) -> None:
        """Stages as columns, each worked out from its operands' cells; the last one is checked.

        What stands on other sheets is linked to, what was learned stands before its use.
        """
        for stage in stages:
            if stage.operation in ROWS:
                continue  # such as a mean: worked out within the formulas that need it
            if stage.operation == "lookup":
                self.stage(table, stage)
                continue
            if stage.operation == "mask":
                self.cells["mask"] = self.mask(table, first)
            for operand in stage.operands:
                if operand.is_parameter:
                    self.cells[operand.stage] = table.column(
                        self.say(f"walkthrough.role_{operand.role}"),
                        self.own("kind_learned"),
                        self.parameter(operand.stage.format(layer=self.layer)),
                    )
                elif BY_NAME.get(operand.stage, stage).operation not in ROWS:
                    self.link(table, operand.stage)
            self.stage(table, stage, ["=" + text for text in self.formulas(stage, table)], first)
        self.check(table, stages[-1])

    def link(self, table: Table, name: str) -> None:
        """Bring a stage from another sheet onto this one."""
        cells = self.cells[name]
        if cells.sheet == table.name:
            return
        values, heading = self.layer_input(self.query), "x"
        if name != LAYER_INPUT:
            values, heading = self.vector(name), self.name(name)
        linked = [f"={address}" for address in cells.each(table.name)]
        self.cells[name] = table.column(heading, self.own("kind_formula"), values, linked)

    def formulas(self, stage: Stage, table: Table) -> Iterator[str]:
        """The formula for each of a stage's numbers, or the one for all rows of a mean or sum."""
        here, form = table.name, FORMULAS[stage.operation]
        if stage.operation in ROWS:
            yield form(self.cells[stage.operands[0].stage].area(here))
            return
        operands: list[Iterable[str]] = []
        for operand in stage.operands:
            row = BY_NAME.get(operand.stage)
            if row is not None and row.operation in ROWS:
                operands.append(repeat(*self.formulas(row, table)))
            else:
                operands.append(self.cells[operand.stage].each(here))
        for setting in CONSTANTS.get(stage.operation, {}).values():
            if setting == "mask":
                operands.append(self.cells[setting].each(here))
            else:
                operands.append(repeat(getattr(self.trace.config, setting)))
        yield from map(form, *operands)

    def check(self, table: Table, stage: Stage) -> None:
        """The model's own numbers beside a stage, and the largest difference on top."""
        cells, values = self.cells[stage.name], self.vector(stage.name)
        kind = self.own("kind_value")
        own = table.column(self.own("model"), kind, values, first=cells.row - TOP)
        cell = table.difference(self.own("difference"), [(cells, own)])
        last = self.lines.pop()
        self.lines.append(replace(last, difference=cell))

    def mask(self, table: Table, first: int) -> Cells:
        """What is added to the scores."""
        values = self.trace.given.mask[self.query].numpy()
        return table.column(self.own("mask"), self.own("kind_value"), values, first=first)

    def layer_input(self, token: int) -> FloatArray:
        """x of a token."""
        return np.asarray(self.trace.hidden_states[self.layer][token].cpu().numpy(), np.float32)

    def weights(self, stage: Stage, own: slice | None = None) -> Weights:
        """A sheet with a dense layer's weights, or with all of the outputs that one head owns."""
        _, weight_of, bias_of = (each.stage.format(layer=self.layer) for each in stage.operands)
        weight, bias = self.parameter(weight_of), self.parameter(bias_of)
        _, (symbol, (inputs, outputs)), _ = stage.shapes
        live = min(len(weight), max(1, MOST_WEIGHTS // weight.shape[1]), LAST_COLUMN)
        if own is not None:
            weight, bias = weight[own], bias[own]
            live = len(weight)
        shape = self.shape((inputs, weight.shape[1]), (outputs, len(weight)))
        kind = self.own("kind_learned")
        if live < len(weight):
            kind = self.own("kind_learned_part", shown=live, cells=len(weight))
        self.lines.append(_Line(symbol, weight_of.removesuffix(".weight"), shape, kind, None))
        return weight_sheet(
            self.book, self.bold, symbol, f"{symbol}: {shape}", kind, weight, bias, live
        )


def chain_workbook(trace: Trace, layer: int, head: int, query: int, *, say: Say) -> bytes:
    """An XLSX file with the chain of one token through the embedding and one layer.

    Args:
        layer, head, query: Counted from zero.
        say: Looks up a message, for headings.

    Raises:
        ValueError: no such layer, head or token.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True})
        chain = _Chain(trace, layer, head, query, say, book, bold)
        chain.vector("attention_probs")  # refuses a place that does not exist
        about = book.add_worksheet(chain.own("about"))
        for title, stages in _sheets(say):
            if stages[0].part == "embedding":
                _numbers(chain, title, stages)
                inputs = _inputs(chain)
                chain.cells[LAYER_INPUT] = inputs[query]
            elif stages[0].part == "attention":
                _attention(chain, title, stages, inputs)
            elif stages[0].part == "join":
                _heads_joined(chain, title, stages)
            else:
                _numbers(chain, title, stages)
        _about(chain, about)
    return target.getvalue()


def _sheets(say: Say) -> list[tuple[str, list[Stage]]]:
    """Name and stages of each worksheet: a part, or more than one where it has dense layers."""
    sheets: list[tuple[str, list[Stage]]] = []
    for part in ("embedding", *LAYER_PARTS[1:]):  # q, k and v stand on the sheet of attention
        stages = [stage for stage in STAGES if stage.part == part]
        starts = [at for at, stage in enumerate(stages) if stage.operation == "linear"] or [0]
        for start, end in zip(starts, [*starts[1:], len(stages)], strict=True):
            sheets.append((say(f"walkthrough.part_{part}"), stages[start:end]))
    titles = [title for title, _ in sheets]
    return [
        (f"{title} {titles[: at + 1].count(title)}" if titles.count(title) > 1 else title, stages)
        for at, (title, stages) in enumerate(sheets)
    ]


def _about(chain: _Chain, sheet: Any) -> None:
    """What this is, then a line per stage: its sheet, shape, formula or value, the difference."""
    trace, encoding, own = chain.trace, chain.trace.encoding, chain.own
    lines = [
        (chain.say("walkthrough.title"), "Headlight"),
        (own("text"), encoding.text_a),
        *([(own("text_b"), encoding.text_b)] if encoding.text_b else []),
        (chain.say("walkthrough.pick_query"), token_labels(encoding)[chain.query].label),
        (chain.say("walkthrough.pick_layer"), str(chain.layer)),
        (chain.say("walkthrough.pick_head"), str(chain.head)),
        ("", own("note")),
        ("", own("note_later", before=chain.layer - 1) if chain.layer else own("note_first")),
        ("", own("note_heads", head=chain.head)),
    ]
    if trace.attention == "causal":
        lines.append(("", chain.say("walkthrough.causal_note")))
    sheet.set_column(0, 5, 26)
    for row, (name, value) in enumerate(lines):
        sheet.write_string(row, 0, name, chain.bold)
        sheet.write_string(row, 1, value)
    row = len(lines) + 1
    for column, heading in enumerate(("sheet", "name", "stage", "shape", "cells", "difference")):
        sheet.write_string(row, column, own(f"column_{heading}"), chain.bold)
    for line in chain.lines:
        row += 1
        name = "" if "." in line.stage else chain.name(line.stage)  # a path of the model's own
        for column, text in enumerate((line.sheet, name, line.stage, line.shape, line.kind)):
            sheet.write_string(row, column, text)
        if line.difference is not None:
            (address,) = line.difference.each("")
            sheet.write_formula(row, 5, f"={address}", chain.bold, 0.0)


def _numbers(chain: _Chain, title: str, stages: Sequence[Stage]) -> None:
    """A sheet with a row per number and a column per stage, the first maybe a dense layer."""
    first, *rest = stages
    labels = [str(number) for number in range(len(chain.vector(first.name)))]
    if first.operation != "linear":
        table = chain.table(title, labels, title)
        chain.each(table, stages)
    else:
        weights = chain.weights(first)
        table = chain.table(title, labels, f"{title}: {_product(first)}")
        _dense(chain, table, weights, chain.cells[first.operands[0].stage], stages)
    table.write()


def _dense(
    chain: _Chain, table: Table, weights: Weights, inputs: Cells, stages: Sequence[Stage]
) -> None:
    """A dense layer as a column, and the stages after it with as many numbers."""
    first, *rest = stages
    chain.stage(table, first, weights.sums(inputs, table.name))
    if rest:
        chain.each(table, rest)
    else:
        chain.check(table, first)


def _product(stage: Stage) -> str:
    (x, _), (w, _), _ = stage.shapes
    return f"{x} · {w} + b"


def _inputs(chain: _Chain) -> list[Cells]:
    """x of every token, a column each; in layer 0 the query's is linked to its embedding."""
    trace, layer = chain.trace, chain.layer
    stage, _ = layer_input(layer)
    table = chain.table("x", chain.dims(), f"x: {chain.name(stage)}")
    columns = []
    for token in token_labels(trace.encoding):
        values = chain.layer_input(token.position)
        linked = layer == 0 and token.position == chain.query
        embedded = chain.cells["embedding_output"].each(table.name)
        formulas = [f"={cell}" for cell in embedded] if linked else []
        kind = chain.kind(len(formulas), len(values))
        columns.append(table.column(token.label, kind, values, formulas))
    table.write()
    shape = chain.shape(("hidden", trace.config.hidden_size), ("key", len(columns)))
    chain.lines.append(_Line(table.name, stage, shape, chain.own("kind_value"), None))
    return columns


def _attention(chain: _Chain, title: str, stages: Sequence[Stage], inputs: Sequence[Cells]) -> None:
    """q, then a row per key: k, q·k, ÷√d, mask, softmax, v; below them the head's output."""
    trace, head = chain.trace, chain.head
    size, count = trace.config.head_size, len(trace.tokens)
    own = slice(head * size, (head + 1) * size)
    w_q, w_k, w_v = (chain.weights(BY_NAME[name], own) for name in ("query", "key", "value"))
    record = trace.layer(chain.layer)
    tokens = [token.label for token in token_labels(trace.encoding)]
    model = chain.own("model")
    labels = [f"q ({tokens[chain.query]})", model, *tokens, chain.name("context"), model]
    table = chain.table(title, labels, "softmax(q · k / √d) · v")
    here, formula = table.name, chain.own("kind_formula")
    first = 2  # below q and the model's own q

    def projections(weights: Weights, values: FloatArray, letter: str) -> list[Cells]:
        """x · W + b: a row per key, a column per dimension."""
        by_key = [weights.sums(cells, here) for cells in inputs]
        by_dimension = zip(*by_key, strict=True)
        return [
            table.column(f"{letter} {dim}", formula, values[:, dim], formulas, first=first)
            for dim, formulas in enumerate(by_dimension)
        ]

    def row_of_sums(row: int, columns: Sequence[Cells], sums: Sequence[str], stage: str) -> Cells:
        """Formulas in one row under or over some columns, the model's own numbers below them."""
        numbers = chain.vector(stage).tolist()
        for cells, sum_, number in zip(columns, sums, numbers, strict=True):
            table.put(row, cells.column, (sum_, number))
            table.put(row + 1, cells.column, number)
        shape = chain.shape(("head_size", size))
        chain.lines.append(_Line(here, stage, shape, formula, None))
        return Cells(here, row, columns[0].column, 1, size)

    keys = projections(w_k, record.key[head].numpy(), "k")
    q = row_of_sums(TOP, keys, w_q.sums(inputs[chain.query], here), "query")
    by_key = chain.shape(("key", count), ("head_size", size))
    chain.lines.append(_Line(here, "key", by_key, formula, None))
    vectors = [Cells(here, TOP + first + key, q.column, 1, size) for key in range(count)]
    dots = [f"=SUMPRODUCT({q.area(here)},{k.area(here)})" for k in vectors]
    chain.stage(table, BY_NAME["dot_products"], dots, first)
    pairs = [stage for stage in stages if stage.operation not in (*PRODUCTS, *ROWS)]
    chain.each(table, pairs, first=first)
    weights = chain.cells["attention_probs"]
    values = projections(w_v, record.value[head].numpy(), "v")
    chain.lines.append(_Line(here, "value", by_key, formula, None))
    # a head that is switched off adds nothing
    factor = "0*" if (chain.layer, head) in trace.heads_off else ""
    chain.cells["context"] = row_of_sums(
        TOP + first + count,
        values,
        [f"={factor}SUMPRODUCT({weights.area(here)},{v.area(here)})" for v in values],
        "context",
    )
    table.write()


def _heads_joined(chain: _Chain, title: str, stages: Sequence[Stage]) -> None:
    """The outputs of all heads below each other, and their way through W_O."""
    trace, size = chain.trace, chain.trace.config.head_size
    weights = chain.weights(stages[0])
    heads = range(trace.config.num_attention_heads)
    labels = [f"H{head} · {dim}" for head in heads for dim in range(size)]
    table = chain.table(title, labels, f"{title}: {_product(stages[0])}")
    joined = trace.layer(chain.layer).context[:, chain.query].reshape(-1).numpy()
    first = chain.head * size
    kind = chain.own("kind_head", head=chain.head)
    cells = table.column(chain.name("context"), kind, joined)
    for row, (address, value) in enumerate(
        zip(
            chain.cells["context"].each(table.name),
            joined[first : first + size].tolist(),
            strict=True,
        )
    ):
        table.put(TOP + first + row, cells.column, (f"={address}", value))
    shape = chain.shape(("hidden", len(joined)))
    chain.lines.append(_Line(table.name, "context", shape, kind, None))
    _dense(chain, table, weights, cells, stages)
    table.write()
