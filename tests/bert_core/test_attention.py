"""Attention: by hand, by identities, and by the two kernels against each other."""

import math

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor

from bert_core.attention import MultiHeadSelfAttention, attention_steps, fused_attention
from bert_core.config import BertConfig
from bert_core.device import generator

BATCH, HEADS, QUERY, KEY, HEAD_SIZE = 3, 4, 7, 11, 5
NEVER = torch.finfo(torch.float32).min


@pytest.fixture
def projections() -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value with all axes of different lengths."""
    draw = generator(3)
    return (
        torch.randn(BATCH, HEADS, QUERY, HEAD_SIZE, generator=draw),
        torch.randn(BATCH, HEADS, KEY, HEAD_SIZE, generator=draw),
        torch.randn(BATCH, HEADS, KEY, HEAD_SIZE, generator=draw),
    )


@pytest.fixture
def padding() -> Tensor:
    """The first row is full, the others have 3 and 8 keys that nobody may look at."""
    mask = torch.zeros(BATCH, 1, 1, KEY)
    mask[1, ..., -3:] = NEVER
    mask[2, ..., -8:] = NEVER
    return mask


def test_two_tokens_by_hand() -> None:
    ln3, ln4 = math.log(3), math.log(4)
    query = torch.tensor([[[[2 * ln3, 0, 0, 0], [0, 2 * ln4, 0, 0]]]])
    key = torch.tensor([[[[1.0, 0, 7, 0], [0, 1, 0, 7]]]])  # the 7s meet zeros
    value = torch.tensor([[[[4.0, 0], [0, 20]]]])
    steps = attention_steps(query, key, value)
    # q0·k0 = 2 ln 3, q0·k1 = 0; q1·k0 = 0, q1·k1 = 2 ln 4
    dots = torch.tensor([[[[2 * ln3, 0], [0, 2 * ln4]]]])
    torch.testing.assert_close(steps.dot_products, dots)
    # head size 4: divided by √4 = 2
    torch.testing.assert_close(steps.attention_scores, torch.tensor([[[[ln3, 0], [0, ln4]]]]))
    # e^ln3 : e^0 = 3 : 1 and e^0 : e^ln4 = 1 : 4
    torch.testing.assert_close(
        steps.attention_probs, torch.tensor([[[[3 / 4, 1 / 4], [1 / 5, 4 / 5]]]])
    )
    # ¾·(4, 0) + ¼·(0, 20) = (3, 5); ⅕·(4, 0) + ⅘·(0, 20) = (0.8, 16)
    torch.testing.assert_close(steps.context, torch.tensor([[[[3.0, 5], [0.8, 16]]]]))


def test_each_step_follows_from_the_one_before(
    projections: tuple[Tensor, Tensor, Tensor], padding: Tensor
) -> None:
    query, key, value = projections
    steps = attention_steps(query, key, value, padding)
    assert steps.dot_products.shape == (BATCH, HEADS, QUERY, KEY)
    assert steps.context.shape == (BATCH, HEADS, QUERY, HEAD_SIZE)
    torch.testing.assert_close(
        steps.dot_products[2, 1, 6, 10], (query[2, 1, 6] * key[2, 1, 10]).sum()
    )
    torch.testing.assert_close(steps.attention_scores * math.sqrt(5), steps.dot_products)
    assert torch.equal(steps.masked_scores, steps.attention_scores + padding)
    torch.testing.assert_close(
        steps.attention_probs.sum(-1), torch.ones(BATCH, HEADS, QUERY), rtol=0, atol=1e-6
    )
    assert torch.equal(steps.context, steps.attention_probs @ value)


def test_padding_gets_exactly_nothing(
    projections: tuple[Tensor, Tensor, Tensor], padding: Tensor
) -> None:
    steps = attention_steps(*projections, padding)
    hidden = (padding < 0).expand_as(steps.attention_probs)
    assert steps.attention_probs[hidden].eq(0).all()
    assert steps.attention_probs[~hidden].gt(0).all()
    # and what is left is attention over the other keys alone
    query, key, value = (part[2:] for part in projections)
    alone = attention_steps(query, key[:, :, :3], value[:, :, :3])
    torch.testing.assert_close(steps.context[2:], alone.context)


def test_mask_is_added(projections: tuple[Tensor, Tensor, Tensor]) -> None:
    """A mask of log 2 on one key doubles its weight before the rows are scaled to 1."""
    plain = attention_steps(*projections).attention_probs
    mask = torch.zeros(1, 1, 1, KEY)
    mask[..., 4] = math.log(2)
    factor = torch.ones(KEY)
    factor[4] = 2
    doubled = plain * factor
    torch.testing.assert_close(
        attention_steps(*projections, mask).attention_probs,
        doubled / doubled.sum(-1, keepdim=True),
    )
    everywhere = attention_steps(*projections, torch.full((1, 1, 1, KEY), 2.5))
    torch.testing.assert_close(everywhere.attention_probs, plain)


def test_a_mask_of_its_own_for_each_query(projections: tuple[Tensor, Tensor, Tensor]) -> None:
    causal = torch.full((1, 1, QUERY, KEY), NEVER).triu(1)
    probs = attention_steps(*projections, causal).attention_probs
    above = torch.ones(QUERY, KEY).triu(1).bool()
    assert probs[:, :, above].eq(0).all()
    assert probs[:, :, ~above].gt(0).all()
    torch.testing.assert_close(fused_attention(*projections, causal), probs @ projections[2])


@pytest.mark.parametrize("masked", [False, True])
def test_eager_equals_fused_with_gradients(
    projections: tuple[Tensor, Tensor, Tensor], padding: Tensor, masked: bool
) -> None:
    mask = padding if masked else None
    weight = torch.randn(BATCH, HEADS, QUERY, HEAD_SIZE, generator=generator(5))
    results = []
    for kernel in ("eager", "fused"):
        query, key, value = (part.clone().requires_grad_() for part in projections)
        if kernel == "eager":
            context = attention_steps(query, key, value, mask).context
        else:
            context = fused_attention(query, key, value, mask)
        gradients = torch.autograd.grad((context * weight).sum(), [query, key, value])
        assert all(gradient.abs().max() > 1e-3 for gradient in gradients)
        results.append((context, *gradients))
    for eager, fused in zip(*results, strict=True):
        torch.testing.assert_close(eager, fused)


@pytest.mark.parametrize("masked", [False, True])
def test_bfloat16_equals_float32_up_to_its_rounding(
    projections: tuple[Tensor, Tensor, Tensor], padding: Tensor, masked: bool
) -> None:
    mask = padding if masked else None
    weight = torch.randn(BATCH, HEADS, QUERY, HEAD_SIZE, generator=generator(6))
    results = []
    for dtype in (torch.bfloat16, torch.float32):
        query, key, value = (p.bfloat16().to(dtype).requires_grad_() for p in projections)
        context = fused_attention(query, key, value, mask)
        assert context.dtype == dtype
        gradients = torch.autograd.grad((context * weight).sum(), [query, key, value])
        results.append([tensor.float() for tensor in (context, *gradients)])
    for rounded, exact in zip(*results, strict=True):
        assert (rounded - exact).norm() < 0.02 * exact.norm()


def test_bfloat16_dropout_keeps_the_mean(projections: tuple[Tensor, Tensor, Tensor]) -> None:
    query, key, _ = (part.bfloat16() for part in projections)
    ones = torch.ones_like(projections[2]).bfloat16()  # without dropout every context is 1
    torch.manual_seed(8)
    context = torch.stack([fused_attention(query, key, ones, None, 0.3) for _ in range(200)])
    assert context.float().mean().item() == pytest.approx(1.0, abs=0.02)
    assert context.float().std() > 0.1


def test_different_head_sizes_are_named(projections: tuple[Tensor, Tensor, Tensor]) -> None:
    query, key, value = projections
    with pytest.raises(ValueError, match="query has head size 5, key has 4"):
        attention_steps(query, key[..., :4], value)


def test_axis_names_are_checked(projections: tuple[Tensor, Tensor, Tensor]) -> None:
    query, key, value = projections
    with pytest.raises(TypeCheckError, match="attention_steps"):
        attention_steps(query, key[:, :3], value)  # 4 heads meet 3
    with pytest.raises(TypeCheckError, match="fused_attention"):
        fused_attention(query, key, value[:, :, :10])  # 11 keys meet 10 values
    with pytest.raises(TypeCheckError, match="attention_steps"):
        attention_steps(query.long(), key, value)


def test_weights_are_kept_as_they_are_before_dropout(
    projections: tuple[Tensor, Tensor, Tensor],
) -> None:
    plain = attention_steps(*projections)
    torch.manual_seed(1)
    dropped = attention_steps(*projections, dropout_p=0.5)
    assert torch.equal(dropped.attention_probs, plain.attention_probs)
    torch.manual_seed(1)
    survivors = torch.nn.functional.dropout(plain.attention_probs, 0.5)
    assert torch.equal(dropped.context, survivors @ projections[2])
    assert not torch.allclose(dropped.context, plain.context)


@pytest.fixture
def self_attention(config: BertConfig) -> MultiHeadSelfAttention:
    torch.manual_seed(2)
    return MultiHeadSelfAttention(config).eval()


@pytest.fixture
def hidden(config: BertConfig) -> Tensor:
    return torch.randn(3, 7, config.hidden_size, generator=generator(4))


def test_a_head_owns_neighbouring_columns(
    self_attention: MultiHeadSelfAttention, hidden: Tensor
) -> None:
    split = self_attention.split_heads(hidden)
    assert split.shape == (3, 4, 7, 5)
    assert torch.equal(split[1, 2, 6], hidden[1, 6, 10:15])
    assert torch.equal(self_attention.join_heads(split), hidden)


def test_self_attention_is_attention_on_its_projections(
    self_attention: MultiHeadSelfAttention, hidden: Tensor
) -> None:
    steps = self_attention.steps(hidden)
    weight, bias = self_attention.key.weight, self_attention.key.bias
    torch.testing.assert_close(steps.key[2, 3, 5], weight[15:20] @ hidden[2, 5] + bias[15:20])
    again = attention_steps(steps.query, steps.key, steps.value)
    assert torch.equal(steps.attention_probs, again.attention_probs)
    assert torch.equal(
        self_attention(hidden, kernel="eager"), self_attention.join_heads(again.context)
    )


@pytest.mark.parametrize("heads_off", [(), (2,), (0, 3)])
def test_kernels_agree_in_the_module(
    self_attention: MultiHeadSelfAttention, hidden: Tensor, heads_off: tuple[int, ...]
) -> None:
    mask = torch.zeros(3, 1, 1, 7)
    mask[1, ..., 5:] = NEVER
    head_mask = torch.ones(4)
    head_mask[list(heads_off)] = 0
    results = []
    for kernel in ("eager", "fused"):
        inputs = hidden.clone().requires_grad_()
        joined = self_attention(inputs, mask, head_mask, kernel)
        gradients = torch.autograd.grad(
            joined.square().sum(), [inputs, *self_attention.parameters()]
        )
        results.append((joined, *gradients))
        columns = joined.unflatten(-1, (4, 5))
        assert columns[:, :, list(heads_off)].eq(0).all()
        assert columns[:, :, [h for h in range(4) if h not in heads_off]].ne(0).all()
    for eager, fused in zip(*results, strict=True):
        torch.testing.assert_close(eager, fused, rtol=1e-5, atol=1e-5)  # sums of 105 squares


@pytest.mark.parametrize("kernel", ["eager", "fused"])
def test_dropout_is_for_training_only(
    self_attention: MultiHeadSelfAttention, hidden: Tensor, kernel: str
) -> None:
    quiet = self_attention(hidden, kernel=kernel)
    assert torch.equal(self_attention(hidden, kernel=kernel), quiet)
    self_attention.train()
    torch.manual_seed(0)
    loud = self_attention(hidden, kernel=kernel)
    assert not torch.allclose(loud, quiet)
