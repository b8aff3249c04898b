"""Loads variants whose folder is an ordinary checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.pytorch import TorchModel, load_checkpoint

STUDENT = "student.json"
Facts = Callable[[PreTrainedModel], Mapping[str, Any]]
"""Adds to the proof, or raises ProofFailed."""
Seen = Callable[[PreTrainedModel, Mapping[str, int]], dict[str, Any]]
"""The same, beside the kernels that the profiler counted."""


def load_plain(
    folder: Path, place: Place, dtype: str, *, attention: str = "sdpa", more: Facts | None = None
) -> TorchModel:
    """The checkpoint in `folder` as `dtype`; its proof refuses any other float in the weights.

    `attention`: sdpa (PyTorch chooses), flash or math (forced), eager (written out).
    """
    module = load_in(folder, place, dtype, attention)
    return TorchModel(module, kernel=attention, facts=in_dtype(folder, dtype, more))


def load_in(folder: Path, place: Place, dtype: str, attention: str = "sdpa") -> PreTrainedModel:
    """The module alone."""
    return load_checkpoint(folder, place.device, getattr(torch, dtype), attention)


def in_dtype(folder: Path, dtype: str, more: Facts | None = None) -> Seen:
    """The part of a proof that refuses weights in any other float than `dtype`."""

    def facts(module: PreTrainedModel, _: Mapping[str, int]) -> dict[str, Any]:
        found = {str(p.dtype).removeprefix("torch.") for p in module.parameters()}
        if found != {dtype}:
            raise ProofFailed(f"expected all weights in {dtype}, found {', '.join(sorted(found))}")
        own = more(module) if more else {}
        return {"dtype": dtype, "stored_dtype": stored_dtype(folder), **own}

    return facts


def prove_depth(module: PreTrainedModel, folder: Path) -> dict[str, Any]:
    """That a student has the layers that its training wrote down, and fewer than its teacher."""
    path = folder / STUDENT
    facts = dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    depth = module.config.num_hidden_layers
    if not facts or depth != facts["layers"] or depth >= facts["of"]:
        said = f"{facts['layers']} of {facts['of']}" if facts else "fewer layers and a record of it"
        raise ProofFailed(
            f"expected {said}, found {depth} layers and {path.name}: {path.is_file()}"
        )
    return {"layers": depth, "teacher_layers": facts["of"], "distilled_steps": facts["steps"]}


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
