"""The training task on one text: what is shown of a draw, and what chance alone would do."""

import math

import numpy as np
import pytest

from bert_core.masking import MaskingRule
from bert_core.studies.masked_words import FateCounts, corrupt
from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.labs.training import (
    corruption_chips,
    fate_group,
    guessed_tokens,
    three_inputs,
)

SAY = say_in("en")
TEXT = "the cat saw a dog it was tired wide street . the cat saw a dog"


def test_shares_stand_beside_the_range_of_chance() -> None:
    counts = FateCounts(
        draws=100, maskable=25, chosen=400, fates=(320, 44, 36), per_position=np.zeros(27, int)
    )
    group = fate_group(counts, MaskingRule(), SAY)
    assert [row.value for row in group.rows] == [0.8, 0.11, 0.09, 400 / 2500]
    assert [row.digits for row in group.rows] == [
        "80.0\u00a0%",
        "11.0\u00a0%",
        "9.0\u00a0%",
        "16.0\u00a0%",
    ]
    # two standard errors of a share: 2 · √(0.8 · 0.2 / 400) = 0.04, 2 · √(0.1 · 0.9 / 400) = 0.03
    assert [row.tag for row in group.rows[:3]] == [
        "80\u00a0% expected, 76.0\u00a0%–84.0\u00a0% by chance",
        "10\u00a0% expected, 7.0\u00a0%–13.0\u00a0% by chance",
        "10\u00a0% expected, 7.0\u00a0%–13.0\u00a0% by chance",
    ]
    assert group.rows[3].tag == "15\u00a0% before rounding"


def test_a_drawn_text_shows_what_was_there() -> None:
    toy = toy_bert()
    encoding = toy.encode(TEXT)
    drawn = corrupt(encoding, toy.tokenizer, 3, MaskingRule(chosen=0.9, masked=0.4, random=0.3))
    chips = corruption_chips(encoding, drawn, SAY)
    assert {chip.state for chip in chips} == {"special", "plain", "masked", "random", "kept"}
    for position, chip in enumerate(chips):
        assert chip.group == position
        assert chip.text == drawn.encoding.tokens[position]
        replaced = chip.state in ("masked", "random")
        assert chip.note == (encoding.tokens[position] if replaced else "")
        assert bool(chip.action) == (chip.state != "special")
        assert (chip.text == encoding.tokens[position]) == (not replaced)


def test_the_loss_is_that_of_the_token_that_was_there() -> None:
    toy = toy_bert()
    encoding = toy.encode(TEXT)
    drawn = corrupt(encoding, toy.tokenizer, 1, MaskingRule(chosen=0.5))
    found = guessed_tokens(toy, encoding, drawn)
    assert [one.position for one in found] == [i for i, fate in enumerate(drawn.fates) if fate]
    logits = toy.model(*map(as_batch, (drawn.encoding.input_ids, encoding.token_type_ids)))
    shares = logits.mlm_logits[0].softmax(-1)
    for one in found:
        right = encoding.input_ids[one.position]
        assert one.probability == pytest.approx(shares[one.position, right].item(), rel=1e-4)
        assert one.loss == pytest.approx(-math.log(one.probability))
        assert one.guess == toy.tokenizer.token(int(shares[one.position].argmax()))
        assert (one.token, one.reads) == (
            encoding.tokens[one.position],
            drawn.encoding.tokens[one.position],
        )


def as_batch(values: tuple[int, ...]):  # type: ignore[no-untyped-def]
    import torch

    return torch.tensor([values])


def test_three_things_are_read_in_one_place() -> None:
    toy = toy_bert()
    encoding = toy.encode(TEXT)
    masked, random, kept = three_inputs(toy, encoding, 3, seed=5)
    assert [one.kind for one in (masked, random, kept)] == ["masked", "random", "kept"]
    assert (masked.reads, kept.reads) == ("[MASK]", "saw")
    assert random.reads not in ("saw", "[MASK]", "[PAD]", "[UNK]", "[CLS]", "[SEP]")
    for one in (masked, random, kept):
        ids = list(encoding.input_ids)
        ids[3] = toy.tokenizer.id(one.reads)
        shares = toy.model(as_batch(tuple(ids))).mlm_logits[0, 3].softmax(-1)
        assert one.truth == "saw"
        assert one.rank == 1 + int((shares > shares[encoding.input_ids[3]]).sum())
        for token, probability in one.best:
            assert probability == pytest.approx(shares[toy.tokenizer.id(token)].item(), rel=1e-4)
        assert "saw" in dict(one.best)
        assert len(one.best) == (4 if one.rank <= 4 else 5)
