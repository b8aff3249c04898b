"""Linear layers in 8-bit floating point, around torch's scaled matrix product."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.packed import LINEARS, no_weights
from variants.runtimes.pytorch import PROBED_FORWARDS, TorchModel

WEIGHTS = "fp8.safetensors"
SCALE = "scale"
STORED = torch.float8_e4m3fn
LARGEST = 448.0
"""The greatest number of e4m3 (arXiv 2209.05433)."""
KERNEL = "_scaled_mm"


class Fp8Linear(nn.Module):
    """W8A8 in e4m3: a scale for each row of the weights, one for each token as it comes."""

    def __init__(self, weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        self.register_buffer("rows", weight, persistent=False)
        self.register_buffer("scale", scale.float(), persistent=False)
        self.register_buffer("bias", None if bias is None else bias.bfloat16(), persistent=False)
        self.multiplies = weight.numel()
        self.stands_for = self.multiplies + (0 if bias is None else bias.numel())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) bfloat16 -> (..., out) bfloat16."""
        flat = x.reshape(-1, x.shape[-1])
        scale = (flat.abs().amax(-1, keepdim=True).float() / LARGEST).clamp_min(1e-12)
        eighth = (flat.float() / scale).to(STORED)
        y = torch._scaled_mm(
            eighth,
            self.rows.t(),
            scale_a=scale,
            scale_b=self.scale.t(),
            out_dtype=torch.bfloat16,
        )
        y = y if self.bias is None else y + self.bias
        return y.view(*x.shape[:-1], -1)


def load_fp8(folder: Path, place: Place) -> TorchModel:
    """The model in `folder`, every layer that has a scale in float8."""
    stored = load_file(folder / WEIGHTS)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with no_weights():
        model = AutoModelForCausalLM.from_config(
            config, dtype=torch.bfloat16, attn_implementation="sdpa"
        )
    head = model.get_output_embeddings()
    body = [name for name, part in model.named_modules() if isinstance(part, LINEARS)
            and part is not head]  # fmt: skip
    for name in body:
        if f"{name}.{SCALE}" in stored:
            parent, _, leaf = name.rpartition(".")
            tensors = (stored.pop(f"{name}.{end}", None) for end in ("weight", SCALE, "bias"))
            setattr(model.get_submodule(parent), leaf, Fp8Linear(*tensors))
    model.load_state_dict(stored, strict=False, assign=True)
    model.tie_weights()
    missing = [name for name, value in model.named_parameters() if value.device.type == "meta"]
    if missing:
        raise ProofFailed(f"{folder} holds no weights for {', '.join(missing[:3])}")

    def facts(module: PreTrainedModel, kernels: Mapping[str, int]) -> dict[str, Any]:
        return prove_fp8(module, len(body), kernels)

    return TorchModel(model.to(place.device).eval(), facts=facts)


def prove_fp8(module: PreTrainedModel, expected: int, kernels: Mapping[str, int]) -> dict[str, Any]:
    """Every linear but the output layer holds float8, and the product is called for each."""
    layers = [part for part in module.modules() if isinstance(part, Fp8Linear)]
    right = sum(part.rows.dtype == STORED for part in layers)
    calls = kernels.get(KERNEL, 0)
    if right != expected or calls != expected * PROBED_FORWARDS:
        raise ProofFailed(
            f"expected {expected} float8 layers, each calling {KERNEL} in {PROBED_FORWARDS} "
            f"forwards; found {right} layers, {calls} calls"
        )
    linears = {"found": right, "expected": expected}
    return {"quantised_linears": linears, "kernel": {KERNEL: calls}}
