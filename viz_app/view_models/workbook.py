"""The chain of one token as a spreadsheet with live formulas, and as plain CSV.

In the spreadsheet a student can change a number and watch what follows from it. Numbers that come
from the model stand as values; whatever can be worked out from them is a formula, with the model's
own result beside it and the largest difference on top.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xlsxwriter
from numpy.typing import NDArray
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from viz_app.components.headers import Words
from viz_app.view_models.tokens import token_labels

if TYPE_CHECKING:  # torch is imported behind the first paint, not by looking at a stored view
    from bert_core.trace import Trace

_TOP = 3
"""Rows above a table: title, check, empty."""


@dataclass
class _Page:
    """One worksheet while it is written: columns from left to right below a heading."""

    sheet: Worksheet
    bold: Any
    rows: int
    labels: Sequence[str]
    column: int = 1

    def begin(self, title: str, first: str) -> None:
        self.sheet.write_string(0, 0, title, self.bold)
        self.sheet.set_column(0, 0, 16)
        self.sheet.write_string(_TOP, 0, first, self.bold)
        for row, label in enumerate(self.labels):
            self.sheet.write_string(_TOP + 1 + row, 0, label)
        self.sheet.freeze_panes(_TOP + 1, 1)

    def values(self, heading: str, values: NDArray[np.floating[Any]]) -> int:
        """A column of numbers; returns its place."""
        self.sheet.write_string(_TOP, self.column, heading, self.bold)
        for row, value in enumerate(values):
            self.sheet.write_number(_TOP + 1 + row, self.column, float(value))
        self.column += 1
        return self.column - 1

    def formulas(
        self, heading: str, formulas: Sequence[str], values: NDArray[np.floating[Any]]
    ) -> int:
        """A column of formulas, with the results a reader sees before anything is recalculated."""
        self.sheet.write_string(_TOP, self.column, heading, self.bold)
        for row, (formula, value) in enumerate(zip(formulas, values, strict=True)):
            self.sheet.write_formula(_TOP + 1 + row, self.column, formula, self.bold, float(value))
        self.column += 1
        return self.column - 1

    def cells(self, column: int) -> list[str]:
        """The addresses of a column's cells."""
        return [xl_rowcol_to_cell(_TOP + 1 + row, column) for row in range(self.rows)]

    def area(self, column: int) -> str:
        """A whole column as an absolute range."""
        return xl_range_abs(_TOP + 1, column, _TOP + self.rows, column)

    def check(self, words: Words, worked_out: int, model: int) -> None:
        """The largest difference between a column of formulas and the model's own numbers."""
        self.sheet.write_string(1, 0, words("walkthrough.sheet_difference"))
        difference = f"=SUMPRODUCT(MAX(ABS({self.area(worked_out)}-{self.area(model)})))"
        self.sheet.write_formula(1, 1, difference, self.bold, 0.0)


def chain_workbook(trace: Trace, layer: int, head: int, query: int, *, words: Words) -> bytes:
    """An XLSX file with the chain of one token through the embedding and one layer.

    Args:
        layer, head, query: Counted from zero.
        words: Looks up a message, for headings.

    Raises:
        ValueError: no such layer, head or token.
    """
    target = io.BytesIO()
    # A token may look like a formula or an address; it is text all the same.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        bold = book.add_format({"bold": True})
        token = token_labels(trace.encoding)[query].label
        _about(book, bold, trace, layer, head, token, words)
        _embedding(book, bold, trace, query, words)
        _projection(book, bold, trace, layer, head, query, words)
        _attention(book, bold, trace, layer, head, query, words)
        for prefix in ("attention", "ffn"):
            _residual_norm(book, bold, trace, layer, query, prefix, words)
    return target.getvalue()


def _about(
    book: Workbook, bold: Any, trace: Trace, layer: int, head: int, token: str, words: Words
) -> None:
    sheet = book.add_worksheet(words("walkthrough.sheet_about"))
    sheet.set_column(0, 0, 24)
    encoding = trace.encoding
    lines = [
        (words("walkthrough.title"), "Headlight"),
        (words("walkthrough.sheet_text"), encoding.text_a),
        *([(words("walkthrough.sheet_text_b"), encoding.text_b)] if encoding.text_b else []),
        (words("walkthrough.pick_query"), token),
        (words("walkthrough.pick_layer"), str(layer)),
        (words("walkthrough.pick_head"), str(head)),
        ("", words("walkthrough.sheet_note")),
    ]
    if trace.attention == "causal":
        lines.append(("", words("walkthrough.causal_note")))
    for row, (name, value) in enumerate(lines):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, value)


def _vector(trace: Trace, stage: str, *lead: int, layer: int | None = None) -> NDArray[np.float32]:
    from bert_core.provenance import stage_vector

    return stage_vector(trace, stage, layer, lead)


def _parameter(trace: Trace, path: str) -> NDArray[np.float32]:
    return np.asarray(trace.model.get_parameter(path).detach().cpu().numpy(), np.float32)


def _page(book: Workbook, bold: Any, name: str, labels: Sequence[str], title: str) -> _Page:
    page = _Page(book.add_worksheet(name), bold, len(labels), labels)
    page.begin(title, "")
    return page


def _embedding(book: Workbook, bold: Any, trace: Trace, query: int, words: Words) -> None:
    title = words("walkthrough.part_embedding")
    labels = [str(dim) for dim in range(trace.config.hidden_size)]
    page = _page(book, bold, title, labels, title)
    tables = ("word_embeddings", "position_embeddings", "token_type_embeddings")
    columns = [
        page.values(words(f"walkthrough.stage_{name}"), _vector(trace, name, query))
        for name in tables
    ]
    cells = zip(*(page.cells(column) for column in columns), strict=True)
    total = page.formulas(
        words("walkthrough.stage_embedding_sum"),
        ["=" + "+".join(row) for row in cells],
        _vector(trace, "embedding_sum", query),
    )
    _norm(page, trace, query, "embedding", "embedding_output", None, total, words)


def _residual_norm(
    book: Workbook, bold: Any, trace: Trace, layer: int, query: int, prefix: str, words: Words
) -> None:
    title = words(f"walkthrough.part_{prefix}_norm")
    labels = [str(dim) for dim in range(trace.config.hidden_size)]
    page = _page(book, bold, f"{title} {1 if prefix == 'attention' else 2}", labels, title)
    if prefix == "attention":
        residual = _array(trace, layer, query)
        names = ("stage_hidden_states", "stage_attention_output")
        addition = _vector(trace, "attention_output", query, layer=layer)
        output = "attention_norm"
    else:
        residual = _vector(trace, "attention_norm", query, layer=layer)
        names = ("stage_attention_norm", "stage_ffn_output")
        addition = _vector(trace, "ffn_output", query, layer=layer)
        output = "hidden_states"
    before = page.values(words(f"walkthrough.{names[0]}"), residual)
    added = page.values(words(f"walkthrough.{names[1]}"), addition)
    total = page.formulas(
        words(f"walkthrough.stage_{prefix}_residual"),
        [f"={a}+{b}" for a, b in zip(page.cells(before), page.cells(added), strict=True)],
        _vector(trace, f"{prefix}_residual", query, layer=layer),
    )
    _norm(page, trace, query, prefix, output, layer, total, words)


def _array(trace: Trace, layer: int, query: int) -> NDArray[np.float32]:
    return np.asarray(trace.hidden_states[layer][query].cpu().numpy(), np.float32)


_NORM_PATHS = {
    "embedding": "bert.embeddings.LayerNorm",
    "attention": "bert.encoder.layer.{layer}.attention.output.LayerNorm",
    "ffn": "bert.encoder.layer.{layer}.output.LayerNorm",
}


def _norm(
    page: _Page,
    trace: Trace,
    query: int,
    prefix: str,
    output: str,
    layer: int | None,
    total: int,
    words: Words,
) -> None:
    path = _NORM_PATHS[prefix].format(layer=layer)
    centred = page.formulas(
        words(f"walkthrough.stage_{prefix}_centred"),
        [f"={cell}-AVERAGE({page.area(total)})" for cell in page.cells(total)],
        _vector(trace, f"{prefix}_centred", query, layer=layer),
    )
    area = page.area(centred)
    epsilon = trace.config.layer_norm_eps
    normalised = page.formulas(
        words(f"walkthrough.stage_{prefix}_normalised"),
        [f"={c}/SQRT(SUMSQ({area})/{page.rows}+{epsilon!r})" for c in page.cells(centred)],
        _vector(trace, f"{prefix}_normalised", query, layer=layer),
    )
    scale = page.values(words("walkthrough.role_scale"), _parameter(trace, f"{path}.weight"))
    shift = page.values(words("walkthrough.role_shift"), _parameter(trace, f"{path}.bias"))
    model = _vector(trace, output, query, layer=layer)
    places = (page.cells(normalised), page.cells(scale), page.cells(shift))
    result = page.formulas(
        words(f"walkthrough.stage_{output}"),
        [f"={n}*{g}+{b}" for n, g, b in zip(*places, strict=True)],
        model,
    )
    page.check(words, result, page.values(words("walkthrough.sheet_model"), model))


def _projection(
    book: Workbook, bold: Any, trace: Trace, layer: int, head: int, query: int, words: Words
) -> None:
    """x and this head's W_Q; the query as sums of products. Rows are dimensions of x."""
    size = trace.config.head_size
    hidden = trace.config.hidden_size
    labels = [*(f"x {dim}" for dim in range(hidden)), "b", "q", words("walkthrough.sheet_model")]
    page = _page(book, bold, "q", labels, "q = x · W_Q + b_Q")
    page.rows = hidden
    x = page.values("x", _array(trace, layer, query))
    path = f"bert.encoder.layer.{layer}.attention.self.query"
    own = slice(head * size, (head + 1) * size)
    weight, bias = _parameter(trace, f"{path}.weight")[own], _parameter(trace, f"{path}.bias")[own]
    model = _vector(trace, "query", head, query, layer=layer)
    below = _TOP + 1 + hidden
    for dim in range(size):
        column = page.values(f"W_Q {dim}", weight[dim])
        page.sheet.write_number(below, column, float(bias[dim]))
        address = xl_rowcol_to_cell(below, column)
        formula = f"=SUMPRODUCT({page.area(x)},{page.area(column)})+{address}"
        page.sheet.write_formula(below + 1, column, formula, bold, float(model[dim]))
        page.sheet.write_number(below + 2, column, float(model[dim]))


def _attention(
    book: Workbook, bold: Any, trace: Trace, layer: int, head: int, query: int, words: Words
) -> None:
    """One row per key token; q stands in the two rows above, over the columns of k."""
    size = trace.config.head_size
    tokens = token_labels(trace.encoding)
    labels = [token.label for token in tokens]
    record = trace.layer(layer)
    page = _page(book, bold, words("walkthrough.part_attention"), labels, "softmax(q·k / √d) · v")
    q = _vector(trace, "query", head, query, layer=layer)
    page.sheet.write_string(_TOP - 1, 0, "q", bold)
    keys = [page.values(f"k {dim}", record.key[head, :, dim].numpy()) for dim in range(size)]
    for column, value in zip(keys, q, strict=True):
        page.sheet.write_number(_TOP - 1, column, float(value))
    q_area = xl_range_abs(_TOP - 1, keys[0], _TOP - 1, keys[-1])

    def pair(stage: str) -> NDArray[np.float32]:
        return _vector(trace, stage, head, query, layer=layer)

    def name(stage: str) -> str:
        return words(f"walkthrough.stage_{stage}")

    rows = range(_TOP + 1, _TOP + 1 + len(labels))
    k_rows = [
        f"{xl_rowcol_to_cell(row, keys[0])}:{xl_rowcol_to_cell(row, keys[-1])}" for row in rows
    ]
    dots = page.formulas(
        name("dot_products"),
        [f"=SUMPRODUCT({q_area},{cells})" for cells in k_rows],
        pair("dot_products"),
    )
    scores = page.formulas(
        name("attention_scores"),
        [f"={cell}/SQRT({size})" for cell in page.cells(dots)],
        pair("attention_scores"),
    )
    masked_scores = pair("masked_scores")
    lowest = np.finfo(np.float32).min
    masked = masked_scores < lowest / 2
    mask = page.values(words("walkthrough.sheet_mask"), np.where(masked, lowest, 0.0))
    scores_masked = page.formulas(
        name("masked_scores"),
        [f"={s}+{m}" for s, m in zip(page.cells(scores), page.cells(mask), strict=True)],
        masked_scores,
    )
    exponentials = page.formulas(
        name("exponentials"),
        [f"=EXP({c}-MAX({page.area(scores_masked)}))" for c in page.cells(scores_masked)],
        pair("exponentials"),
    )
    probs = page.formulas(
        name("attention_probs"),
        [f"={c}/SUM({page.area(exponentials)})" for c in page.cells(exponentials)],
        pair("attention_probs"),
    )
    page.check(words, probs, page.values(words("walkthrough.sheet_model"), pair("attention_probs")))
    context = _vector(trace, "context", head, query, layer=layer)
    below = _TOP + 1 + len(labels)
    page.sheet.write_string(below, 0, name("context"), bold)
    page.sheet.write_string(below + 1, 0, words("walkthrough.sheet_model"))
    for dim in range(size):
        column = page.values(f"v {dim}", record.value[head, :, dim].numpy())
        formula = f"=SUMPRODUCT({page.area(probs)},{page.area(column)})"
        page.sheet.write_formula(below, column, formula, bold, float(context[dim]))
        page.sheet.write_number(below + 1, column, float(context[dim]))


_CSV_STAGES = (
    "word_embeddings",
    "position_embeddings",
    "token_type_embeddings",
    "embedding_sum",
    "embedding_output",
    "query",
    "key",
    "value",
    "dot_products",
    "attention_scores",
    "masked_scores",
    "exponentials",
    "attention_probs",
    "context",
    "attention_output",
    "attention_residual",
    "attention_norm",
    "intermediate_input",
    "intermediate",
    "ffn_output",
    "ffn_residual",
    "hidden_states",
)


def chain_csv(trace: Trace, layer: int, head: int, query: int) -> str:
    """The same chain as CSV: stage, layer, head, token, number within the stage, value.

    Values have nine digits, enough to give back the float32. Keys and values are those of every
    token, all else is the query token's.

    Raises:
        ValueError: no such layer, head or token.
    """
    from bert_core.provenance import AXES, LAYER_STAGES

    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["stage", "layer", "head", "token", "text", "index", "value"])
    texts = [token.text for token in token_labels(trace.encoding)]
    for stage in _CSV_STAGES:
        with_head = AXES[stage][0] == "head"
        of = layer if stage in LAYER_STAGES else None
        everyone = range(len(texts)) if stage in ("key", "value") else (query,)
        for token in everyone:
            lead = (head, token) if with_head else (token,)
            for index, value in enumerate(_vector(trace, stage, *lead, layer=of)):
                row: list[object] = [stage, "" if of is None else of, head if with_head else ""]
                writer.writerow([*row, token, _as_text(texts[token]), index, f"{value:.9g}"])
    return target.getvalue()


def _as_text(token: str) -> str:
    """A token that a spreadsheet would take for a formula, kept as text."""
    return f"'{token}" if token[:1] in ("=", "+", "-", "@") else token
