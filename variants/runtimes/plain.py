"""Loads variants whose folder is an ordinary checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.pytorch import TorchModel, load_checkpoint, origin


def load_plain(
    folder: Path, place: Place, dtype: str, *, flash: bool = False, remark: str | None = None
) -> TorchModel:
    """The checkpoint in `folder` as `dtype`; its proof refuses any other float in the weights."""
    said = {"warning": remark} if remark else {}

    def facts(module: PreTrainedModel, _: Mapping[str, int]) -> dict[str, Any]:
        found = {str(p.dtype).removeprefix("torch.") for p in module.parameters()}
        if found != {dtype}:
            raise ProofFailed(f"expected all weights in {dtype}, found {', '.join(sorted(found))}")
        return {"dtype": dtype, "stored_dtype": stored_dtype(folder), **origin(folder), **said}

    module = load_checkpoint(folder, place.device, getattr(torch, dtype))
    return TorchModel(module, flash=flash, facts=facts)


def half_dtype(place: Place) -> str:
    """bfloat16, or float16 on GPUs from before it."""
    if place.device.startswith("cuda") and not torch.cuda.is_bf16_supported(False):
        return "float16"
    return "bfloat16"


def stored_dtype(folder: Path) -> str:
    """The dtypes that the folder's safetensors hold."""
    from safetensors import safe_open

    found = set()
    for file in folder.glob("*.safetensors"):
        with safe_open(file, framework="pt") as tensors:
            found |= {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
    return "+".join(sorted(found))
