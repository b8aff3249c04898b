"""Loads what gptqmodel has packed, with a proof that counts its layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.packed import LINEARS
from variants.runtimes.pytorch import TorchModel

PACKED_IN = torch.int32


def load_gptq(folder: Path, place: Place, bits: int) -> TorchModel:
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
    for part in packed_layers(module):
        part.multiplies = part.in_features * part.out_features
        own = sum(p.numel() for p in part.parameters(False))
        part.stands_for = part.multiplies - own

    def facts(live: PreTrainedModel, _: Mapping[str, int]) -> dict[str, Any]:
        return prove_gptq(live, bits)

    return TorchModel(module, facts=facts)


def packed_layers(module: PreTrainedModel) -> list[nn.Module]:
    """Those that hold their weights packed in whole numbers."""
    return [part for part in module.modules() if hasattr(part, "qweight")]


def prove_gptq(module: PreTrainedModel, bits: int) -> dict[str, Any]:
    """No linear layer but the output one is left in floats; all are packed in `bits` bits."""
    head = module.get_output_embeddings()
    left = [part for part in module.modules() if isinstance(part, LINEARS) and part is not head]
    found = packed_layers(module)
    wrong = [p for p in found if p.qweight.dtype != PACKED_IN or getattr(p, "bits", None) != bits]
    if left or wrong or not found:
        raise ProofFailed(
            f"expected all layers packed in {bits} bits; found {len(found)}, of them "
            f"{len(wrong)} in another form, and {len(left)} in floats"
        )
    kinds = sorted({type(part).__name__ for part in found})
    return {
        "quantised_linears": {"found": len(found), "expected": len(found)},
        "kernel": {name: len(found) for name in kinds},
        "bits": bits,
    }
