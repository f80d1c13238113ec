"""The logit lens as a table: each cell at its token and its stage."""

import numpy as np
import pytest

from bert_core.studies.masked_words import logit_lens
from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.labs.lens import lens_rows, lens_table, stage_names

SAY = say_in("en")


def test_a_cell_is_the_first_choice_of_its_token_at_its_stage() -> None:
    toy = toy_bert()
    trace = toy.trace("the [MASK] saw", "it was")
    guesses = logit_lens(trace, toy.tokenizer)
    table = lens_table(toy, trace, guesses, SAY)
    assert table.rows[1:4] == ("the", "[MASK]", "saw")
    assert table.columns == ("embedding", "L0", "L1", "L2")
    assert table.marked_rows == {2}
    columns, rows = lens_rows(toy, trace, guesses, SAY)
    assert len(columns) == 5 and len(rows) == table.values.size
    assert table.texts is not None
    for position in (2, 5):
        for stage in (0, 2, 3):
            shares = trace.mlm_logits_at(position, stage).softmax(-1)
            word, best = toy.tokenizer.token(int(shares.argmax())), float(shares.max())
            assert table.texts[position][stage] == word
            assert table.values[position, stage] == pytest.approx(best, rel=1e-4)
            line = rows[position * 4 + stage]
            assert line[:4] == [position, trace.tokens[position], table.columns[stage], word]
            assert line[4] == pytest.approx(best, rel=1e-4)


def test_there_is_a_stage_more_than_there_are_layers() -> None:
    assert stage_names(2, SAY) == [SAY("masked_words.lens.embedding"), "L0", "L1"]
    assert np.array(stage_names(0, SAY)).shape == (1,)
