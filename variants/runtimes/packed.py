"""Layers whose weights stay packed in 8 or 4 bits, and checkpoints that hold them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from bench.errors import ProofFailed
from bench.needs import cpu_flags

LAYOUT = "packed.json"
WEIGHTS = "packed.safetensors"
GROUP = 32
LINEARS = (nn.Linear, Conv1D)
NIBBLE_ZERO = 8
_linear_dynamic = torch.ops.quantized.linear_dynamic.default._op  # without its Python wrapper
_REDUCE_RANGE = "avx512_vnni" not in cpu_flags()
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
        self._bias = bias
        self.stands_for, self.multiplies = _numbers(weight, bias, tied), weight.numel()
        self.packed_bytes = {
            "int8_packed": weight.numel(),
            "float32": 4 * (len(scale) + (0 if bias is None else bias.numel())),
        }

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) float32 -> (..., out) float32."""
        if x.numel() == x.shape[-1]:
            return _linear_dynamic(x, self._packed, _REDUCE_RANGE)
        largest = torch.linalg.vector_norm(x, float("inf"), -1, keepdim=True).clamp_min_(1e-20)
        y = _linear_dynamic(x / largest, self._packed, _REDUCE_RANGE)
        # The kernel added the bias to the divided product: b + largest * (y - b) puts it right.
        return y * largest if self._bias is None else torch.lerp(self._bias, y, largest)


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


class Int4Linear(nn.Module):
    """Weight-only int4 for bfloat16 activations: torch's CPU kernel on its own packed layout."""

    def __init__(self, nibbles: torch.Tensor, scale_zero: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        values = torch.stack((nibbles >> 4, nibbles & 15), -1).flatten(1).int()
        self.out, width = values.shape[0], values.shape[1]
        padding = -self.out % 16  # the kernel wants whole blocks of 16 rows
        values = nn.functional.pad(values, (0, 0, 0, padding))
        padded = nn.functional.pad(scale_zero, (0, 0, 0, padding))
        self._packed = torch._convert_weight_to_int4pack_for_cpu(values, 1)
        self._scale_zero = padded.contiguous()
        self._bias = None if bias is None else bias.bfloat16()
        biases = 0 if bias is None else bias.numel()
        self.multiplies = self.out * width
        self.stands_for = self.multiplies + biases
        self.packed_bytes = {
            "int4_packed": self._packed.numel() * self._packed.element_size(),
            "bfloat16": 2 * (self._scale_zero.numel() + biases),
        }

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) bfloat16 -> (..., out) bfloat16."""
        y = torch._weight_int4pack_mm_for_cpu(_flat(x), self._packed, GROUP, self._scale_zero)
        y = y[:, : self.out].view(*x.shape[:-1], self.out)
        return y if self._bias is None else y + self._bias


def load_packed(folder: Path) -> PreTrainedModel:
    """The model in `folder`: its skeleton without weights, then each layer as it is stored."""
    layout = json.loads((folder / LAYOUT).read_text(encoding="utf-8"))
    dtype = getattr(torch, layout["dtype"])
    # A mapped file starts tensors anywhere, and the packed kernels' aligned loads then crash.
    stored = {name: value.clone() for name, value in load_file(folder / WEIGHTS).items()}
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with _no_weights():
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="sdpa")
    model.eval()
    model.linears_to_pack = sum(isinstance(module, LINEARS) for module in model.modules())
    for name, kind in layout["layers"].items():
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, _layer(kind, name, stored, layout))
    rest = {k: v.to(dtype) for k, v in stored.items() if k in dict(model.named_parameters())}
    model.load_state_dict(rest, strict=False, assign=True)
    missing = [name for name, value in model.named_parameters() if value.device.type == "meta"]
    if missing:
        raise ProofFailed(f"{folder} holds no weights for {', '.join(missing[:3])}")
    return model


def prove_packed(
    model: PreTrainedModel, kind: str, kernels: dict[str, int], forwards: int
) -> dict[str, Any]:
    """Count the packed layers and their kernel's calls against the architecture's own layers."""
    wanted, kernel = {
        "int8": (Int8Linear, "quantized::linear_dynamic"),
        "int4": (Int4Linear, "_weight_int4pack_mm_for_cpu"),
    }[kind]
    heads = sum(isinstance(module, Int8WeightLinear) for module in model.modules())
    expected = model.linears_to_pack - heads  # counted in the skeleton, before anything was packed
    found = sum(isinstance(module, wanted) for module in model.modules())
    left = [name for name, value in model.named_parameters() if value.dim() >= 2]
    calls = kernels.get(kernel, 0)
    if found != expected or left or calls != expected * forwards:
        raise ProofFailed(
            f"expected {expected} {kind} layers, each calling {kernel} in {forwards} forwards; "
            f"found {found} layers, {calls} calls, and not quantised: {left or 'none'}"
        )
    return {
        "quantised_linears": {"found": found, "expected": expected},
        "quantised_embeddings": sum(isinstance(m, Int8Embedding) for m in model.modules()),
        "kernel": {kernel: calls},
        **({"activations": "7 bit" if _REDUCE_RANGE else "8 bit"} if kind == "int8" else {}),
    }


def _numbers(weight: torch.Tensor, bias: torch.Tensor | None, tied: bool) -> int:
    """How many numbers a layer stands for; a tied one's weights are the embedding's."""
    return (0 if tied else weight.numel()) + (0 if bias is None else bias.numel())


def _flat(x: torch.Tensor) -> torch.Tensor:
    """(rows, width) without gaps: the packed kernels read strides of a slice wrongly, or crash."""
    return x.reshape(-1, x.shape[-1]).contiguous()


def _layer(
    kind: str, name: str, stored: dict[str, torch.Tensor], layout: dict[str, Any]
) -> nn.Module:
    source = layout["tied"].get(name, name)  # a tied output layer reads the embedding's rows
    dtype = getattr(torch, layout["dtype"])
    bias = stored.get(f"{name}.bias")
    if kind == "int4":
        return Int4Linear(stored[f"{name}.int4"], stored[f"{name}.scale_zero"], bias)
    rows, scale = stored[f"{source}.int8"], stored[f"{source}.scale"]
    if kind == "embedding":
        return Int8Embedding(rows, scale, dtype)
    if kind == "int8_weight":
        return Int8WeightLinear(rows, scale, bias, tied=source != name)
    return Int8Linear(rows, scale, bias, tied=source != name)


@contextmanager
def _no_weights() -> Iterator[None]:
    """Parameters are born on the meta device; buffers, such as rotary tables, stay real."""
    register = nn.Module.register_parameter

    def without_storage(module: nn.Module, name: str, value: nn.Parameter | None) -> None:
        register(module, name, None if value is None else nn.Parameter(value.to("meta"), False))

    nn.Module.register_parameter = without_storage  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]
