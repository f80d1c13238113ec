"""Position schemes against hand-worked values and an independent float64 computation."""

import math
import random
from collections.abc import Callable

import pytest
import torch
from torch import nn

from bert_core import positional


def test_fractions_run_from_0_to_1() -> None:
    # five tokens: steps of 1/4
    assert positional.fraction_positions(5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert positional.fraction_positions(1).tolist() == [0.0]


def test_fraction_step_depends_on_the_length() -> None:
    # 我喜欢吃洋葱 has 6 characters, 我真的不喜欢吃洋葱 has 9: steps of 1/5 and 1/8
    short, long = (
        positional.fraction_positions(len(s)) for s in ("我喜欢吃洋葱", "我真的不喜欢吃洋葱")
    )
    assert (short[1] - short[0]).item() == pytest.approx(0.2)
    assert (long[1] - long[0]).item() == pytest.approx(0.125)


def test_integers_count_from_1() -> None:
    assert positional.integer_positions(4).tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("function", [positional.fraction_positions, positional.integer_positions])
def test_no_positions_for_no_tokens(function: Callable[[int], torch.Tensor]) -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        function(0)


def test_sinusoid_agrees_with_an_independent_float64_computation() -> None:
    rng = random.Random(6)
    for _ in range(200):
        d_model = rng.randrange(1, 257)
        position = rng.randrange(0, 512)
        dimension = rng.randrange(d_model)
        base = rng.choice([10.0, 10000.0, 500000.0])
        table = positional.sinusoidal_positions(position + 1, d_model, base)
        angle = position * math.exp(-math.log(base) * (dimension - dimension % 2) / d_model)
        expected = math.cos(angle) if dimension % 2 else math.sin(angle)
        assert table[position, dimension].item() == pytest.approx(expected, abs=2e-7)


def test_sinusoid_at_position_0_is_0_1_0_1() -> None:
    assert positional.sinusoidal_positions(1, 6)[0].tolist() == [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]


def test_odd_d_model_ends_with_a_sine_that_has_no_cosine() -> None:
    # pairs (0, 1) and (2, 3), then dimension 4 alone: sin(2 / 10000^(4/5))
    row = positional.sinusoidal_positions(3, 5)[2]
    assert row.shape == (5,)
    assert row[4].item() == pytest.approx(math.sin(2 / 10000**0.8))


def test_terms_at_position_3_of_128_by_hand() -> None:
    terms = positional.sinusoid_terms(3, 128)
    # pair 0: exponent 0, divisor 1, angle 3; sin 3 = 0.1411, cos 3 = -0.9900
    assert (terms[0].function, terms[0].exponent, terms[0].divisor, terms[0].angle) == (
        "sin",
        0.0,
        1.0,
        3.0,
    )
    assert round(terms[0].value, 4) == 0.1411
    assert (terms[1].function, round(terms[1].value, 4)) == ("cos", -0.99)
    # pair 1: 2/128 = 0.015625; 10000^0.015625 = e^(9.21034 · 0.015625) = e^0.143912 = 1.15478
    assert terms[2].pair == 1
    assert terms[2].divisor == pytest.approx(1.15478, abs=1e-5)
    assert terms[2].angle == pytest.approx(2.59790, abs=1e-4)
    # pair 32: 64/128 = 0.5; 10000^0.5 = 100; sin(0.03) = 0.0299955
    assert terms[64].divisor == pytest.approx(100.0)
    assert terms[64].value == pytest.approx(0.0299955, abs=1e-7)


@pytest.mark.parametrize("d_model", [1, 5, 128])
def test_terms_are_the_row_of_the_table(d_model: int) -> None:
    row = positional.sinusoidal_positions(42, d_model)[41]
    values = [term.value for term in positional.sinusoid_terms(41, d_model)]
    torch.testing.assert_close(torch.tensor(values), row)


def test_wavelengths_run_from_2_pi_towards_base_times_2_pi() -> None:
    waves = positional.sinusoid_wavelengths(128)
    assert waves.shape == (64,)
    assert waves[0].item() == pytest.approx(2 * math.pi)
    assert waves[32].item() == pytest.approx(200 * math.pi)  # 10000^(64/128) = 100
    assert waves[63] < 10000 * 2 * math.pi
    # one wavelength later the value is the same: pair 32 repeats after 628.3 positions
    assert math.sin(waves[32].item() / 100) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("offset", [-4, 0, 1, 17])
def test_one_rotation_takes_every_position_k_further(offset: int) -> None:
    rotation = positional.shift_rotation(offset, 10)
    table = positional.sinusoidal_positions(60, 10).double()
    for position in (5, 11, 40):
        torch.testing.assert_close(
            rotation @ table[position], table[position + offset], atol=2e-7, rtol=0
        )
    torch.testing.assert_close(rotation @ rotation.T, torch.eye(10, dtype=torch.float64))


def test_rotation_by_hand() -> None:
    # one pair, angle 1: sin(p+1) = cos 1 · sin p + sin 1 · cos p
    block = positional.shift_rotation(1, 2)
    expected = [[math.cos(1), math.sin(1)], [-math.sin(1), math.cos(1)]]
    torch.testing.assert_close(block, torch.tensor(expected, dtype=torch.float64))


def test_rotation_needs_whole_pairs() -> None:
    with pytest.raises(ValueError, match="5 is not an even number"):
        positional.shift_rotation(1, 5)


def test_learned_positions_are_the_checkpoint_s_rows_and_a_copy() -> None:
    embedding = nn.Embedding(7, 5)
    table = positional.learned_positions(embedding, 3)
    assert torch.equal(table, embedding.weight[:3])
    table.zero_()
    assert embedding.weight[:3].abs().sum() > 0


def test_learned_positions_end_with_the_table() -> None:
    with pytest.raises(ValueError, match="7 rows; there is none for 8"):
        positional.learned_positions(nn.Embedding(7, 5), 8)


def test_rope_by_hand() -> None:
    # row 1 of a single pair (1, 0) turned by 1 rad: (cos 1, sin 1); row 0 stays
    turned = positional.rotate_pairs(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    torch.testing.assert_close(turned, torch.tensor([[1.0, 0.0], [math.cos(1), math.sin(1)]]))


def test_rope_scores_depend_on_the_distance_only() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 6, generator=generator).unbind(0)
    scores = positional.rotary_scores(query.expand(9, 6), key.expand(9, 6))
    for offset in range(-8, 9):
        line = scores.diagonal(offset)
        torch.testing.assert_close(line, line[:1].expand_as(line), atol=1e-5, rtol=0)
    assert scores[0, 0].item() == pytest.approx((query @ key).item(), abs=1e-6)
    assert (scores[0, 1] - scores[0, 0]).abs() > 0.01


def test_rope_with_ones_is_the_similarity_of_sinusoids() -> None:
    # sum over pairs of 2·cos((m - n)·θ) on one side, of cos((m - n)·θ) on the other
    ones = torch.ones(12, 8)
    sinusoids = positional.sinusoidal_positions(12, 8)
    torch.testing.assert_close(
        positional.rotary_scores(ones, ones) / 2,
        positional.position_similarity(sinusoids),
        atol=1e-5,
        rtol=0,
    )


def test_rope_needs_whole_pairs() -> None:
    with pytest.raises(ValueError, match="5 dimensions must be an even number"):
        positional.rotate_pairs(torch.ones(2, 5))


def test_alibi_slopes_as_published() -> None:
    # 8 heads: 1/2, 1/4, …, 1/256 (Press et al. 2022, section 3)
    assert positional.alibi_slopes(8).tolist() == [2.0**-k for k in range(1, 9)]
    # 3 heads: those of 2 heads (2^-4, 2^-8), then the first of 4 heads (2^-2)
    assert positional.alibi_slopes(3).tolist() == [2.0**-4, 2.0**-8, 2.0**-2]


def test_alibi_by_hand() -> None:
    expected = torch.tensor([[0.0, -0.5, -1.0], [-0.5, 0.0, -0.5], [-1.0, -0.5, 0.0]])
    assert torch.equal(positional.alibi_bias(3, 0.5), expected)


def test_similarity_by_hand() -> None:
    table = torch.tensor([[3.0, 4.0], [4.0, 3.0], [0.0, 0.0]])
    dot = torch.tensor([[25.0, 24.0, 0.0], [24.0, 25.0, 0.0], [0.0, 0.0, 0.0]])
    assert torch.equal(positional.position_similarity(table), dot)
    cosine = positional.position_similarity(table, cosine=True)
    assert cosine[0, 1].item() == pytest.approx(24 / 25)
    assert cosine[0, 2].item() == 0.0


def test_mean_by_distance_by_hand() -> None:
    matrix = torch.tensor([[1.0, 2.0, 9.0], [4.0, 5.0, 6.0], [7.0, 8.0, 3.0]])
    # distance 0: (1+5+3)/3; 1: (2+6+4+8)/4; 2: (9+7)/2
    assert positional.mean_by_distance(matrix).tolist() == [3.0, 5.0, 8.0]
    with pytest.raises(ValueError, match="square"):
        positional.mean_by_distance(matrix[:2])


@pytest.mark.parametrize(
    "call",
    [
        lambda: positional.sinusoidal_positions(0, 4),
        lambda: positional.sinusoidal_positions(4, 4, 0.0),
        lambda: positional.sinusoid_terms(-1, 4),
        lambda: positional.sinusoid_wavelengths(4, -1.0),
        lambda: positional.shift_rotation(1, 4, 0.0),
        lambda: positional.rotate_pairs(torch.ones(2, 2), 0.0),
        lambda: positional.alibi_slopes(0),
        lambda: positional.alibi_bias(0, 1.0),
    ],
)
def test_impossible_sizes_are_named(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="(at least|above) "):
        call()
