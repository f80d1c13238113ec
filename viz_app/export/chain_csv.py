"""The chain of one token as plain CSV, in full digits."""

from __future__ import annotations

from collections.abc import Iterator

from bert_core.provenance import Cell, stage_vector, value_of
from bert_core.stages import STAGES
from bert_core.trace import Trace
from viz_app.view_models.csv_file import csv_bytes
from viz_app.view_models.tokens import token_labels

_OF_ALL_TOKENS = frozenset(
    operand.stage
    for stage in STAGES
    for operand in stage.operands
    if ("key",) in operand.axes  # other tokens' numbers, as against one's own pairs with them
)


def chain_csv(trace: Trace, layer: int, head: int, query: int) -> bytes:
    """The chain through the embedding and one layer, one number a line.

    Columns: stage, layer, head, token, its text, index within the stage (empty for one number),
    value. Values have nine digits, enough to give back the float32. What other tokens are asked
    for, such as keys and values, is that of every token, all else is the query token's.

    Raises:
        ValueError: no such layer, head or token.
    """
    columns = ["stage", "layer", "head", "token", "text", "index", "value"]
    return csv_bytes(columns, _rows(trace, layer, head, query))


def _rows(trace: Trace, layer: int, head: int, query: int) -> Iterator[list[object]]:
    texts = [token.text for token in token_labels(trace.encoding)]
    for stage in STAGES:
        if not (stage.in_layer or stage.part == "embedding"):
            continue
        of = layer if stage.in_layer else None
        heads = [head] if "head" in stage.axes else []
        for token in range(len(texts)) if stage.name in _OF_ALL_TOKENS else [query]:
            lead = (*heads, token)
            place: list[object] = [stage.name, "" if of is None else of]
            place += [head if heads else "", token, texts[token]]
            if len(lead) == len(stage.axes):
                yield [*place, "", f"{value_of(trace, Cell(stage.name, lead, of)):.9g}"]
                continue
            for index, value in enumerate(stage_vector(trace, stage.name, of, lead)):
                yield [*place, index, f"{value:.9g}"]
