"""The exported spreadsheet, recalculated by an engine that had no part in writing it."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bert_core.config import ACTIVATIONS as KNOWN_ACTIVATIONS
from bert_core.model import activation
from bert_core.provenance import LAYER_STAGES, stage_vector
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app import messages
from viz_app.export import workbook
from viz_app.export.sheets import Cells
from viz_app.export.workbook import ACTIVATIONS, chain_workbook

formulas = pytest.importorskip("formulas", reason="the spreadsheet engine is not installed")
openpyxl = pytest.importorskip("openpyxl", reason="the reader of spreadsheets is not installed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
TEXT = "the cat saw a dog ."
HEAD, QUERY = 2, 3
HIDDEN, INNER, SIZE = 20, 37, 5


def assert_close(actual: Any, expected: Any) -> None:
    """Equal up to the float32 rounding of the sums, which the engine does in float64."""
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


class Recalculated:
    """Every cell's value after a fresh calculation; what was stored is not read."""

    def __init__(self, book: bytes, folder: Path, changed: Mapping[str, float] | None = None):
        path = folder / "chain.xlsx"
        path.write_bytes(book)
        model = formulas.ExcelModel().loads(str(path)).finish()
        inputs = {f"'[chain.xlsx]{name.upper()}": value for name, value in (changed or {}).items()}
        self.cells = {}
        for name, found in model.calculate(inputs=inputs).items():
            if ":" not in str(name):
                sheet, _, cell = str(name).replace("'", "").partition("!")
                self.cells[f"{sheet.partition(']')[2]}!{cell}"] = found.value[0, 0]

    def number(self, sheet: str, row: int, column: int) -> float:
        """Row and column counted from zero."""
        (address,) = Cells(sheet, row, column).each(sheet)
        return float(self.cells[f"{sheet.upper()}!{address}"])

    def column_of(self, sheet: str, heading: str) -> int:
        for column in range(1, 60):
            (address,) = Cells(sheet, 3, column).each(sheet)
            if str(self.cells.get(f"{sheet.upper()}!{address}")) == heading:
                return column
        raise AssertionError(f"no column {heading!r} on {sheet}")

    def column(self, sheet: str, heading: str, count: int, first: int = 4) -> list[float]:
        place = self.column_of(sheet, heading)
        return [self.number(sheet, row, place) for row in range(first, first + count)]

    def row(self, sheet: str, row: int, heading: str, count: int) -> list[float]:
        """From the column of that heading on."""
        place = self.column_of(sheet, heading)
        return [self.number(sheet, row, column) for column in range(place, place + count)]


@pytest.mark.parametrize(
    ("attention", "layer", "language"), [("full", 1, "en"), ("causal", 0, "zh")]
)
def test_recalculation_gives_the_models_numbers(
    attention: str, layer: int, language: str, tmp_path: Path
) -> None:
    trace = toy_bert().trace(TEXT, attention=attention)
    say = messages.say_in(language)
    book = Recalculated(chain_workbook(trace, layer, HEAD, QUERY, say=say), tmp_path)
    count = len(trace.tokens)

    def model(stage: str, *lead: int) -> np.ndarray:
        return stage_vector(trace, stage, layer if stage in LAYER_STAGES else None, lead)

    def name(stage: str) -> str:
        return say(f"walkthrough.stage_{stage}")

    embedding, attended, ffn = (
        say(f"walkthrough.part_{part}") for part in ("embedding", "attention", "ffn")
    )
    norm = say("walkthrough.part_attention_norm")
    for sheet, stages, size in (
        (embedding, ("embedding_sum", "embedding_centred", "embedding_output"), HIDDEN),
        (say("walkthrough.part_join"), ("attention_output",), HIDDEN),
        (f"{norm} 1", ("attention_residual", "attention_norm"), HIDDEN),
        (f"{ffn} 1", ("intermediate_input", "intermediate"), INNER),
        (f"{ffn} 2", ("ffn_output",), HIDDEN),
        (f"{norm} 2", ("ffn_residual", "ffn_normalised", "hidden_states"), HIDDEN),
    ):
        for stage in stages:
            assert_close(book.column(sheet, name(stage), size), model(stage, QUERY))
    for stage in ("dot_products", "attention_scores", "exponentials", "attention_probs"):
        found = book.column(attended, name(stage), count, first=6)
        assert_close(found, model(stage, HEAD, QUERY))
    for letter, stage in (("k", "key"), ("v", "value")):
        for key in range(count):
            row = book.row(attended, 6 + key, f"{letter} 0", SIZE)
            assert_close(row, model(stage, HEAD, key))
    assert_close(book.row(attended, 4, "k 0", SIZE), model("query", HEAD, QUERY))
    assert_close(book.row(attended, 6 + count, "v 0", SIZE), model("context", HEAD, QUERY))
    own = 4 + HEAD * SIZE
    joined = book.column(say("walkthrough.part_join"), name("context"), SIZE, first=own)
    assert_close(joined, model("context", HEAD, QUERY))
    # the differences that the sheets themselves state, gathered on the first one
    differences = [
        float(value)
        for cell, value in book.cells.items()
        if cell.startswith(f"{say('workbook.about').upper()}!F") and isinstance(value, float)
    ]
    assert len(differences) == 7 and max(differences) < 1e-5


def test_a_changed_number_is_followed_to_the_end(tmp_path: Path) -> None:
    bert = toy_bert()
    trace = bert.trace(TEXT)
    say = messages.say_in("en")
    book = chain_workbook(trace, 0, HEAD, QUERY, say=say)
    word = stage_vector(trace, "word_embeddings", None, (QUERY,))[4] + 0.5
    changed = Recalculated(book, tmp_path, {"Embedding'!B9": float(word)})

    # the same change in the model: one number of one token's embedding
    sums = trace.embeddings.embedding_sum.clone()
    sums[QUERY, 4] += 0.5
    with torch.no_grad():
        embedded = bert.model.bert.embeddings.LayerNorm(sums)
        steps = bert.model.layer(0).attention.self.steps(embedded[None])
    probs = steps.attention_probs[0, HEAD, QUERY].numpy()
    count = len(trace.tokens)
    found = changed.column("Attention", say("walkthrough.stage_attention_probs"), count, first=6)
    assert_close(found, probs)
    context = steps.context[0, HEAD, QUERY].numpy()
    assert_close(changed.row("Attention", 6 + count, "v 0", SIZE), context)
    # the sheet says how far it left the model
    shift = np.abs(probs - stage_vector(trace, "attention_probs", 0, (HEAD, QUERY))).max()
    assert changed.number("Attention", 1, 1) == pytest.approx(shift, rel=0.01)
    assert shift > 1e-4
    output = changed.column("Add & Norm 2", say("walkthrough.stage_hidden_states"), HIDDEN)
    before = stage_vector(trace, "hidden_states", 0, (QUERY,))
    assert np.abs(np.array(output) - before).min() > 0


def test_a_large_model_keeps_part_of_the_outputs_as_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_WEIGHTS", 200)
    trace = toy_bert().trace(TEXT)
    say = messages.say_in("en")
    data = chain_workbook(trace, 1, HEAD, QUERY, say=say)
    book = Recalculated(data, tmp_path)
    up = book.column("FFN 1", say("walkthrough.stage_intermediate_input"), INNER)
    assert_close(up, stage_vector(trace, "intermediate_input", 1, (QUERY,)))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["FFN 1"]
    live = [row for row in range(5, 5 + INNER) if str(sheet.cell(row, 2).value).startswith("=")]
    assert live == list(range(5, 5 + 200 // HIDDEN))
    assert sheet.cell(3, 2).value == say("workbook.kind_part", formulas=10, cells=INNER)


def test_a_head_that_is_switched_off_stays_off(tmp_path: Path) -> None:
    trace = toy_bert().trace("the cat", heads_off={(0, HEAD)})
    say = messages.say_in("en")
    book = Recalculated(chain_workbook(trace, 0, HEAD, 1, say=say), tmp_path)
    output = book.column("Join heads", say("walkthrough.stage_attention_output"), HIDDEN)
    assert_close(output, stage_vector(trace, "attention_output", 0, (1,)))


@pytest.mark.parametrize("name", KNOWN_ACTIVATIONS)
def test_every_activation_is_that_of_the_model(name: str) -> None:
    function = formulas.Parser().ast("=" + ACTIVATIONS[name].format(x="A1"))[1].compile()
    xs = np.linspace(-4, 4, 33)
    expected = activation(name, torch.from_numpy(xs)).numpy()
    found = [float(np.asarray(function(x))) for x in xs]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_token_is_never_a_formula() -> None:
    trace = toy_bert().trace("the cat")
    tokens = ("[CLS]", "=1+1", "http://x", "[SEP]")
    hostile = replace(trace, encoding=replace(trace.encoding, tokens=tokens))
    data = chain_workbook(hostile, 1, HEAD, 1, say=messages.say_in("en"))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Attention"]
    labels = [sheet.cell(row, 1) for row in range(7, 11)]
    assert [cell.value for cell in labels] == list(tokens)
    assert {cell.data_type for cell in labels} == {"s"}
    assert all(cell.hyperlink is None for cell in labels)


def test_what_does_not_exist_is_refused() -> None:
    trace: Trace = toy_bert().trace("the cat")
    for layer, head, query in ((9, 0, 0), (0, 9, 0), (0, 0, 9)):
        with pytest.raises(ValueError):
            chain_workbook(trace, layer, head, query, say=messages.say_in("en"))
