"""Loads what gptqmodel has packed, with a proof that counts its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, GPTQConfig, PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.packed import LINEARS
from variants.runtimes.pytorch import PROBED_FORWARDS, TorchModel

ATEN_BITS = 4

CALLED = {"gptq_torch_aten": "_weight_int4pack_mm_for_cpu"}
"""Of gptqmodel's backends, the operator that a profiler sees."""


def backend_for(bits: int, device: str) -> str:
    """gptqmodel's kernel; on a CPU none of those that it would first compile, for minutes."""
    if not device.startswith("cpu"):
        return "auto"
    return "gptq_torch_aten" if bits == ATEN_BITS else "gptq_torch"


def load_gptq(folder: Path, place: Place, bits: int) -> TorchModel:
    """The checkpoint in `folder`, its packed layers with their true sizes beside them."""
    backend = backend_for(bits, place.device)
    with _no_first_weights(folder):
        module = AutoModelForCausalLM.from_pretrained(
            folder,
            quantization_config=GPTQConfig(bits=bits, backend=backend),
            dtype=torch.bfloat16,
            device_map=place.device,
            attn_implementation="sdpa",
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        ).eval()
    for part in packed_layers(module):
        if backend == "gptq_torch_aten":
            _pack_now(part)
        part.multiplies = part.in_features * part.out_features
        own = sum(p.numel() for p in part.parameters(False))
        biases = sum(name == "bias" for name, _ in part.named_buffers(recurse=False))
        part.stands_for = part.multiplies + biases * part.out_features - own

    def facts(live: PreTrainedModel, kernels: Mapping[str, int]) -> dict[str, Any]:
        return prove_gptq(live, bits, CALLED.get(backend), kernels)

    return TorchModel(module, facts=facts)


def packed_layers(module: PreTrainedModel) -> list[nn.Module]:
    """Those that hold their weights packed in whole numbers."""
    return [part for part in module.modules() if hasattr(part, "qweight")]


@contextmanager
def _no_first_weights(folder: Path) -> Iterator[None]:
    """Nothing gives random weights to a part with packed layers.

    transformers (5.23) does so for GPT-2 before it loads, and fails, as they have no `weight`.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    model = AutoModelForCausalLM._model_mapping[type(config)]
    owner = next(one for one in model.__mro__ if "_init_weights" in vars(one))  # its body's, too
    usual = owner._init_weights

    def init(self: PreTrainedModel, part: nn.Module) -> None:
        if not any(hasattr(child, "qweight") for child in part.children()):
            usual(self, part)

    with patch.object(owner, "_init_weights", init):
        yield


def _pack_now(part: nn.Module) -> None:
    """In the kernel's own order, as the first call would; what it then reads is a buffer."""
    part.transform("cpu", dtype=torch.bfloat16)
    packed = part.__dict__.pop("scales_and_zeros")
    part.register_buffer("scales_and_zeros", packed, persistent=False)
    part.scales = part.qzeros = None  # they are in `scales_and_zeros`


def prove_gptq(
    module: PreTrainedModel, bits: int, kernel: str | None, kernels: Mapping[str, int]
) -> dict[str, Any]:
    """No linear layer but the output one is left in floats; all are packed in `bits` bits."""
    head = module.get_output_embeddings()
    left = [part for part in module.modules() if isinstance(part, LINEARS) and part is not head]
    found = packed_layers(module)
    wrong = [p for p in found if p.qweight.is_floating_point() or getattr(p, "bits", None) != bits]
    if left or wrong or not found:
        raise ProofFailed(
            f"expected all layers packed in {bits} bits; found {len(found)}, of them "
            f"{len(wrong)} in another form, and {len(left)} in floats"
        )
    calls, expected = kernels.get(kernel or "", 0), len(found) * PROBED_FORWARDS
    if kernel and calls != expected:
        raise ProofFailed(f"expected {expected} calls of {kernel}; a profiler saw {calls}")
    kinds = sorted({type(part).__name__ for part in found})
    return {
        "quantised_linears": {"found": len(found), "expected": len(found)},
        "kernel": {kernel: calls} if kernel else {name: len(found) for name in kinds},
        "layers": kinds,
        "bits": bits,
    }
