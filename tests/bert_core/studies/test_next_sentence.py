"""Changed pairs, blocks, heads and the shelf, each against an independent forward pass."""

import pytest
import torch

from bert_core import load, shelves
from bert_core.batched import nsp_logits_of
from bert_core.bert import Bert
from bert_core.shelves import SentencePair
from bert_core.studies.next_sentence import (
    BLOCKS,
    VARIANTS,
    ShelfScore,
    block_masses,
    blocks_of,
    head_effects,
    is_next_probabilities,
    pair_variant,
    score_shelf,
    variants_for,
)
from tests.viz_app.toy import toy_bert

A, B = "the cat saw a dog.", "it was tired."


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


def logits(bert: Bert, variant: str) -> torch.Tensor:
    return nsp_logits_of(bert, [pair_variant(bert, A, B, variant)])[0]


def test_flipped_segments_equal_a_forward_with_flipped_ids(bert: Bert) -> None:
    encoding = bert.encode(A, B)
    flipped = [1 - segment for segment in encoding.token_type_ids]
    with torch.no_grad():
        output = bert.model(torch.tensor([encoding.input_ids]), torch.tensor([flipped]))
    torch.testing.assert_close(logits(bert, "flipped"), output.nsp_logits[0])
    assert not torch.allclose(logits(bert, "flipped"), logits(bert, "as_is"))


def test_the_other_variants_are_what_they_say(bert: Bert) -> None:
    torch.testing.assert_close(logits(bert, "as_is"), bert.trace(A, B).nsp_logits)
    torch.testing.assert_close(logits(bert, "swapped"), bert.trace(B, A).nsp_logits)
    count = len(bert.encode(A, B))
    torch.testing.assert_close(
        logits(bert, "one_segment"), bert.trace(A, B, token_type_ids=(0,) * count).nsp_logits
    )
    tokens = bert.encode(A, B).tokens
    middle = pair_variant(bert, A, B, "no_middle_sep")
    assert middle.tokens == tuple(t for i, t in enumerate(tokens) if i != tokens.index("[SEP]"))
    assert middle.token_type_ids.count(1) == bert.encode(A, B).token_type_ids.count(1)
    assert pair_variant(bert, A, B, "no_last_sep").tokens == tokens[:-1]


def test_what_cannot_be_changed_is_refused(bert: Bert) -> None:
    assert variants_for(bert) == VARIANTS
    with pytest.raises(ValueError, match="'upside_down' is not one of"):
        pair_variant(bert, A, B, "upside_down")


def test_blocks_by_hand(bert: Bert) -> None:
    encoding = bert.encode("the cat", "it")
    assert [BLOCKS[index] for index in blocks_of(encoding)] == ["cls", "a", "a", "sep", "b", "sep"]


def test_block_masses_sum_to_one_and_match_the_weights(bert: Bert) -> None:
    trace = bert.trace(A, B)
    masses = block_masses(trace)
    torch.testing.assert_close(masses.sum(-1), torch.ones(masses.shape[:-1]))
    block = blocks_of(trace.encoding).tolist()
    probs = trace.layer(1).attention_probs[2]
    in_a = [i for i, name in enumerate(block) if BLOCKS[name] == "a"]
    in_b = [i for i, name in enumerate(block) if BLOCKS[name] == "b"]
    expected = sum(probs[query, key].item() for query in in_a for key in in_b) / len(in_a)
    found = masses[1, 2, BLOCKS.index("a"), BLOCKS.index("b")].item()
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_block_without_tokens_has_no_mass(bert: Bert) -> None:
    masses = block_masses(bert.trace(A))
    assert masses[:, :, BLOCKS.index("b")].isnan().all()
    assert (masses[:, :, BLOCKS.index("a"), BLOCKS.index("b")] == 0).all()


def test_switching_a_head_off_from_its_layer_on_equals_the_whole_pass(bert: Bert) -> None:
    trace = bert.trace(A, B)
    seen: list[tuple[int, int]] = []
    found = head_effects(trace, lambda done, total: seen.append((done, total)))
    for layer in range(3):
        for head in range(4):
            other = bert.trace(A, B, heads_off=frozenset({(layer, head)}))
            expected = is_next_probabilities(other.nsp_logits)
            torch.testing.assert_close(found[layer, head], expected)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def score(*answers: tuple[bool, float]) -> ShelfScore:
    pairs = tuple(SentencePair(f"a{i}", f"b{i}", truth) for i, (truth, _) in enumerate(answers))
    return ShelfScore(pairs, torch.tensor([probability for _, probability in answers]))


def test_a_shelf_scored_by_hand() -> None:
    found = score((True, 0.9), (True, 0.2), (False, 0.95), (False, 0.1), (True, 0.93))
    assert found.accuracy == pytest.approx(0.6)
    assert found.confusion().tolist() == [[2, 1], [1, 1]]
    assert found.misses() == [2, 1]
    first, second, third = found.calibration()
    assert (first.count, second.count, third.count) == (1, 1, 3)
    assert third.predicted == pytest.approx((0.9 + 0.95 + 0.93) / 3)
    assert third.observed == pytest.approx(2 / 3)


def test_certainty_has_a_bin() -> None:
    [only] = score((True, 1.0), (True, 1.0)).calibration()
    assert (only.count, only.observed) == (2, 1.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shelf_equals_asking_pair_by_pair(language: str) -> None:
    bert = load(f"small-{language}", device="cpu")
    pairs = shelves.next_sentence_pairs(language)
    found = score_shelf(bert, pairs)
    assert len(pairs) >= 200
    probabilities = found.probabilities.tolist()
    for pair, probability in list(zip(pairs, probabilities, strict=True))[::8]:
        alone = bert.next_sentence(pair.text_a, pair.text_b).is_next
        assert probability == pytest.approx(alone, abs=2e-5)
    right = sum(
        (probability >= 0.5) == pair.is_next
        for pair, probability in zip(pairs, probabilities, strict=True)
    )
    assert found.accuracy == pytest.approx(right / len(pairs))
    assert found.confusion().sum().item() == len(pairs)
