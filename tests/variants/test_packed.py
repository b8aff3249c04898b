"""The packed layers against plain arithmetic on the same rounded weights."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from variants.recipes.quantise import int4_groups, int8_rows, smoothing
from variants.runtimes.layers import (
    GROUP,
    Int4Linear,
    Int8Embedding,
    Int8Linear,
    Int8StaticLinear,
    Int8WeightLinear,
)


def weight(rows: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


def inputs(rows: int, width: int) -> torch.Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(1))


def unpacked(nibbles: torch.Tensor, scale_zero: torch.Tensor) -> torch.Tensor:
    """The weights that int4 stands for, by the formula in its docstring."""
    q = torch.stack((nibbles >> 4, nibbles & 15), -1).flatten(1).float()
    scale, zero = scale_zero.float().unbind(-1)
    spread = [part.t().repeat_interleave(GROUP, 1) for part in (scale, zero)]
    return (q - 8) * spread[0] + spread[1]


@given(rows=st.integers(1, 40), width=st.integers(1, 70), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_int8_rows_are_off_by_half_a_step_at_most(rows, width, seed):
    whole = weight(rows, width, seed)
    rounded, scale = int8_rows(whole)
    assert rounded.dtype == torch.int8
    assert ((rounded * scale[:, None] - whole).abs() <= scale[:, None] / 2 + 1e-6).all()


def test_int8_rows_survive_a_row_of_zeros():
    rounded, _ = int8_rows(torch.zeros(3, 8))
    assert not rounded.any()


@pytest.mark.parametrize("rows", [1, 5])
def test_int8_linear_is_near_the_rounded_weights(rows):
    whole, bias = weight(48, 64), torch.linspace(-3, 3, 48)
    rounded, scale = int8_rows(whole)
    x = inputs(rows, 64)
    expected = x @ (rounded * scale[:, None]).t() + bias
    found = Int8Linear(rounded, scale, bias)(x)
    assert (found - expected).abs().max() < 0.02 * expected.std()


def test_one_outlier_token_does_not_ruin_the_others():
    """torch's own dynamic quantisation fails here: one scale for the whole prompt."""
    rounded, scale = int8_rows(weight(48, 64))
    x = inputs(6, 64)
    x[0] *= 1000
    expected = x @ (rounded * scale[:, None]).t()
    found = Int8Linear(rounded, scale, None)(x)
    assert (found - expected)[1:].abs().max() < 0.02 * expected[1:].std()


def test_a_row_of_zeros_gives_the_bias():
    rounded, scale = int8_rows(weight(16, 32))
    bias = torch.arange(16.0)
    found = Int8Linear(rounded, scale, bias)(torch.zeros(3, 32))
    assert torch.allclose(found, bias.expand(3, 16), atol=1e-5)


@given(rows=st.integers(1, 40), groups=st.integers(1, 4), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_int4_is_never_worse_than_rounding_over_the_whole_range(rows, groups, seed):
    whole = weight(rows, groups * GROUP, seed)
    found = unpacked(*int4_groups(whole))
    blocks = whole.view(rows, groups, GROUP)
    low, high = blocks.amin(-1, True), blocks.amax(-1, True)
    step = ((high - low) / 15).bfloat16().float()
    zero = (low + 8 * step).bfloat16().float()
    naive = (((blocks - zero) / step).round().clamp(-8, 7) * step + zero).view_as(whole)
    assert (found - whole).square().sum() <= (naive - whole).square().sum() * 1.001


@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize("out", [16, 50])
def test_int4_linear_is_its_unpacked_weights(rows, out):
    nibbles, scale_zero = int4_groups(weight(out, 64))
    bias = torch.linspace(-1, 1, out)
    x = inputs(rows, 64).bfloat16()
    expected = x.float() @ unpacked(nibbles, scale_zero).t() + bias
    found = Int4Linear(nibbles, scale_zero, bias)(x)
    assert found.shape == (rows, out)
    assert (found.float() - expected).abs().max() < 0.03 * expected.std()


@pytest.mark.parametrize("kind", ["int4", "int8_weight"])
def test_a_slice_with_gaps_reads_right(kind):
    """The packed kernels take no strides: fed a slice, they crashed or read its neighbours."""
    states = inputs(4 * 9, 64).view(4, 9, 64).bfloat16()
    if kind == "int4":
        layer = Int4Linear(*int4_groups(weight(32, 64)), None)
    else:
        layer = Int8WeightLinear(*int8_rows(weight(32, 64)), None)
    last = states[:, -1:, :]
    assert torch.equal(layer(last), layer(last.clone()))


@pytest.mark.parametrize("group", [32, 64, 128])
def test_int4_groups_of_each_size_are_their_unpacked_weights(group):
    nibbles, scale_zero = int4_groups(weight(16, 256), group=group)
    assert scale_zero.shape == (256 // group, 16, 2)
    q = torch.stack((nibbles >> 4, nibbles & 15), -1).flatten(1).float()
    scale, zero = (p.t().repeat_interleave(group, 1) for p in scale_zero.float().unbind(-1))
    x = inputs(3, 256).bfloat16()
    expected = x.float() @ ((q - 8) * scale + zero).t()
    found = Int4Linear(nibbles, scale_zero, None)(x)
    assert (found.float() - expected).abs().max() < 0.03 * expected.std()


def test_inputs_are_scaled_before_int4():
    packed = int4_groups(weight(16, 64))
    x, before = inputs(3, 64).bfloat16(), torch.linspace(0.5, 2, 64).bfloat16()
    assert torch.equal(Int4Linear(*packed, None, before)(x), Int4Linear(*packed, None)(x * before))


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("zero", [0, 100, 128])
def test_int8_static_is_rounding_by_its_steps(rows, zero):
    """Against the formula: inputs to the nearest step and cut off at the ends, then floats."""
    share = torch.rand(64, generator=torch.Generator().manual_seed(2)) * 0.9 + 0.1
    share[7] = 1
    whole, bias, step = weight(48, 64), torch.linspace(-3, 3, 48), 0.02
    rounded, scale = int8_rows(whole * share)
    x = inputs(rows, 64)
    q = ((x / (share * step)).round() + zero).clamp(0, 255) - zero
    expected = (q * step) @ (rounded * scale[:, None]).t() + bias
    layer = Int8StaticLinear(rounded, scale, bias, share * step, torch.tensor(zero))
    assert (layer(x) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_smoothing_moves_size_from_inputs_to_weights_and_changes_no_product():
    sizes = torch.tensor([100.0, 1.0, 0.01])
    share = smoothing(sizes, torch.ones(3), 1.0)
    assert torch.allclose(share, sizes / 100)
    half = smoothing(sizes, torch.ones(3), 0.5)
    assert torch.allclose(half, (sizes / 100).sqrt())
    x, w = inputs(2, 3), weight(4, 3)
    assert torch.allclose((x / half) @ (w * half).t(), x @ w.t(), atol=1e-5)


def test_scales_of_a_bfloat16_kernel_are_numbers_that_it_holds():
    rounded, scale = int8_rows(weight(16, 64), torch.bfloat16)
    assert torch.equal(scale, scale.bfloat16().float())
    assert (rounded.float().abs().amax(1) >= 126).all()


def test_the_embedding_gives_its_rows():
    whole = weight(20, 16)
    rounded, scale = int8_rows(whole)
    found = Int8Embedding(rounded, scale, torch.float32)(torch.tensor([[3, 19]]))
    assert (found[0] - whole[[3, 19]]).abs().max() < 0.02
