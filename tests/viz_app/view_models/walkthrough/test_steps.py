"""The order of the walkthrough, and the way from any cell to the step that shows it."""

from itertools import groupby

import pytest

from bert_core.provenance import AXES, LAYER_STAGES, Cell
from bert_core.stages import LAYER_PARTS, PARTS
from viz_app.view_models.walkthrough.steps import (
    BY_ID,
    STEP_IDS,
    STEPS,
    neighbour,
    place_of,
    steps_of,
)


@pytest.mark.parametrize("layers", [1, 4])
def test_the_chain_goes_through_every_layer_and_back(layers: int) -> None:
    way = [(STEP_IDS[0], 0)]
    while (after := neighbour(*way[-1], layers, +1)) is not None:
        way.append(after)
    of_layer = [step for part in LAYER_PARTS for step in steps_of(part)]
    assert len(way) == len(STEP_IDS) + (layers - 1) * len(of_layer)
    assert way[-1][0] == STEP_IDS[-1]
    assert [layer for step, layer in way if step == "context"] == list(range(layers))
    back = [way[-1]]
    while (before := neighbour(*back[-1], layers, -1)) is not None:
        back.append(before)
    assert [step for step, _ in back] == [step for step, _ in reversed(way)]
    in_layers = [place for place in reversed(way) if place[0] in {step.id for step in of_layer}]
    assert [place for place in back if place in in_layers] == in_layers


@pytest.mark.parametrize("without", [frozenset(), frozenset({"mlm"})])
def test_back_from_the_predictions_leads_to_the_last_layer(without: frozenset[str]) -> None:
    first = steps_of("nsp" if without else "mlm")[0].id
    assert neighbour(first, 0, 4, -1, without) == ("hidden_states", 3)


def test_a_missing_head_is_passed_over() -> None:
    without = frozenset({"mlm"})
    assert neighbour("hidden_states", 3, 4, +1, without) == ("pooled_input", 3)
    assert neighbour("pooled_input", 3, 4, -1, without) == ("hidden_states", 3)
    assert neighbour("hidden_states", 3, 4, +1, frozenset({"mlm", "nsp"})) is None


def test_the_walkthrough_goes_through_the_parts_one_after_the_other() -> None:
    assert [part for part, _ in groupby(step.part for step in STEPS)] == list(PARTS)
    assert len(set(STEP_IDS)) == len(STEP_IDS)


def test_nothing_is_worked_out_from_a_column_not_yet_shown() -> None:
    shown: dict[str, set[str]] = {}
    for step in STEPS:
        columns = shown.setdefault(step.sheet, set())
        columns.update(step.reveals)
        assert set(step.operands) <= columns, step.id


@pytest.mark.parametrize("stage", AXES)
def test_every_stage_has_its_step(stage: str) -> None:
    index = tuple(range(2, 2 + len(AXES[stage])))
    layer = 1 if stage in LAYER_STAGES else None
    place = place_of(Cell(stage, index, layer))
    assert place["step"] in BY_ID
    assert place.get("layer") == layer
    axes = dict(zip(AXES[stage], index, strict=True))
    if "head" in axes:
        assert place["head"] == axes["head"]
    if "token" in axes:
        assert place["query"] == index[AXES[stage].index("token")]
    for axis, names in {
        "hidden": ("row", "unit"),
        "inner": ("row", "unit"),
        "head_size": ("dim", "unit"),
        "vocab": ("candidate",),
        "class": ("row", "unit"),
    }.items():
        if axis in axes:
            assert axes[axis] in [place.get(name) for name in names], place


def test_places_by_hand() -> None:
    assert place_of(Cell("attention_probs", (3, 9, 2), 1)) == {
        "step": "attention_probs",
        "layer": 1,
        "head": 3,
        "query": 9,
        "row": 2,
    }
    assert place_of(Cell("query", (3, 9, 17), 0)) == {
        "step": "query_projection",
        "layer": 0,
        "head": 3,
        "query": 9,
        "unit": 17,
    }
    assert place_of(Cell("mlm_logits", (9, 4000))) == {
        "step": "mlm_logits",
        "query": 9,
        "candidate": 4000,
    }
