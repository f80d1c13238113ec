"""The logit lens as a table: a row per token, a column per stage, the first choice in a cell."""

from __future__ import annotations

from bert_core.bert import Bert
from bert_core.studies.masked_words import LayerGuesses
from bert_core.trace import Trace
from viz_app.messages import Say
from viz_app.view_models.labs.views import CellTable
from viz_app.view_models.tokens import display_text, token_labels


def stage_names(layers: int, say: Say) -> list[str]:
    """The embedding output, then every layer."""
    return [say("masked_words.lens.embedding"), *(f"L{layer}" for layer in range(layers))]


def lens_table(bert: Bert, trace: Trace, guesses: LayerGuesses, say: Say) -> CellTable:
    """First choices with their probabilities as colour; rows of [MASK] are marked."""
    return CellTable(
        values=guesses.probabilities.T.numpy(),
        rows=tuple(token.label for token in token_labels(trace.encoding)),
        columns=tuple(stage_names(trace.num_layers, say)),
        low=0.0,
        high=1.0,
        kind="probability",
        texts=tuple(
            tuple(display_text(bert.tokenizer.token(token_id)) for token_id in row)
            for row in guesses.token_ids.T.tolist()
        ),
        marked_rows=frozenset(
            position
            for position, token_id in enumerate(trace.encoding.input_ids)
            if token_id == bert.tokenizer.mask_id
        ),
    )


def lens_rows(
    bert: Bert, trace: Trace, guesses: LayerGuesses, say: Say
) -> tuple[list[str], list[list[object]]]:
    """The table for a file: one line per token and stage."""
    names = ("position", "token", "stage", "word", "probability")
    stages = stage_names(trace.num_layers, say)
    rows: list[list[object]] = [
        [
            position,
            token,
            stages[stage],
            bert.tokenizer.token(int(guesses.token_ids[stage, position])),
            float(guesses.probabilities[stage, position]),
        ]
        for position, token in enumerate(trace.tokens)
        for stage in range(len(stages))
    ]
    return [say(f"masked_words.column.{name}") for name in names], rows
