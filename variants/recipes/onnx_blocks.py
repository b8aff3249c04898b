"""Rounds a matrix to 8 or 4 bits in blocks along its rows, and packs it as MatMulNBits reads it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

SHRINKS = 20
"""Ranges that are tried for a block of 4 bits, from its whole one inwards."""
NARROWEST = 0.62


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """A rounded matrix: `(values - zero) * scale` is what it stands for."""

    values: torch.Tensor
    """uint8 (rows, blocks, block), below 2 ** bits."""
    scale: torch.Tensor
    """float32 (rows, blocks)."""
    zero: torch.Tensor | None
    """uint8 (rows, blocks); None: the middle, 2 ** (bits - 1)."""
    bits: int

    @property
    def block(self) -> int:
        """Weights that share a scale."""
        return self.values.shape[2]

    def back(self) -> torch.Tensor:
        """float32 (rows, width)."""
        zero = 2 ** (self.bits - 1) if self.zero is None else self.zero[..., None].float()
        return ((self.values.float() - zero) * self.scale[..., None]).flatten(1)


def rounded(
    weight: torch.Tensor, bits: int, block: int, importance: torch.Tensor | None = None
) -> Blocks:
    """(rows, width) in blocks: symmetric at 8 bits, at 4 the range with the least squared error.

    The error is weighted by `importance` (width): the mean square of each input, as in AWQ's
    search (arXiv 2306.00978).
    """
    groups = weight.detach().float().unflatten(1, (-1, block))
    if bits == 8:
        scale = (groups.abs().amax(-1) / 127).clamp_min(1e-12)
        values = (groups / scale[..., None]).round() + 128
        return Blocks(values=values.to(torch.uint8), scale=scale, zero=None, bits=8)
    cost = torch.ones(block) if importance is None else importance.unflatten(0, (-1, block))
    return _searched(groups, cost, bits)


def _searched(groups: torch.Tensor, cost: torch.Tensor, bits: int) -> Blocks:
    low, high = groups.amin(-1).clamp_max(0), groups.amax(-1).clamp_min(0)
    best, found = torch.full(low.shape, float("inf")), None
    for shrink in torch.linspace(1.0, NARROWEST, SHRINKS):
        tried = _to_range(groups, low * shrink, high * shrink, bits)
        error = ((tried.back().view_as(groups) - groups).square() * cost).sum(-1)
        found = tried if found is None else _where(error < best, tried, found)
        best = torch.minimum(best, error)
    assert found is not None
    return found


def _to_range(groups: torch.Tensor, low: torch.Tensor, high: torch.Tensor, bits: int) -> Blocks:
    """Zero is one of the values, as the kernel's zero points are whole."""
    top = 2**bits - 1
    scale = ((high - low) / top).clamp_min(1e-12)
    zero = (-low / scale).round().clamp(0, top)
    values = ((groups / scale[..., None]).round() + zero[..., None]).clamp(0, top)
    return Blocks(values=values.to(torch.uint8), scale=scale, zero=zero.to(torch.uint8), bits=bits)


def _where(better: torch.Tensor, one: Blocks, other: Blocks) -> Blocks:
    assert one.zero is not None and other.zero is not None
    return Blocks(
        values=torch.where(better[..., None], one.values, other.values),
        scale=torch.where(better, one.scale, other.scale),
        zero=torch.where(better, one.zero, other.zero),
        bits=one.bits,
    )


def packed(blocks: Blocks) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Weights uint8 (rows, blocks, block * bits / 8) and zero points, the low nibble first.

    Zero points are packed along a row; an odd one's partner is 0.
    """
    if blocks.bits == 8:
        return blocks.values.contiguous(), blocks.zero
    values, zero = blocks.values, blocks.zero
    if zero is not None:
        zero = torch.nn.functional.pad(zero, (0, zero.shape[1] % 2))
        zero = zero[:, 0::2] | (zero[:, 1::2] << 4)
    return (values[..., 0::2] | (values[..., 1::2] << 4)).contiguous(), zero
