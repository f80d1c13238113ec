"""Adding a stage touches the table, the model and the texts: done here in a copy of the project.

The made-up stage is tanh of what the feed-forward network gives, before it is added to its input.
"""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from viz_app.messages import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]

ENTRY = """
    _stage(
        "ffn/ffn_squashed[token hidden]",
        "tanh",
        {"input": "ffn_output"},
        "t",
        r"t_i = \\tanh f_i",
        shapes="f:hidden t:hidden",
        source="a test",
    ),
"""

RESIDUAL = '    _stage(\n        "ffn_norm/ffn_residual'
TABLE = [
    (RESIDUAL, ENTRY + RESIDUAL),
    ('{"residual": "attention_norm", "output": "ffn_output"}',
     '{"residual": "attention_norm", "output": "ffn_squashed"}'),
]  # fmt: skip
MODEL = [
    ('    ffn_output: Float[Tensor, "*batch seq hidden"]\n',
     '    ffn_output: Float[Tensor, "*batch seq hidden"]\n'
     '    ffn_squashed: Float[Tensor, "*batch seq hidden"]\n'),
    ("        ffn_output, output = self.output(intermediate, attention_norm)\n",
     "        ffn_output = self.output.dense(intermediate)\n"
     "        squashed = torch.tanh(ffn_output)\n"
     "        output = self.output.LayerNorm(attention_norm + squashed)\n"),
    ("            ffn_output=ffn_output,\n",
     "            ffn_output=ffn_output,\n            ffn_squashed=squashed,\n"),
    ("        return self.output(self.intermediate(attention_norm), attention_norm)[1]\n",
     "        inner = self.output.dense(self.intermediate(attention_norm))\n"
     "        return self.output.LayerNorm(attention_norm + torch.tanh(inner))\n"),
]  # fmt: skip

LOOK = """
import csv, io, json
import numpy as np
import openpyxl
from bert_core.provenance import Cell, explain
from tests.viz_app.toy import toy_bert
from viz_app.export.chain_csv import chain_csv
from viz_app.export.workbook import chain_workbook
from viz_app.messages import say_in
from viz_app.view_models.walkthrough.build import walkthrough
from viz_app.views.payload import unpack
from viz_app.views.walkthrough import origin_header, walkthrough_payload
from viz_app.view_models.walkthrough.origin import origin_view

trace = toy_bert().trace("the cat saw a dog")
own = trace.layer(1).ffn_squashed
cell = Cell("ffn_squashed", (2, 4), 1)
found = explain(trace, cell)
after = explain(trace, Cell("ffn_residual", (2, 4), 1))
view = walkthrough(trace, "ffn_squashed", 1, 2, 2, token_of=str)
headers = {}
for language in ("en", "zh"):
    say = say_in(language)
    header, _ = unpack(walkthrough_payload(view, key="v", say=say, language=language))
    step = next(step for step in header["steps"] if step["id"] == "ffn_squashed")
    origin = origin_header(origin_view(trace, cell), say=say, language=language, trail=1)
    headers[language] = [step["title"], step["formula"], origin["name"], origin["step_title"]]
rows = csv.DictReader(io.StringIO(chain_csv(trace, 1, 2, 2).decode("utf-8-sig")))
written = [float(row["value"]) for row in rows if row["stage"] == "ffn_squashed"]
book = openpyxl.load_workbook(io.BytesIO(chain_workbook(trace, 1, 2, 2, say=say_in("en"))))
headings = [[cell.value for cell in row] for row in book["FFN 2"].iter_rows(4, 5)]
print(json.dumps({
    "check": trace.check(1),
    "origin": [found.operation, found.operands[0].stage, found.recomputed - found.value],
    "after": [group.stage for group in after.operands],
    "step": [view.checks["ffn_squashed"].exact, view.checks["ffn_squashed"].rounded],
    "column": np.array_equal(view.column("ffn_squashed").values, own[2].numpy()),
    "headers": headers,
    "csv": np.array_equal(np.array(written, np.float32), own[2].numpy()),
    "book": headings,
}))
"""


def replaced(path: Path, changes: list[tuple[str, str]]) -> None:
    text = path.read_text(encoding="utf-8")
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the copy shows of the made-up stage."""
    pytest.importorskip("openpyxl", reason="the reader of spreadsheets is not installed")
    root = tmp_path_factory.mktemp("copy")
    for package in ("bert_core", "viz_app", "tests"):
        copytree(ROOT / package, root / package, ignore=ignore_patterns("__pycache__"))
    copytree(ROOT / "assets" / "explanations", root / "assets" / "explanations")
    replaced(root / "bert_core" / "stages.py", TABLE)
    replaced(root / "bert_core" / "model.py", MODEL)
    for language in LANGUAGES:
        catalogue = root / "viz_app" / "messages" / language / "walkthrough.json"
        texts = json.loads(catalogue.read_text(encoding="utf-8"))
        texts["walkthrough.stage_ffn_squashed"] = f"squashed, {language}"
        catalogue.write_text(json.dumps(texts), encoding="utf-8")
        explanation = root / "assets" / "explanations" / language / "ffn_squashed.md"
        explanation.write_text(
            f"# Squash, {language}\n\nSee.\n\n## Why\n\nSo.\n\n## Source\n\nNone.\n", "utf-8"
        )
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_check_and_provenance_follow_it(seen: dict[str, Any]) -> None:
    assert isinstance(seen["check"], float) and seen["check"] < 1e-4
    operation, operand, difference = seen["origin"]
    assert (operation, operand) == ("tanh", "ffn_output")
    assert abs(difference) < 1e-6
    assert seen["after"] == ["attention_norm", "ffn_squashed"]


def test_the_walkthrough_has_its_step(seen: dict[str, Any]) -> None:
    exact, rounded = seen["step"]
    assert exact < 1e-6 < rounded < 1e-3
    assert seen["column"] is True
    assert seen["headers"] == {
        language: [
            f"Squash, {language}",
            r"t_i = \tanh f_i",
            seen["headers"][language][2],
            f"Squash, {language}",
        ]
        for language in LANGUAGES
    }
    for language in LANGUAGES:
        assert f"squashed, {language}" in seen["headers"][language][2]


def test_csv_and_spreadsheet_hold_it(seen: dict[str, Any]) -> None:
    assert seen["csv"] is True
    headings, first = seen["book"]
    formula = first[headings.index("squashed, en")]
    assert formula == "=TANH(B5)"
