"""Layers whose weights stay packed in 8 or 4 bits, each around one kernel of torch's."""

from __future__ import annotations

import warnings

import torch
from torch import nn

from bench.needs import cpu_flags

GROUP = 32
NIBBLE_ZERO = 8
_linear_dynamic = torch.ops.quantized.linear_dynamic.default._op  # without its Python wrapper
_without_lookups = torch._C.DisableTorchFunctionSubclass
"""Asked for `__torch_function__`, packed weights raise a C++ exception: 9 of a call's 13 us."""
_linear_static = torch.ops.onednn.qlinear_pointwise.default._op
REDUCE_RANGE = "avx512_vnni" not in cpu_flags()
"""FBGEMM sums in 16 bits, which can overflow, where it finds no AVX512-VNNI: 7-bit activations."""


class Int8Linear(nn.Module):
    """W8A8: int8 weights scaled per row, activations quantised per token as they come.

    torch's own dynamic quantisation scales activations per tensor, and one outlier token then
    ruins a prompt. Here every row is first divided by its own largest value, so that the
    kernel's one scale fits all; a single row needs no division.
    """

    def __init__(
        self,
        weight: torch.Tensor,
        scale: torch.Tensor,
        bias: torch.Tensor | None,
        tied: bool = False,
    ):
        super().__init__()
        zeros = torch.zeros(len(scale), dtype=torch.long)
        with warnings.catch_warnings():  # torch: the dtype will go; nothing else packs for fbgemm
            warnings.simplefilter("ignore", UserWarning)
            quantised = torch._make_per_channel_quantized_tensor(weight, scale.double(), zeros, 0)
        self._packed = torch.ops.quantized.linear_prepack(quantised, bias)
        self._bias, self._width = bias, weight.shape[1]
        self.stands_for, self.multiplies = _numbers(weight, bias, tied), weight.numel()
        self.packed_bytes = {
            "int8_packed": weight.numel(),
            "float32": 4 * (len(scale) + _count(bias)),
        }

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) float32 -> (..., out) float32."""
        if x.numel() == self._width:  # without a shape, which costs a microsecond
            return self._multiplied(x)
        largest = torch.linalg.vector_norm(x, float("inf"), -1, keepdim=True).clamp_min_(1e-20)
        y = self._multiplied(x / largest)
        # The kernel added the bias to the divided product: b + largest * (y - b) puts it right.
        return y * largest if self._bias is None else torch.lerp(self._bias, y, largest)

    def _multiplied(self, x: torch.Tensor) -> torch.Tensor:
        with _without_lookups():
            return _linear_dynamic(x, self._packed, REDUCE_RANGE)


class Int8Embedding(nn.Module):
    """Rows in int8, each with its own scale; optionally also the tied output layer."""

    def __init__(self, weight: torch.Tensor, scale: torch.Tensor, dtype: torch.dtype):
        super().__init__()
        self.register_buffer("rows", weight, persistent=False)
        self.register_buffer("scale", scale[:, None].to(dtype), persistent=False)
        self.stands_for = weight.numel()

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(...) ids -> (..., width)."""
        return torch.embedding(self.rows, ids) * torch.embedding(self.scale, ids)


class Int8WeightLinear(nn.Module):
    """Weight-only int8 for bfloat16 activations, on the embedding's own rows."""

    def __init__(
        self,
        weight: torch.Tensor,
        scale: torch.Tensor,
        bias: torch.Tensor | None,
        tied: bool = False,
    ):
        super().__init__()
        self.register_buffer("rows", weight, persistent=False)
        self.register_buffer("scale", scale.bfloat16(), persistent=False)
        self.register_buffer("bias", None if bias is None else bias.bfloat16(), persistent=False)
        self.stands_for, self.multiplies = _numbers(weight, bias, tied), weight.numel()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) bfloat16 -> (..., out) bfloat16."""
        y = torch._weight_int8pack_mm(_flat(x), self.rows, self.scale).view(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias


class Int8StaticLinear(nn.Module):
    """W8A8 with activation scales from calibration: one scale, inputs smoothed per channel.

    Smoothing (arXiv 2211.10438) divides an input channel and multiplies its weights by the same
    number, so that no channel is so large that the others round to nothing.
    """

    def __init__(
        self,
        weight: torch.Tensor,
        scale: torch.Tensor,
        bias: torch.Tensor | None,
        steps: torch.Tensor,
        zero: torch.Tensor,
    ):
        """`steps`: float32 (in,), what one step of the quantised input is worth by channel.

        `zero`: which of the 256 steps stands for 0. The weights have been multiplied by `steps`
        over its largest.
        """
        super().__init__()
        self._steps = float(steps.max())
        self._zero = int(zero)
        self._channels = (steps, torch.full(steps.shape, self._zero, dtype=torch.int32))
        self._packed = torch.ops.onednn.qlinear_prepack(weight, None)
        self._scale, self._zeros = scale.float(), torch.zeros(len(scale), dtype=torch.int32)
        self._bias = None if bias is None else bias.float()
        self.stands_for, self.multiplies = _numbers(weight, bias, False), weight.numel()
        self.packed_bytes = {
            "int8_packed": weight.numel(),
            "float32": 4 * (len(scale) + len(steps) + _count(bias)),
        }

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) float32 -> (..., out) float32."""
        flat = _flat(x)
        whole = torch.quantize_per_channel(flat, *self._channels, 1, torch.quint8).int_repr()
        y = _linear_static(whole, self._steps, self._zero, self._packed, self._scale, self._zeros,
                           self._bias, 1.0, 0, torch.float32, "none", [], "")  # fmt: skip
        return y.view(*x.shape[:-1], -1)


class Int4Linear(nn.Module):
    """Weight-only int4 for bfloat16 activations: torch's CPU kernel on its own packed layout."""

    def __init__(
        self,
        nibbles: torch.Tensor,
        scale_zero: torch.Tensor,
        bias: torch.Tensor | None,
        before: torch.Tensor | None = None,
    ):
        """`before`: bfloat16 (in,), what the inputs are multiplied by first (AWQ)."""
        super().__init__()
        self._group = nibbles.shape[1] * 2 // scale_zero.shape[0]
        self._before = before
        self.scales_inputs = before is not None
        values = torch.stack((nibbles >> 4, nibbles & 15), -1).flatten(1).int()
        self.out, width = values.shape[0], values.shape[1]
        padding = -self.out % 16  # the kernel wants whole blocks of 16 rows
        values = nn.functional.pad(values, (0, 0, 0, padding))
        padded = nn.functional.pad(scale_zero, (0, 0, 0, padding))
        self._packed = torch._convert_weight_to_int4pack_for_cpu(values, 1)
        self._scale_zero = padded.contiguous()
        self._bias = None if bias is None else bias.bfloat16()
        biases = _count(bias)
        self.multiplies = self.out * width
        self.stands_for = self.multiplies + biases
        self.packed_bytes = {
            "int4_packed": self._packed.numel() * self._packed.element_size(),
            "bfloat16": 2 * (self._scale_zero.numel() + biases + _count(before)),
        }

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) bfloat16 -> (..., out) bfloat16."""
        flat = _flat(x if self._before is None else x * self._before)
        y = torch._weight_int4pack_mm_for_cpu(flat, self._packed, self._group, self._scale_zero)
        y = y[:, : self.out].view(*x.shape[:-1], self.out)
        return y if self._bias is None else y + self._bias


def _numbers(weight: torch.Tensor, bias: torch.Tensor | None, tied: bool) -> int:
    """How many numbers a layer stands for; a tied one's weights are the embedding's."""
    return (0 if tied else weight.numel()) + _count(bias)


def _count(tensor: torch.Tensor | None) -> int:
    return 0 if tensor is None else tensor.numel()


def _flat(x: torch.Tensor) -> torch.Tensor:
    """(rows, width) without gaps: the packed kernels read strides of a slice wrongly, or crash."""
    return x.reshape(-1, x.shape[-1]).contiguous()
