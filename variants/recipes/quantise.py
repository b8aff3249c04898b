"""Rounds weights to 8 or 4 bits and writes them packed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel

from bench.errors import Unsupported
from variants.recipes.checkpoint import copy_companions, embeddings, linears
from variants.runtimes.packed import GROUP, LAYOUT, NIBBLE_ZERO, WEIGHTS

Stored = dict[str, torch.Tensor]
Rounded = tuple[torch.Tensor, torch.Tensor]


def int8_rows(weight: torch.Tensor) -> Rounded:
    """Symmetric int8, one scale a row: (rows, width) -> int8 (rows, width), float32 (rows)."""
    scale = (weight.abs().amax(1) / 127).clamp_min(1e-12).float()
    return (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def int4_groups(weight: torch.Tensor, importance: torch.Tensor | None = None) -> Rounded:
    """Asymmetric int4 in groups of 32: nibbles uint8 (rows, width / 2), scale and zero bfloat16.

    The kernel's sense of them is `(q - 8) * scale + zero`, scale_zero (width / 32, rows, 2). Of
    twenty ranges, from the group's whole one inwards, each group takes that with the least squared
    error, weighted by `importance` (width): the mean square of each input, as in AWQ's search
    (arXiv 2306.00978).
    """
    rows, width = weight.shape
    groups = weight.float().view(rows, width // GROUP, GROUP)
    cost = torch.ones(width) if importance is None else importance
    cost = cost.view(1, width // GROUP, GROUP)
    best, found = torch.full(groups.shape[:2], float("inf")), None
    low, high = groups.amin(-1), groups.amax(-1)
    for shrink in torch.linspace(1.0, 0.62, 20):
        q, scale, zero = _round_to_range(groups, low * shrink, high * shrink)
        back = (q - NIBBLE_ZERO) * scale[..., None] + zero[..., None]
        error = ((back - groups).square() * cost).sum(-1)
        better = error < best
        if found is None:
            found = (q, scale, zero)
        else:
            found = (
                torch.where(better[..., None], q, found[0]),
                torch.where(better, scale, found[1]),
                torch.where(better, zero, found[2]),
            )
        best = torch.minimum(best, error)
    assert found is not None
    return _pack(*found)


def _round_to_range(
    groups: torch.Tensor, low: torch.Tensor, high: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Values 0 to 15 for the range, with scale and zero already rounded to bfloat16."""
    scale = ((high - low) / 15).clamp_min(1e-8).bfloat16().float()
    zero = (low + NIBBLE_ZERO * scale).bfloat16().float()
    q = ((groups - zero[..., None]) / scale[..., None]).round() + NIBBLE_ZERO
    return q.clamp(0, 15), scale, zero


def _pack(q: torch.Tensor, scale: torch.Tensor, zero: torch.Tensor) -> Rounded:
    flat = q.flatten(1).to(torch.uint8)
    nibbles = (flat[:, 0::2] << 4) | flat[:, 1::2]
    scale_zero = torch.stack((scale, zero), -1).transpose(0, 1).contiguous().bfloat16()
    return nibbles, scale_zero


def write_int8(model: PreTrainedModel, base: Path, out: Path) -> None:
    """Every linear W8A8, every embedding in int8, a tied output layer on the embedding's rows."""
    stored, layers, tied = _embeddings(model)
    for name, weight, bias in linears(model):
        layers[name] = "int8"
        if name not in tied:
            stored[f"{name}.int8"], stored[f"{name}.scale"] = int8_rows(weight)
        if bias is not None:
            stored[f"{name}.bias"] = bias.float()
    facts = {"dtype": "float32", "layers": layers, "tied": tied}
    _write(model, stored, facts, base, out)


def write_int4(
    model: PreTrainedModel,
    base: Path,
    out: Path,
    round_: Callable[[str, torch.Tensor], Rounded],
) -> None:
    """Every linear in 4 bits by `round_`; embeddings and the output layer in int8."""
    stored, layers, tied = _embeddings(model)
    head = _head_name(model)
    for name, weight, bias in linears(model):
        if name == head:
            layers[name] = "int8_weight"
            if name not in tied:
                stored[f"{name}.int8"], stored[f"{name}.scale"] = int8_rows(weight)
            if bias is not None:
                stored[f"{name}.bias"] = bias.bfloat16()
            continue
        if weight.shape[1] % GROUP:
            raise Unsupported(
                f"int4: the inputs of {name} are {weight.shape[1]}, no multiple of {GROUP}"
            )
        layers[name] = "int4"
        stored[f"{name}.int4"], stored[f"{name}.scale_zero"] = round_(name, weight)
        if bias is not None:
            stored[f"{name}.bias"] = bias.bfloat16()
    facts = {"dtype": "bfloat16", "layers": layers, "tied": tied}
    _write(model, stored, facts, base, out)


def _embeddings(model: PreTrainedModel) -> tuple[Stored, dict[str, str], dict[str, str]]:
    """What both forms share: the tables in int8, and which output layer reads which of them."""
    stored: Stored = {}
    layers: dict[str, str] = {}
    for name, weight in embeddings(model):
        layers[name] = "embedding"
        stored[f"{name}.int8"], stored[f"{name}.scale"] = int8_rows(weight)
    head, inputs = model.get_output_embeddings(), model.get_input_embeddings()
    tied = {}
    if head is not None and head.weight.data_ptr() == inputs.weight.data_ptr():
        source = next(name for name, module in model.named_modules() if module is inputs)
        tied[_head_name(model)] = source
    return stored, layers, tied


def _head_name(model: PreTrainedModel) -> str:
    head = model.get_output_embeddings()
    return next(name for name, module in model.named_modules() if module is head)


def _write(
    model: PreTrainedModel, stored: Stored, facts: dict[str, Any], base: Path, out: Path
) -> None:
    dtype = getattr(torch, facts["dtype"])
    covered = tuple(f"{name}." for name in facts["layers"])
    for name, value in model.named_parameters():
        if not name.startswith(covered):
            if value.dim() >= 2:
                raise Unsupported(f"{name} is a matrix in no linear layer: it would stay in floats")
            stored[name] = value.detach().to(dtype)
    save_file({name: value.contiguous() for name, value in stored.items()}, out / WEIGHTS)
    (out / LAYOUT).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    model.config.save_pretrained(out)
    copy_companions(base, out)
