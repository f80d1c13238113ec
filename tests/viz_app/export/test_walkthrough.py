"""The walkthrough as one file: every sheet of every layer, or as many as fit, and it says which."""

import base64
import gzip
import re
from collections.abc import Sequence

import pytest

from bert_core.stages import LAYER_PARTS
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.export.walkthrough import layers_around, walkthrough_file
from viz_app.messages import say_in
from viz_app.view_models.walkthrough.build import walkthrough
from viz_app.view_models.walkthrough.steps import STEPS
from viz_app.views.payload import unpack
from viz_app.views.walkthrough import walkthrough_payload

SHEETS = {step.sheet: step.part in LAYER_PARTS for step in STEPS}


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace("the cat saw </script> a dog")


def file(trace: Trace, step: str = "query", layer: int = 1, **options: object) -> str:
    def payload(step: str, layer: int, here: Sequence[int]) -> bytes:
        view = walkthrough(trace, step, layer, 2, 3, token_of=str)
        return walkthrough_payload(view, key="view0", say=say_in("en"), language="en", here=here)

    given = {"step": step, "layer": layer, "layers": 3, "without": frozenset(), "language": "en"}
    facts = {"token": "saw", "text": "the cat saw </script> a dog", "head": 2}
    return walkthrough_file(payload, facts=facts, say=say_in("en"), **{**given, **options})  # type: ignore[arg-type]


def sheets(page: str) -> dict[str, dict]:
    found = re.findall(r'id="data0-([\w-]+)">([^<]+)</script>', page)
    unzipped = {name: gzip.decompress(base64.b64decode(text)) for name, text in found}
    return {name: unpack(payload)[0] for name, payload in unzipped.items()}


def test_every_sheet_of_every_layer_is_in_the_file(trace: Trace) -> None:
    page = file(trace)
    found = sheets(page)
    names = {
        name
        for sheet, in_layer in SHEETS.items()
        for name in ([f"{sheet}-{layer}" for layer in range(3)] if in_layer else [sheet])
    }
    assert set(found) == names
    assert all(header["alone"] and header["layers"] == [0, 1, 2] for header in found.values())
    assert found["ffn_norm-0"]["after"] == ["layer_input", 1]
    assert found["ffn_norm-2"]["after"] == ["mlm_dense", 2]
    assert "All layers are in this file: 3." in page
    assert page.count("</script>") == page.count("<script")


def test_what_does_not_fit_is_left_out_and_named(trace: Trace) -> None:
    page = file(trace, layer=2, limit=1)
    found = sheets(page)
    assert {name for name in found if name.startswith("attention-")} == {"attention-2"}
    assert "Layers 2 to 2 of 3" in page
    assert found["embedding"]["after"] == ["layer_input", 2]
    assert found["projection-2"]["before"] == ["embedding_output", 2]
    assert found["ffn_norm-2"]["after"] == ["mlm_dense", 2]


@pytest.mark.parametrize(
    ("layer", "sizes", "room", "kept"),
    [
        (1, [1, 1, 1], 3, range(0, 3)),
        (1, [1, 1, 1], 2, range(0, 2)),
        (0, [1, 1, 1, 1], 2, range(0, 2)),
        (3, [1, 1, 1, 1, 1, 1], 3.5, range(2, 5)),
        (2, [9, 9, 1, 1, 1], 3, range(2, 5)),
        (1, [5, 5, 5], 0, range(1, 2)),
    ],
)
def test_layers_around_the_chosen_one_are_kept(
    layer: int, sizes: list[float], room: float, kept: range
) -> None:
    assert layers_around(layer, sizes, room) == kept


def test_the_file_opens_where_the_student_was(trace: Trace) -> None:
    assert '"first": "ffn_output-1"' in file(trace, step="ffn_output")
    assert '"first": "mlm_probs"' in file(trace, step="mlm_probs")


def test_heads_that_the_checkpoint_lacks_are_not_in_the_file(trace: Trace) -> None:
    found = sheets(file(trace, without=frozenset({"mlm", "nsp"})))
    assert not [name for name in found if name.startswith(("mlm", "nsp", "pooled"))]
