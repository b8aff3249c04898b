"""Loads what bitsandbytes has packed in 4 bits, with a proof that counts its layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from bitsandbytes.nn import Linear4bit
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.pytorch import TorchModel

KIND = "nf4"


def load_nf4(folder: Path, place: Place) -> TorchModel:
    """The checkpoint in `folder`, its packed layers with their true sizes beside them."""
    module = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16,
        device_map=place.device,
        attn_implementation="sdpa",
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    ).eval()
    for part in module.modules():
        if isinstance(part, Linear4bit):
            _say_sizes(part)
    return TorchModel(module, facts=prove_nf4)


def prove_nf4(module: PreTrainedModel, kernels: Mapping[str, int]) -> dict[str, Any]:
    """Every linear but the output layer is packed, as NormalFloat, in bytes of two weights each."""
    head = module.get_output_embeddings()
    linears = [part for part in module.modules() if isinstance(part, nn.Linear)]
    body = [part for part in linears if part is not head]
    packed = [part for part in body if _packed(part)]
    if not body or len(packed) != len(body):
        others = ", ".join(sorted({_kind(part) for part in body if not _packed(part)}))
        raise ProofFailed(
            f"expected {len(body)} layers in {KIND}, found {len(packed)}; others: {others}"
        )
    seen = {name: count for name, count in kernels.items() if name.startswith("bitsandbytes::")}
    if not seen:
        raise ProofFailed("the profiler saw no operator of bitsandbytes")
    return {
        "quantised_linears": {"found": len(packed), "expected": len(body)},
        "kernel": seen,
        "block": packed[0].weight.quant_state.blocksize,
    }


def _packed(part: nn.Module) -> bool:
    if not isinstance(part, Linear4bit) or part.weight.dtype != torch.uint8:
        return False
    return part.weight.quant_state is not None and part.weight.quant_type == KIND


def _kind(part: nn.Linear) -> str:
    kind = getattr(part.weight, "quant_type", "")
    return " ".join([type(part).__name__, str(part.weight.dtype).removeprefix("torch."), kind])


def _say_sizes(part: Linear4bit) -> None:
    """What the framework's own count cannot know: two weights a byte, and the scales beside."""
    state = part.weight.quant_state
    scales = [state.absmax, state.code]
    if state.nested:
        scales += [state.state2.absmax, state.state2.code, state.offset]
    part.multiplies = part.in_features * part.out_features
    part.stands_for = part.multiplies - part.weight.numel()
    part.packed_bytes = {"scales": sum(t.numel() * t.element_size() for t in scales)}
