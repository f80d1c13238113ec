"""The spreadsheet, recalculated by an engine of its own, gives the model's numbers."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_core.provenance import stage_vector
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app import messages
from viz_app.messages import LANGUAGES
from viz_app.view_models.workbook import chain_csv, chain_workbook

LAYER, HEAD, QUERY = 1, 2, 3


@pytest.fixture(scope="module", params=["full", "causal"])
def trace(request: pytest.FixtureRequest) -> Trace:
    return toy_bert().trace("the cat saw a dog .", attention=request.param)


def assert_close(actual: Any, expected: Any) -> None:
    """Equal up to float32 rounding."""
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def recalculated(workbook: bytes, folder: Path) -> dict[str, Any]:
    """Every cell's value after a fresh calculation, by "SHEET!A1"; what was stored is not read."""
    formulas = pytest.importorskip("formulas", reason="the spreadsheet engine is not installed")
    path = folder / "chain.xlsx"
    path.write_bytes(workbook)
    model = formulas.ExcelModel().loads(str(path)).finish()
    found = {}
    for name, cells in model.calculate().items():
        if ":" not in str(name):
            sheet, _, cell = str(name).replace("'", "").partition("!")
            found[f"{sheet.partition(']')[2]}!{cell}"] = cells.value[0, 0]
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_recalculation_gives_the_models_numbers(trace: Trace, tmp_path: Path) -> None:
    say = messages.words("en")
    cells = recalculated(chain_workbook(trace, LAYER, HEAD, QUERY, words=say), tmp_path)
    tokens = len(trace.tokens)

    def column(sheet: str, heading: str, count: int) -> list[float]:
        found = [
            name
            for name, value in cells.items()
            if name.startswith(f"{sheet}!") and name.endswith("4") and str(value) == heading
        ]
        letters = [name.partition("!")[2].rstrip("0123456789") for name in found]
        exact = [
            letter
            for letter, name in zip(letters, found, strict=True)
            if name.endswith(letter + "4")
        ]
        assert len(exact) == 1, (heading, found)
        return [float(cells[f"{sheet}!{exact[0]}{row}"]) for row in range(5, 5 + count)]

    def stage(name: str, *lead: int, layer: int | None = LAYER) -> np.ndarray:
        return stage_vector(trace, name, layer, lead)

    for name in ("dot_products", "attention_scores", "exponentials", "attention_probs"):
        assert_close(
            column("ATTENTION", say(f"walkthrough.stage_{name}"), tokens), stage(name, HEAD, QUERY)
        )
    assert float(cells["ATTENTION!B2"]) < 1e-6  # the difference that the sheet itself states
    for sheet, output, layer in (
        ("EMBEDDING", "embedding_output", None),
        ("+ & NORM 1", "attention_norm", LAYER),
        ("+ & NORM 2", "hidden_states", LAYER),
    ):
        np.testing.assert_allclose(
            column(sheet, say(f"walkthrough.stage_{output}"), 20),
            stage(output, QUERY, layer=layer),
            rtol=1e-4,
            atol=1e-5,
        )
        assert float(cells[f"{sheet}!B2"]) < 1e-5
    # the sums of products below their columns
    q = [float(cells[f"Q!{letter}26"]) for letter in "CDEFG"]
    assert_close(q, stage("query", HEAD, QUERY))
    context = stage("context", HEAD, QUERY)
    row = 5 + tokens
    last = [name for name in cells if name.startswith("ATTENTION!") and name.endswith(str(row))]
    worked_out = sorted(float(cells[name]) for name in last if isinstance(cells[name], float))
    assert_close(worked_out, np.sort(context))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_written_in_both_languages(trace: Trace, language: str) -> None:
    book = chain_workbook(trace, LAYER, HEAD, QUERY, words=messages.words(language))
    assert book[:2] == b"PK"


def test_csv_gives_back_every_number(trace: Trace) -> None:
    rows = list(csv.DictReader(io.StringIO(chain_csv(trace, LAYER, HEAD, QUERY))))
    found = [float(row["value"]) for row in rows if row["stage"] == "attention_probs"]
    expected = stage_vector(trace, "attention_probs", LAYER, (HEAD, QUERY))
    np.testing.assert_array_equal(np.array(found, np.float32), expected)
    keys = [row for row in rows if row["stage"] == "key"]
    assert len(keys) == len(trace.tokens) * 5
    assert {row["head"] for row in keys} == {str(HEAD)}
    assert {row["layer"] for row in rows if row["stage"] == "embedding_sum"} == {""}


def test_a_token_is_never_a_formula() -> None:
    from dataclasses import replace

    trace = toy_bert().trace("the cat")
    hostile = replace(
        trace, encoding=replace(trace.encoding, tokens=("[CLS]", "=1+1", "@x", "[SEP]"))
    )
    text = chain_csv(hostile, LAYER, HEAD, 1)
    assert "'=1+1" in text and ",=1+1" not in text
    assert chain_workbook(hostile, LAYER, HEAD, 1, words=messages.words("en"))[:2] == b"PK"
