"""Checkpoints whose layers are packed in 8 or 4 bits: loaded, counted and proven."""

from __future__ import annotations

import json
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
from variants.runtimes.layers import (
    REDUCE_RANGE,
    Int4Linear,
    Int8Embedding,
    Int8Linear,
    Int8StaticLinear,
    Int8WeightLinear,
)

LAYOUT = "packed.json"
WEIGHTS = "packed.safetensors"
LINEARS = (nn.Linear, Conv1D)
KERNELS: dict[str, tuple[type[nn.Module], str]] = {
    "int8": (Int8Linear, "quantized::linear_dynamic"),
    "int8_static": (Int8StaticLinear, "onednn::qlinear_pointwise"),
    "int8_weight": (Int8WeightLinear, "_weight_int8pack_mm"),
    "int4": (Int4Linear, "_weight_int4pack_mm_for_cpu"),
}
"""Of each kind of layer: its class, and the operator that a profiler sees."""
HEADS: dict[str, type[nn.Module]] = {"int4": Int8WeightLinear, "int8_static": Int8Linear}
"""What the output layer is in place of that kind, where most is lost."""


def load_packed(folder: Path) -> PreTrainedModel:
    """The model in `folder`: its skeleton without weights, then each layer as it is stored."""
    layout = json.loads((folder / LAYOUT).read_text(encoding="utf-8"))
    dtype = getattr(torch, layout["dtype"])
    # A mapped file starts tensors anywhere, and the packed kernels' aligned loads then crash.
    stored = {name: value.clone() for name, value in load_file(folder / WEIGHTS).items()}
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with no_weights():
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
    wanted, kernel = KERNELS[kind]
    # Counted in the skeleton, before anything was packed.
    other = HEADS.get(kind, ())
    heads = sum(isinstance(module, other) for module in model.modules())
    expected = model.linears_to_pack - heads
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
        **({"activations": "7 bit" if REDUCE_RANGE else "8 bit"} if kind == "int8" else {}),
    }


def _layer(
    kind: str, name: str, stored: dict[str, torch.Tensor], layout: dict[str, Any]
) -> nn.Module:
    source = layout["tied"].get(name, name)  # a tied output layer reads the embedding's rows
    dtype = getattr(torch, layout["dtype"])
    bias = stored.get(f"{name}.bias")
    if kind == "int4":
        before = stored.get(f"{name}.before")
        return Int4Linear(stored[f"{name}.int4"], stored[f"{name}.scale_zero"], bias, before)
    rows, scale = stored[f"{source}.int8"], stored[f"{source}.scale"]
    if kind == "embedding":
        return Int8Embedding(rows, scale, dtype)
    if kind == "int8_weight":
        return Int8WeightLinear(rows, scale, bias, tied=source != name)
    if kind == "int8_static":
        inputs = stored[f"{name}.steps"], stored[f"{name}.zero"]
        return Int8StaticLinear(rows, scale, bias, *inputs)
    return Int8Linear(rows, scale, bias, tied=source != name)


@contextmanager
def no_weights() -> Iterator[None]:
    """Parameters are born on the meta device; buffers, such as rotary tables, stay real."""
    register = nn.Module.register_parameter

    def without_storage(module: nn.Module, name: str, value: nn.Parameter | None) -> None:
        register(module, name, None if value is None else nn.Parameter(value.to("meta"), False))

    nn.Module.register_parameter = without_storage  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]
