"""The chain of one token as a spreadsheet: from the embedding to the layer's output, live.

A student can change a number and watch what follows from it through all sheets. What the model
learned, and what earlier layers and other heads worked out, stands as values; whatever follows from
them is a formula, with the model's own result beside it and the largest difference on top.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xlsxwriter
from numpy.typing import NDArray
from xlsxwriter.workbook import Workbook

from viz_app.export.sheets import LAST_COLUMN, TOP, Cells, Table, Weights, weight_sheet
from viz_app.messages import Say
from viz_app.view_models.tokens import token_labels

if TYPE_CHECKING:  # torch is imported behind the first paint, not by looking at a stored view
    from bert_core.trace import Trace

MOST_WEIGHTS = 600_000
"""On one sheet, which W_O of BERT-base fits; outputs beyond are values. A weight takes 9 bytes."""

ACTIVATIONS = {
    "gelu": "=0.5*{x}*(1+ERF({x}/SQRT(2)))",
    "gelu_new": "=0.5*{x}*(1+TANH(SQRT(2/PI())*({x}+0.044715*{x}^3)))",
    "relu": "=MAX({x},0)",
}
"""By the name in the configuration, in a spreadsheet's own functions; {x} is a cell."""

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class _Stage:
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
    stages: list[_Stage] = field(default_factory=list)

    @property
    def layer_path(self) -> str:
        return f"bert.encoder.layer.{self.layer}"

    def own(self, key: str, **values: object) -> str:
        return self.say(f"workbook.{key}", **values)

    def name(self, stage: str) -> str:
        return self.say(f"walkthrough.stage_{stage}")

    def vector(self, stage: str, *lead: int) -> FloatArray:
        """A stage of the query token; `lead` is the head where there is one."""
        from bert_core.provenance import LAYER_STAGES, stage_vector

        layer = self.layer if stage in LAYER_STAGES else None
        return stage_vector(self.trace, stage, layer, (*lead, self.query))

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
        self.stages.append(_Stage(table.name, stage, shape, kind, None))
        return table.column(self.name(stage), kind, values, formulas, first=first)

    def checked(
        self,
        table: Table,
        stage: str,
        values: FloatArray,
        formulas: Sequence[str],
        *,
        first: int = 0,
        axis: str = "hidden",
    ) -> Cells:
        """The same with the model's own numbers beside it and the difference on top."""
        result = self.column(table, stage, values, formulas, first=first, axis=axis)
        own = table.column(self.own("model"), self.own("kind_value"), values, first=first)
        self.state_difference(table, [(result, own)])
        return result

    def state_difference(self, table: Table, pairs: Sequence[tuple[Cells, Cells]]) -> None:
        """On top of the sheet, and in the contents beside the stage that was added last."""
        cell = table.difference(self.own("difference"), pairs)
        last = self.stages.pop()
        self.stages.append(_Stage(last.sheet, last.stage, last.shape, last.kind, cell))

    def weights(
        self, symbol: str, path: str, inputs: str, outputs: str, own: slice | None = None
    ) -> Weights:
        """A sheet with a linear layer's weights, or with all of the outputs that one head owns."""
        weight, bias = self.parameter(f"{path}.weight"), self.parameter(f"{path}.bias")
        live = min(len(weight), max(1, MOST_WEIGHTS // weight.shape[1]), LAST_COLUMN)
        if own is not None:
            weight, bias = weight[own], bias[own]
            live = len(weight)
        shape = self.shape((inputs, weight.shape[1]), (outputs, len(weight)))
        kind = self.own("kind_learned")
        if live < len(weight):
            kind = self.own("kind_learned_part", shown=live, cells=len(weight))
        self.stages.append(_Stage(symbol, path, shape, kind, None))
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
        chain.vector("attention_probs", head)  # refuses a place that does not exist
        about = book.add_worksheet(chain.own("about"))
        embedded = _embedding(chain)
        inputs = _inputs(chain, embedded)
        context = _attention(chain, inputs)
        projected = _heads_joined(chain, context)
        attended = _residual_norm(chain, "attention", inputs[query], projected)
        inner = _feed_forward_up(chain, attended)
        reduced = _feed_forward_down(chain, inner)
        _residual_norm(chain, "ffn", attended, reduced)
        _about(chain, about)
    return target.getvalue()


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
    for stage in chain.stages:
        row += 1
        name = "" if "." in stage.stage else chain.name(stage.stage)  # a path of the model's own
        for column, text in enumerate((stage.sheet, name, stage.stage, stage.shape, stage.kind)):
            sheet.write_string(row, column, text)
        if stage.difference is not None:
            (address,) = stage.difference.each("")
            sheet.write_formula(row, 5, f"={address}", chain.bold, 0.0)


def _embedding(chain: _Chain) -> Cells:
    """Three lookups, their sum, LayerNorm; one row per dimension."""
    title = chain.say("walkthrough.part_embedding")
    table = chain.table(title, chain.dims(), title)
    names = ("word_embeddings", "position_embeddings", "token_type_embeddings")
    lookups = [chain.column(table, name, chain.vector(name)) for name in names]
    rows = zip(*(cells.each(table.name) for cells in lookups), strict=True)
    formulas = ["=" + "+".join(row) for row in rows]
    total = chain.column(table, "embedding_sum", chain.vector("embedding_sum"), formulas)
    return _norm(chain, table, total, "embedding", "embedding_output", "bert.embeddings.LayerNorm")


def _norm(chain: _Chain, table: Table, total: Cells, prefix: str, output: str, path: str) -> Cells:
    """Mean, variance, scale and shift as further columns of a sheet; it is written then."""
    here = table.name
    centred = chain.column(
        table,
        f"{prefix}_centred",
        chain.vector(f"{prefix}_centred"),
        [f"={cell}-AVERAGE({total.area(here)})" for cell in total.each(here)],
    )
    epsilon = chain.trace.config.layer_norm_eps
    deviation = f"SQRT(SUMSQ({centred.area(here)})/{centred.rows}+{epsilon!r})"
    normalised = chain.column(
        table,
        f"{prefix}_normalised",
        chain.vector(f"{prefix}_normalised"),
        [f"={cell}/{deviation}" for cell in centred.each(here)],
    )
    learned = chain.own("kind_learned")
    scale, shift = (
        table.column(
            chain.say(f"walkthrough.role_{role}"), learned, chain.parameter(f"{path}.{name}")
        )
        for role, name in (("scale", "weight"), ("shift", "bias"))
    )
    cells = zip(*(part.each(here) for part in (normalised, scale, shift)), strict=True)
    formulas = [f"={n}*{g}+{b}" for n, g, b in cells]
    result = chain.checked(table, output, chain.vector(output), formulas)
    table.write()
    return result


def _inputs(chain: _Chain, embedded: Cells) -> list[Cells]:
    """x of every token, a column each; in layer 0 the query's is linked to its embedding."""
    trace, layer = chain.trace, chain.layer
    states = np.asarray(trace.hidden_states[layer].cpu().numpy(), np.float32)
    stage = "hidden_states" if layer else "embedding_output"
    table = chain.table("x", chain.dims(), f"x: {chain.name(stage)}")
    columns = []
    for token in token_labels(trace.encoding):
        values = states[token.position]
        linked = layer == 0 and token.position == chain.query
        formulas = [f"={cell}" for cell in embedded.each(table.name)] if linked else []
        kind = chain.kind(len(formulas), len(values))
        columns.append(table.column(token.label, kind, values, formulas))
    table.write()
    shape = chain.shape(("hidden", states.shape[1]), ("key", states.shape[0]))
    chain.stages.append(_Stage(table.name, stage, shape, chain.own("kind_value"), None))
    return columns


def _attention(chain: _Chain, inputs: Sequence[Cells]) -> Cells:
    """q, then a row per key: k, q·k, ÷√d, mask, softmax, v; below them the head's output.

    Returns:
        The row of that output.
    """
    trace, head = chain.trace, chain.head
    size, count = trace.config.head_size, len(trace.tokens)
    own = slice(head * size, (head + 1) * size)
    w_q, w_k, w_v = (
        chain.weights(
            symbol, f"{chain.layer_path}.attention.self.{name}", "hidden", "head_size", own
        )
        for symbol, name in (("W_Q", "query"), ("W_K", "key"), ("W_V", "value"))
    )
    record = trace.layer(chain.layer)
    tokens = [token.label for token in token_labels(trace.encoding)]
    model = chain.own("model")
    labels = [f"q ({tokens[chain.query]})", model, *tokens, chain.name("context"), model]
    table = chain.table(chain.say("walkthrough.part_attention"), labels, "softmax(q · k / √d) · v")
    here, formula = table.name, chain.own("kind_formula")
    keys_from = TOP + 2  # below q and the model's own q

    def projections(weights: Weights, values: FloatArray, letter: str) -> list[Cells]:
        """x · W + b: a row per key, a column per dimension."""
        by_key = [weights.sums(cells, here) for cells in inputs]
        by_dimension = zip(*by_key, strict=True)
        return [
            table.column(f"{letter} {dim}", formula, values[:, dim], formulas, first=2)
            for dim, formulas in enumerate(by_dimension)
        ]

    def row_of_sums(row: int, columns: Sequence[Cells], sums: Sequence[str], stage: str) -> Cells:
        """Formulas in one row under or over some columns, the model's own numbers below them."""
        numbers = chain.vector(stage, head).tolist()
        for cells, sum_, number in zip(columns, sums, numbers, strict=True):
            table.put(row, cells.column, (sum_, number))
            table.put(row + 1, cells.column, number)
        shape = chain.shape(("head_size", size))
        chain.stages.append(_Stage(here, stage, shape, formula, None))
        return Cells(here, row, columns[0].column, 1, size)

    def pairs(stage: str, formulas: Sequence[str], checked: bool = False) -> Cells:
        add = chain.checked if checked else chain.column
        return add(table, stage, chain.vector(stage, head), formulas, first=2, axis="key")

    keys = projections(w_k, record.key[head].numpy(), "k")
    q = row_of_sums(TOP, keys, w_q.sums(inputs[chain.query], here), "query")
    by_key = chain.shape(("key", count), ("head_size", size))
    chain.stages.append(_Stage(here, "key", by_key, formula, None))
    vectors = [Cells(here, keys_from + key, q.column, 1, size) for key in range(count)]
    dots = pairs("dot_products", [f"=SUMPRODUCT({q.area(here)},{k.area(here)})" for k in vectors])
    scores = pairs("attention_scores", [f"={cell}/SQRT({size})" for cell in dots.each(here)])
    masked_scores = chain.vector("masked_scores", head)
    lowest = np.finfo(np.float32).min
    mask = table.column(
        chain.own("mask"),
        chain.own("kind_value"),
        np.where(masked_scores < lowest / 2, lowest, np.float32(0)),
        first=2,
    )
    sums = zip(scores.each(here), mask.each(here), strict=True)
    masked = pairs("masked_scores", [f"={score}+{shut}" for score, shut in sums])
    largest = f"MAX({masked.area(here)})"
    powers = pairs("exponentials", [f"=EXP({cell}-{largest})" for cell in masked.each(here)])
    total = f"SUM({powers.area(here)})"
    weights = pairs("attention_probs", [f"={e}/{total}" for e in powers.each(here)], checked=True)
    values = projections(w_v, record.value[head].numpy(), "v")
    chain.stages.append(_Stage(here, "value", by_key, formula, None))
    # a head that is switched off adds nothing
    factor = "0*" if (chain.layer, head) in trace.heads_off else ""
    context = row_of_sums(
        keys_from + count,
        values,
        [f"={factor}SUMPRODUCT({weights.area(here)},{v.area(here)})" for v in values],
        "context",
    )
    table.write()
    return context


def _heads_joined(chain: _Chain, context: Cells) -> Cells:
    """The outputs of all heads below each other, and their way through W_O."""
    trace, size = chain.trace, chain.trace.config.head_size
    weights = chain.weights("W_O", f"{chain.layer_path}.attention.output.dense", "hidden", "hidden")
    heads = range(trace.config.num_attention_heads)
    labels = [f"H{head} · {dim}" for head in heads for dim in range(size)]
    title = chain.say("walkthrough.part_join")
    table = chain.table(title, labels, f"{title}: h · W_O + b")
    joined = trace.layer(chain.layer).context[:, chain.query].reshape(-1).numpy()
    first = chain.head * size
    kind = chain.own("kind_head", head=chain.head)
    cells = table.column(chain.name("context"), kind, joined)
    for row, (address, value) in enumerate(
        zip(context.each(table.name), joined[first : first + size].tolist(), strict=True)
    ):
        table.put(TOP + first + row, cells.column, (f"={address}", value))
    shape = chain.shape(("hidden", len(joined)))
    chain.stages.append(_Stage(table.name, "context", shape, kind, None))
    output = chain.checked(
        table,
        "attention_output",
        chain.vector("attention_output"),
        weights.sums(cells, table.name),
    )
    table.write()
    return output


_RESIDUALS = {
    # prefix: what is added to what, number of the sheet, the LayerNorm with its output
    "attention": ("x", "attention_output", 1, "attention.output.LayerNorm", "attention_norm"),
    "ffn": ("attention_norm", "ffn_output", 2, "output.LayerNorm", "hidden_states"),
}


def _residual_norm(chain: _Chain, prefix: str, before: Cells, added: Cells) -> Cells:
    """Input + output of a block, and LayerNorm."""
    first, second, number, module, output = _RESIDUALS[prefix]
    title = f"{chain.say(f'walkthrough.part_{prefix}_norm')} {number}"
    table = chain.table(title, chain.dims(), title)
    here, formula = table.name, chain.own("kind_formula")
    state = chain.trace.hidden_states[chain.layer][chain.query].cpu().numpy()
    columns = [
        table.column(
            "x" if stage == "x" else chain.name(stage),
            formula,
            state if stage == "x" else chain.vector(stage),
            [f"={address}" for address in source.each(here)],
        )
        for stage, source in ((first, before), (second, added))
    ]
    rows = zip(*(cells.each(here) for cells in columns), strict=True)
    stage = f"{prefix}_residual"
    total = chain.column(table, stage, chain.vector(stage), [f"={a}+{b}" for a, b in rows])
    return _norm(chain, table, total, prefix, output, f"{chain.layer_path}.{module}")


def _feed_forward_up(chain: _Chain, attended: Cells) -> Cells:
    """Up to the inner size, and the activation; one row per inner number."""
    config = chain.trace.config
    weights = chain.weights("W_1", f"{chain.layer_path}.intermediate.dense", "hidden", "inner")
    title = f"{chain.say('walkthrough.part_ffn')} 1"
    labels = [str(unit) for unit in range(config.intermediate_size)]
    table = chain.table(title, labels, f"{title}: y · W_1 + b, {config.hidden_act.upper()}")
    here = table.name
    up = chain.column(
        table,
        "intermediate_input",
        chain.vector("intermediate_input"),
        weights.sums(attended, here),
        axis="inner",
    )
    activated = [ACTIVATIONS[config.hidden_act].format(x=cell) for cell in up.each(here)]
    inner = chain.checked(
        table, "intermediate", chain.vector("intermediate"), activated, axis="inner"
    )
    table.write()
    return inner


def _feed_forward_down(chain: _Chain, inner: Cells) -> Cells:
    """Back to the hidden size."""
    weights = chain.weights("W_2", f"{chain.layer_path}.output.dense", "inner", "hidden")
    title = f"{chain.say('walkthrough.part_ffn')} 2"
    table = chain.table(title, chain.dims(), f"{title}: g · W_2 + b")
    output = chain.checked(
        table, "ffn_output", chain.vector("ffn_output"), weights.sums(inner, table.name)
    )
    table.write()
    return output
