"""The table of stages is a chain: each follows from those above it, by axes that fit."""

from dataclasses import fields
from itertools import groupby

import pytest

from bert_core.bert import Bert
from bert_core.operations import OPERATIONS, parameter, recompute
from bert_core.stages import (
    BY_NAME,
    LAYER_INPUT,
    PARTS,
    PRODUCTS,
    ROWS,
    STAGES,
    Stage,
    axes_of,
)
from bert_core.trace import LayerTrace

SIZES = {"head": 4, "head_size": 5, "hidden": 20, "inner": 37, "vocab": 99, "class": 2}


def test_every_stage_follows_from_those_above_it() -> None:
    above = {LAYER_INPUT}
    for stage in STAGES:
        assert {each.stage for each in stage.operands if not each.is_parameter} <= above
        above.add(stage.name)
    assert len(BY_NAME) == len(STAGES)
    assert [part for part, _ in groupby(stage.part for stage in STAGES)] == list(PARTS)


def test_what_the_layers_modules_keep_is_in_the_table() -> None:
    assert {each.name for each in fields(LayerTrace)} <= {
        stage.name for stage in STAGES if stage.in_layer
    }


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_an_entry_is_whole(stage: Stage) -> None:
    assert stage.symbol and stage.sign and stage.formula and stage.source
    assert stage.operation in OPERATIONS
    axes = [{axis for group in axes_of(each) for axis in group} for each in stage.operands]
    spare = set().union(*axes) - set(stage.axes) - {"0", "input_ids", "position_ids"}
    spare.discard("token_type_ids")
    # what is not along the stage's own axes is added up, or is a row that becomes one number
    assert bool(spare) == (stage.operation in (*ROWS, *PRODUCTS))
    if stage.operation in PRODUCTS:
        assert spare <= axes[0] & axes[1]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_parameters_are_the_models(stage: Stage, bert: Bert) -> None:
    for operand in stage.operands:
        if not operand.is_parameter:
            continue
        values = parameter(bert.model, operand, 1)
        names = [axis for group in operand.axes for axis in group]
        assert values.ndim == len(names)
        for axis, size in zip(names, values.shape, strict=True):
            assert size == SIZES.get(axis, size)


def test_recomputing_a_layer_gives_all_its_stages(bert: Bert) -> None:
    trace = bert.trace("my dog")
    made = recompute(trace.given, 1, trace.hidden_states[1])
    assert set(made) == {LAYER_INPUT, *(stage.name for stage in STAGES if stage.in_layer)}
    assert {name: values.dtype.itemsize for name, values in made.items()} == dict.fromkeys(made, 8)
    for stage in STAGES:
        if stage.in_layer:
            sizes = {**SIZES, "token": 4, "query": 4, "key": 4}
            assert made[stage.name].shape == tuple(sizes[axis] for axis in stage.axes)
