import math

import pytest
import torch

from bert_core import load, shelves
from bert_core.encoding import Encoding
from bert_core.studies.heads import (
    ROLES,
    SHELF_SEED,
    RoleScores,
    head_roles,
    layer_value_norms,
    main_roles,
    mask_shelf,
    mean_roles,
    mlm_loss,
    rank_heads,
    role_pairs,
    rollout,
    sharpness,
    value_norms,
)
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert

TEXT = "the cat saw the dog ."


@pytest.fixture(scope="module")
def trace() -> Trace:
    return toy_bert().trace(TEXT, "it was tired")


def encoding(*tokens: str) -> Encoding:
    special = tuple(int(token in ("[CLS]", "[SEP]")) for token in tokens)
    names = sorted(set(tokens))
    return Encoding(
        text_a="",
        text_b=None,
        tokens=tokens,
        input_ids=tuple(names.index(token) for token in tokens),
        token_type_ids=(0,) * len(tokens),
        attention_mask=(1,) * len(tokens),
        special_tokens_mask=special,
        offsets=(None,) * len(tokens),
    )


def pairs_of(role: str, *tokens: str) -> list[list[int]]:
    return role_pairs(encoding(*tokens))[role].nonzero().tolist()


def test_pairs_of_each_role() -> None:
    tokens = ("[CLS]", "the", "cat", ",", "the", "[SEP]")
    assert pairs_of("previous", *tokens) == [[1, 0], [2, 1], [3, 2], [4, 3]]
    assert pairs_of("next", *tokens) == [[1, 2], [2, 3], [3, 4], [4, 5]]
    assert pairs_of("self", *tokens) == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert pairs_of("cls", *tokens) == [[1, 0], [2, 0], [3, 0], [4, 0]]
    assert pairs_of("sep", *tokens) == [[1, 5], [2, 5], [3, 5], [4, 5]]
    assert pairs_of("same_word", *tokens) == [[1, 4], [4, 1]]
    assert pairs_of("punctuation", *tokens) == [[1, 3], [2, 3], [3, 3], [4, 3]]


def test_chinese_marks_are_punctuation_and_special_tokens_are_not() -> None:
    assert pairs_of("punctuation", "[CLS]", "我", "。", "[SEP]") == [[1, 2], [2, 2]]


def test_scores_are_means_over_the_queries_that_have_such_a_key(trace: Trace) -> None:
    roles = head_roles(trace)
    weights = trace.layer(1).attention_probs[2]
    own = [i for i, special in enumerate(trace.encoding.special_tokens_mask) if not special]
    previous = sum(weights[i, i - 1].item() for i in own) / len(own)
    assert roles.scores[ROLES.index("previous"), 1, 2].item() == pytest.approx(previous, abs=1e-6)
    first, second = (i for i, token in enumerate(trace.tokens) if token == "the")
    same = (weights[first, second] + weights[second, first]).item() / 2
    assert roles.scores[ROLES.index("same_word"), 1, 2].item() == pytest.approx(same, abs=1e-6)
    entropy = sum(-(w * math.log(w)) for i in own for w in weights[i].tolist()) / len(own)
    even = entropy / math.log(len(trace.tokens))
    assert roles.scores[ROLES.index("broad"), 1, 2].item() == pytest.approx(even, abs=1e-5)


def test_uniform_scores_count_the_keys(trace: Trace) -> None:
    uniform = dict(zip(ROLES, head_roles(trace).uniform.tolist(), strict=True))
    many = len(trace.tokens)
    for role, keys in (("previous", 1), ("self", 1), ("cls", 1), ("sep", 2), ("same_word", 1)):
        assert uniform[role] == pytest.approx(keys / many)
    assert uniform["broad"] == pytest.approx(1.0)


def test_rows_are_split_completely_by_disjoint_roles(trace: Trace) -> None:
    roles = head_roles(trace)
    assert ((roles.scores >= 0) & (roles.scores <= 1 + 1e-6)).all()
    self_, cls, sep = (roles.scores[ROLES.index(name)] for name in ("self", "cls", "sep"))
    assert (self_ + cls + sep <= 1 + 1e-6).all()


def test_a_role_nobody_can_play_is_no_number() -> None:
    roles = head_roles(toy_bert().trace("cat"))
    assert roles.scores[ROLES.index("same_word")].isnan().all()
    assert not roles.scores[ROLES.index("previous")].isnan().any()


def test_mean_leaves_out_inputs_that_say_nothing() -> None:
    toy = toy_bert()
    without, with_both = head_roles(toy.trace("cat")), head_roles(toy.trace("the cat the"))
    mean = mean_roles([without, with_both])
    same, previous = ROLES.index("same_word"), ROLES.index("previous")
    torch.testing.assert_close(mean.scores[same], with_both.scores[same])
    torch.testing.assert_close(
        mean.scores[previous], (without.scores[previous] + with_both.scores[previous]) / 2
    )
    with pytest.raises(ValueError, match="at least one"):
        mean_roles([])


def test_lift_takes_the_uniform_score_off_all_but_broad() -> None:
    scores = torch.full((len(ROLES), 1, 1), 0.5)
    lift = RoleScores(scores, torch.full((len(ROLES),), 0.2)).lift()
    assert lift[ROLES.index("next")].item() == pytest.approx(0.3)
    assert lift[ROLES.index("broad")].item() == pytest.approx(0.5)


def test_sharpness_is_the_mean_of_the_largest_weights_on_the_texts_own_tokens() -> None:
    trace = toy_bert().trace("cat dog")
    assert trace.tokens == ("[CLS]", "cat", "dog", "[SEP]")
    weights = trace.attention_probs(0)
    weights[1] = torch.tensor(
        [
            [0.1, 0.1, 0.7, 0.1],  # [CLS] looks at dog: not a row that counts
            [0.0, 0.3, 0.1, 0.6],  # most of it on [SEP], then 0.3 on cat
            [0.8, 0.0, 0.1, 0.1],  # most of it on [CLS], then 0.1 on dog
            [0.0, 0.9, 0.0, 0.1],
        ]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(trace), "attention_probs", lambda self, index: weights)
        assert sharpness(trace)[0, 1].item() == pytest.approx((0.3 + 0.1) / 2)


def test_sharpness_of_an_input_without_tokens_is_undefined() -> None:
    found = sharpness(toy_bert().trace(""))
    assert found.shape == (3, 4)
    assert found.isnan().all()


def test_a_head_that_rests_on_sep_is_not_called_sharp() -> None:
    trace = load("mini-en", device="cpu").trace(
        "The animal didn't cross the street because it was too tired."
    )
    weights = trace.layer(2).attention_probs[7, 1:-1]
    assert weights[:, -1].mean() > 0.9  # nearly all of it on [SEP]
    assert sharpness(trace)[2, 7] < 0.1


def test_rollout_is_the_product_from_the_last_layer_to_the_first(trace: Trace) -> None:
    rolled = rollout(trace)
    identity = torch.eye(len(trace.tokens))
    mixes = [
        0.5 * trace.layer(index).attention_probs.mean(dim=0) + 0.5 * identity for index in range(3)
    ]
    torch.testing.assert_close(rolled[0], mixes[0])
    torch.testing.assert_close(rolled[2], mixes[2] @ (mixes[1] @ mixes[0]))
    reverse = mixes[0] @ (mixes[1] @ mixes[2])
    assert not torch.allclose(rolled[2], reverse, atol=1e-3)  # the order can be told apart
    torch.testing.assert_close(rolled.sum(dim=-1), torch.ones(3, len(trace.tokens)))


def test_rollout_without_attention_stays_where_it_is(trace: Trace) -> None:
    torch.testing.assert_close(rollout(trace, residual=1.0)[-1], torch.eye(len(trace.tokens)))
    with pytest.raises(ValueError, match="share from 0 to 1"):
        rollout(trace, residual=2.0)


def weighted_values(trace: Trace, layer: int, head: int) -> torch.Tensor:
    """α·f(x) of Kobayashi et al. 2020, equation 3, [query, key, hidden]: what one head adds to the
    query position from each key, its value taken through its part of the output projection."""
    record = trace.layer(layer)
    columns = slice(head * trace.config.head_size, (head + 1) * trace.config.head_size)
    weight = trace.model.layer(layer).attention.output.dense.weight.detach()[:, columns]
    share = record.attention_probs[head] * ((layer, head) not in trace.heads_off)
    return torch.einsum("qk,kd,od->qko", share, record.value[head], weight)


def stacked(trace: Trace, layer: int) -> torch.Tensor:
    """Weighted values of the four heads, [heads, query, key, hidden]."""
    return torch.stack([weighted_values(trace, layer, head) for head in range(4)])


def test_weighted_values_add_up_to_the_layers_output(trace: Trace) -> None:
    bias = trace.model.layer(1).attention.output.dense.bias.detach()
    total = stacked(trace, 1).sum(dim=(0, 2)) + bias
    torch.testing.assert_close(total, trace.layer(1).attention_output)


def test_norms_are_the_lengths_of_those_vectors(trace: Trace) -> None:
    vectors = stacked(trace, 2)
    torch.testing.assert_close(value_norms(trace, 2, 3), vectors[3].norm(dim=-1))
    torch.testing.assert_close(layer_value_norms(trace, 2), vectors.sum(dim=0).norm(dim=-1))


def test_a_head_that_is_off_adds_nothing() -> None:
    off = toy_bert().trace(TEXT, heads_off={(1, 2)})
    assert not value_norms(off, 1, 2).any()
    bias = off.model.layer(1).attention.output.dense.bias.detach()
    total = stacked(off, 1).sum(dim=(0, 2)) + bias
    torch.testing.assert_close(total, off.layer(1).attention_output)
    torch.testing.assert_close(layer_value_norms(off, 1), stacked(off, 1).sum(dim=0).norm(dim=-1))


def test_loss_is_that_of_each_sentence_alone() -> None:
    toy = toy_bert()
    texts = ["the cat saw a dog", "it was"] * 40  # more than one batch
    shelf = mask_shelf(toy, texts, torch.Generator().manual_seed(3))
    assert len(shelf) > 1
    losses = []
    for batch in shelf:
        answers = iter(batch.answers)
        for row, present in zip(batch.input_ids, batch.attention_mask, strict=True):
            ids = row[present == 1]
            (place,) = (ids == toy.tokenizer.mask_id).nonzero().flatten().tolist()
            logits = toy.model(ids[None]).mlm_logits[0, place]
            losses.append(-logits.log_softmax(-1)[next(answers)].item())
    assert len(losses) == len(texts)
    assert mlm_loss(toy, shelf) == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_masking_follows_the_seed_and_spares_special_tokens() -> None:
    toy = toy_bert()
    texts = ["the cat saw a dog it was tired", "", "the dog"]

    def ids(seed: int) -> torch.Tensor:
        (batch,) = mask_shelf(toy, texts, torch.Generator().manual_seed(seed))
        return batch.input_ids

    assert torch.equal(ids(1), ids(1))
    assert not torch.equal(ids(1), ids(2))
    assert len(ids(1)) == 2  # the empty text has nothing to hide
    assert (ids(1) == toy.tokenizer.mask_id).sum(dim=1).tolist() == [1, 1]
    assert (ids(1)[:, 0] == toy.tokenizer.cls_id).all()
    with pytest.raises(ValueError, match="could be hidden"):
        mask_shelf(toy, [""], torch.Generator())


def test_the_loss_without_heads_is_that_of_the_model_without_them() -> None:
    toy = toy_bert()
    shelf = mask_shelf(toy, [TEXT], torch.Generator().manual_seed(0))
    (batch,) = shelf
    off = {(2, 1), (0, 3)}
    mask = torch.ones(3, 4)
    mask[2, 1] = mask[0, 3] = 0
    logits = toy.model(batch.input_ids, head_mask=mask).mlm_logits.flatten(0, 1)[batch.hidden_at]
    expected = torch.nn.functional.cross_entropy(logits, batch.answers).item()
    assert mlm_loss(toy, shelf, off) == pytest.approx(expected, rel=1e-5)
    assert mlm_loss(toy, shelf, off) != mlm_loss(toy, shelf)


def test_heads_are_ranked_by_the_loss_without_each() -> None:
    toy = toy_bert()
    told: list[tuple[int, int]] = []
    ranking = rank_heads(toy, lambda done, total: told.append((done, total)))
    texts = shelves.sentences(toy.language)
    shelf = mask_shelf(toy, texts, torch.Generator().manual_seed(SHELF_SEED))
    plain = mlm_loss(toy, shelf)
    assert [rise for *_, rise in ranking] == sorted((rise for *_, rise in ranking), reverse=True)
    assert len({(layer, head) for layer, head, _ in ranking}) == 3 * 4 == len(ranking)
    for layer, head, rise in (ranking[0], ranking[5], ranking[-1]):
        expected = mlm_loss(toy, shelf, {(layer, head)}) - plain
        assert rise == pytest.approx(expected, abs=1e-6), (layer, head)
    assert told[-1][0] == told[-1][1] == len(told)


def test_main_role_is_the_one_most_above_a_uniform_head() -> None:
    scores = torch.zeros(len(ROLES), 1, 4)
    uniform = torch.full((len(ROLES),), 0.1)
    scores[ROLES.index("next"), 0, 0] = 0.5
    scores[ROLES.index("previous"), 0, 0] = 0.4
    scores[ROLES.index("broad"), 0, 1] = 0.95
    scores[ROLES.index("self"), 0, 2] = 0.3  # 0.2 above uniform: too little
    scores[ROLES.index("same_word"), 0, 3] = float("nan")
    assert main_roles(RoleScores(scores, uniform)) == [["next", "broad", None, None]]


@pytest.mark.parametrize(("evenness", "role"), [(0.55, None), (0.85, None), (0.92, "broad")])
def test_a_head_is_broad_only_when_it_looks_nearly_everywhere_alike(
    evenness: float, role: str | None
) -> None:
    scores = torch.full((len(ROLES), 1, 1), 0.1)
    scores[ROLES.index("broad")] = evenness
    assert main_roles(RoleScores(scores, torch.full((len(ROLES),), 0.1))) == [[role]]


@pytest.mark.parametrize(("lift", "role"), [(0.23, None), (0.27, "next")])
def test_a_head_plays_a_role_from_a_quarter_above_a_uniform_head(
    lift: float, role: str | None
) -> None:
    scores = torch.zeros(len(ROLES), 1, 1)
    scores[ROLES.index("next")] = 0.1 + lift
    assert main_roles(RoleScores(scores, torch.full((len(ROLES),), 0.1))) == [[role]]


@pytest.mark.parametrize(("words", "hidden"), [(1, 1), (9, 1), (12, 2), (17, 3), (20, 3)])
def test_fifteen_percent_of_the_words_are_hidden_rounded(words: int, hidden: int) -> None:
    toy = toy_bert()
    (batch,) = mask_shelf(toy, [" ".join(["cat"] * words)], torch.Generator().manual_seed(0))
    assert int((batch.input_ids == toy.tokenizer.mask_id).sum()) == hidden
    assert batch.answers.tolist() == [toy.tokenizer.id("cat")] * hidden
