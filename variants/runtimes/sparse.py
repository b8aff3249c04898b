"""What was pruned: proofs that count channels and zeros, and 2:4 weights where a GPU has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from variants.runtimes.plain import half_dtype, load_plain
from variants.runtimes.pytorch import TorchModel, load_checkpoint
from variants.runtimes.shapes import matrices, mlps

PRUNED = "pruned.json"
SPARSE = "sparse.json"
SIMULATED = {"simulated": True, "why": "no kernel here gains from these zeros: speed as if dense"}
BLOCK_ROWS, BLOCK_COLUMNS = 32, 64
"""Weights (out, in) whose sides are no multiples of these have no 2:4 kernel."""


def heads_of(model: PreTrainedModel) -> dict[str, int]:
    """Of each attention; groups where the config has them."""
    groups = getattr(model.config, "num_key_value_heads", None)
    return {"heads": model.config.num_attention_heads} | ({"groups": groups} if groups else {})


def prove_pruned(model: PreTrainedModel, folder: Path, ratio: float) -> dict[str, Any]:
    """That every MLP is as narrow as `ratio` demands, and that the numbers add up."""
    facts = _facts(folder / PRUNED, "width")
    whole, found = facts["base"], mlps(model)
    said = getattr(model.config, found[0].word)
    demanded, width = whole["width"] * (1 - ratio), found[0].width
    same = {mlp.width for mlp in found} == {said}
    if not same or abs(width - demanded) >= facts["within"]:
        raise ProofFailed(
            f"expected {demanded:.0f} of {whole['width']} channels in each MLP (within "
            f"{facts['within']}), found {width}, and {said} in config.json"
        )
    gone = sum((whole["width"] - width) * mlp.per_channel for mlp in found)
    gone += _group_numbers(model, whole)
    counted = model.num_parameters()
    if counted != whole["parameters"] - gone or counted >= whole["parameters"]:
        raise ProofFailed(
            f"expected {whole['parameters'] - gone} parameters, {gone} fewer than before, found "
            f"{counted}"
        )
    return {
        "channels": {"left": width, "of": whole["width"], "asked_ratio": ratio},
        "heads": {"left": heads_of(model), "of": {k: whole[k] for k in heads_of(model)}},
        "parameters": {"left": counted, "of": whole["parameters"]},
        "recovery_steps": facts["recovery"],
    }


def _group_numbers(model: PreTrainedModel, whole: Mapping[str, int]) -> int:
    """Numbers in the attention groups that are gone, worked out from those that are left."""
    left = heads_of(model)
    gone = whole.get("groups", 0) - left.get("groups", 0)
    if not gone:
        return 0
    layers = [m for m in model.modules() if hasattr(m, "q_proj") and hasattr(m, "o_proj")]
    parts = [part for m in layers for part in (m.q_proj, m.k_proj, m.v_proj)]
    numbers = sum(p.weight.numel() + (0 if p.bias is None else len(p.bias)) for p in parts)
    numbers += sum(m.o_proj.weight.numel() for m in layers)
    return numbers * gone // left["groups"]


def prove_zeros(model: PreTrainedModel, folder: Path, ratio: float) -> dict[str, Any]:
    """That the share of zeros is the one asked for: of each matrix, or of all together."""
    facts = _facts(folder / SPARSE, "scope")
    counts = {name: (int((w == 0).sum()), w.numel()) for name, _, w in matrices(model)}
    zeros, numbers = (sum(column) for column in zip(*counts.values(), strict=True))
    judged = counts if facts["scope"] == "layer" else {"all matrices": (zeros, numbers)}
    for name, (found, of) in judged.items():
        if found < int(of * ratio):
            raise ProofFailed(f"expected {int(of * ratio)} zeros of {of} in {name}, found {found}")
    return {"zeros": zeros, "of": numbers, "asked_ratio": ratio, **SIMULATED}


def load_sparse24(folder: Path, place: Place) -> TorchModel:
    """2:4 weights: in the GPU's own layout where it has one, else as they are, and simulated."""
    if not _has_sparse_cores(place.device):
        more = lambda model: {**prove_24(model, folder), **SIMULATED}  # noqa: E731
        return load_plain(folder, place, "float32", more=more)
    dtype = getattr(torch, half_dtype(place))
    module = load_checkpoint(folder, place.device, dtype)
    grouped = prove_24(module, folder)
    count, dense = accelerate(module)

    def facts(_: PreTrainedModel, kernels: Mapping[str, int]) -> dict[str, Any]:
        called = {name: n for name, n in kernels.items() if "sparse" in name}
        if not called:
            raise ProofFailed(
                f"expected a 2:4 kernel, the profiler saw none; {count} layers have it"
            )
        return {**grouped, "accelerated": count, "left_dense": dense, "kernels": called}

    return TorchModel(module, facts=facts)


def prove_24(model: PreTrainedModel, folder: Path) -> dict[str, Any]:
    """That of every four weights of a row in a row two are zero."""
    _facts(folder / SPARSE, "score")
    groups = 0
    for name, _, weight in matrices(model):
        full = int(((weight.reshape(-1, 4) != 0).sum(-1) > 2).sum())
        if full:
            raise ProofFailed(
                f"expected two zeros in every four weights, {name} has {full} without"
            )
        groups += weight.numel() // 4
    return {"groups_of_four": groups}


class SparseLinear(nn.Module):
    """A linear layer whose 2:4 weights (out, in) are stored as half as many, with their places."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        self._weight = torch.sparse.to_sparse_semi_structured(weight.contiguous())
        self.register_buffer("bias", bias, persistent=False)
        self.stands_for = weight.numel() + (0 if bias is None else bias.numel())
        self.multiplies = weight.numel()
        kept = weight.numel() // 2 * weight.element_size()
        self.packed_bytes = {"sparse24": kept + weight.numel() // 8 * 2}  # two bits for each number

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)"""
        return nn.functional.linear(x, self._weight, self.bias)


def accelerate(module: PreTrainedModel) -> tuple[int, int]:
    """Puts every fitting matrix into the GPU's 2:4 layout: how many were, how many were not."""
    found = list(matrices(module))
    fitting = [
        (name, layer, w)
        for name, layer, w in found
        if w.shape[0] % BLOCK_ROWS == 0 and w.shape[1] % BLOCK_COLUMNS == 0
    ]
    if not fitting:
        raise Unsupported(
            f"sparse24: no matrix has sides that are multiples of {BLOCK_ROWS} and {BLOCK_COLUMNS}"
        )
    for name, layer, weight in fitting:
        parent, _, last = name.rpartition(".")
        bias = None if layer.bias is None else layer.bias.detach()
        setattr(module.get_submodule(parent), last, SparseLinear(weight, bias))
    return len(fitting), len(found) - len(fitting)


def _has_sparse_cores(device: str) -> bool:
    return device.startswith("cuda") and torch.cuda.get_device_capability(device) >= (8, 0)


def _facts(path: Path, word: str) -> dict[str, Any]:
    """What the recipe wrote down. Raises ProofFailed where it did not."""
    try:
        facts = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        facts = {}
    if word not in facts:
        raise ProofFailed(f"expected a record of what was pruned, found none in {path.name}")
    return facts
