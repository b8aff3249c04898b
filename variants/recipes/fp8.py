"""Writes a checkpoint whose linear layers are in 8-bit floating point."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from variants.recipes.checkpoint import copy_companions, linears, load
from variants.runtimes.fp8 import LARGEST, SCALE, STORED, WEIGHTS


def fp8_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(rows, width) -> float8_e4m3fn (rows, width), float32 (rows, 1): value times scale."""
    scale = (weight.float().abs().amax(1, keepdim=True) / LARGEST).clamp_min(1e-12)
    return (weight.float() / scale).to(STORED), scale


def write_fp8(base: Path, out: Path) -> None:
    """Names are the checkpoint's own; a scale stands beside each weight that has one."""
    model = load(base)
    head = model.get_output_embeddings()
    stored: dict[str, torch.Tensor] = {}
    for name, weight, _ in linears(model):
        if model.get_submodule(name) is not head:
            stored[f"{name}.weight"], stored[f"{name}.{SCALE}"] = fp8_rows(weight)
    for name, value in model.named_parameters():  # tied ones once
        stored.setdefault(name, value.detach().bfloat16())
    save_file({name: value.contiguous() for name, value in stored.items()}, out / WEIGHTS)
    model.config.save_pretrained(out)
    copy_companions(base, out)
