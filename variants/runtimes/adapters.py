"""Loads a base with a LoRA adapter beside it, and counts what the adapter changes."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import nn
from transformers import PreTrainedModel

from bench.errors import ProofFailed
from bench.variant import Place
from variants.runtimes.plain import stored_dtype
from variants.runtimes.pytorch import TorchModel, load_checkpoint
from variants.runtimes.shapes import matrices

BASE = "base"
"""The folder, inside an adapter's, with the whole checkpoint that it changes."""
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
MERGED = "merged.json"


def load_adapted(folder: Path, place: Place) -> TorchModel:
    """The base in float32 with its adapter: nothing is merged."""
    base = load_checkpoint(folder / BASE, place.device, torch.float32)

    def facts(module: PreTrainedModel, _: Mapping[str, int]) -> dict[str, Any]:
        found = {str(p.dtype).removeprefix("torch.") for p in module.parameters()}
        if found != {"float32"}:
            raise ProofFailed(f"expected all weights in float32, found {', '.join(sorted(found))}")
        stored = {"dtype": "float32", "stored_dtype": stored_dtype(folder / BASE)}
        return {**stored, **prove_adapter(module, folder)}

    return TorchModel(attached(base, folder), facts=facts)


def load_nf4(folder: Path, place: Place) -> TorchModel:
    """The base with its linears in 4 bits (NF4), and its adapter."""
    from variants.runtimes.nf4 import four_bits  # bitsandbytes, which `lora` does without

    base = four_bits(folder / BASE, place.device)

    def facts(module: PreTrainedModel, _: Mapping[str, int]) -> dict[str, Any]:
        return {**prove_nf4(module), **prove_adapter(module, folder)}

    return TorchModel(attached(base, folder), facts=facts)


def attached(base: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """`base` with the adapter of `folder` in its layers."""
    config = adapter_config(folder)
    if adapts_head(base, config):
        untie(base)
    with _quiet():
        model = PeftModel.from_pretrained(base, folder, config=config)
    return model.base_model.model.eval()


def fresh(base: PreTrainedModel, config: LoraConfig) -> PeftModel:
    """`base` with a new adapter of that kind: only the adapter's weights are trained."""
    if adapts_head(base, config):
        untie(base)
    with _quiet():
        return get_peft_model(base, config)


@contextmanager
def _quiet() -> Iterator[None]:
    """peft warns of each layer that stores (in, out) or not, and handles both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def adapter_config(folder: Path) -> LoraConfig:
    """What adapter_config.json says."""
    return LoraConfig.from_pretrained(folder)


def adapts_head(model: PreTrainedModel, config: LoraConfig) -> bool:
    """Whether the adapter changes the output layer."""
    name, targets = head_name(model), config.target_modules
    if isinstance(targets, str):
        return targets == "all-linear" or name == targets
    return any(name == target or name.endswith(f".{target}") for target in targets or ())


def head_name(model: PreTrainedModel) -> str:
    """Of the output layer."""
    head = model.get_output_embeddings()
    return next(name for name, module in model.named_modules() if module is head)


def untie(model: PreTrainedModel) -> None:
    """Gives the output layer weights of its own: merged, an adapter would move the input too."""
    head, inputs = model.get_output_embeddings(), model.get_input_embeddings()
    if head.weight.data_ptr() == inputs.weight.data_ptr():
        head.weight = nn.Parameter(head.weight.detach().clone(), head.weight.requires_grad)
    model.config.tie_word_embeddings = False


def lora_layers(model: nn.Module) -> dict[str, LoraLayer]:
    """The layers that an adapter changes, by name."""
    return {n: m for n, m in model.named_modules() if isinstance(m, LoraLayer)}


def prove_adapter(model: PreTrainedModel, folder: Path) -> dict[str, Any]:
    """That every layer of the adapter's file is in the model, and that it changes something."""
    from safetensors import safe_open

    with safe_open(folder / WEIGHTS, framework="pt") as file:
        names = [name for name in file.keys() if ".lora_A." in name]  # noqa: SIM118
    found = lora_layers(model)
    if not names or len(found) != len(names):
        raise ProofFailed(f"expected {len(names)} adapted layers, found {len(found)}")
    idle = [n for n, m in found.items() if not any(b.weight.any() for b in m.lora_B.values())]
    if len(idle) == len(found):
        raise ProofFailed("expected a trained adapter, found every B matrix zero")
    merged = [name for name, layer in found.items() if layer.merged]
    if merged:
        raise ProofFailed(f"expected an adapter beside its base, found it merged in {merged[0]}")
    numbers = sum(p.numel() for n, p in model.named_parameters() if ".lora_" in n)
    ranks = sorted({rank for layer in found.values() for rank in layer.r.values()})
    return {"adapted_layers": len(found), "ranks": ranks, "adapter_parameters": numbers}


def prove_merged(model: PreTrainedModel, folder: Path) -> dict[str, Any]:
    """That nothing is left of the adapter but its sum with the weights."""
    path = folder / MERGED
    facts = dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    left = [name for name, _ in model.named_modules() if ".lora_" in name]
    if left or (folder / CONFIG).exists() or not facts:
        what = left[0] if left else f"{CONFIG}: {(folder / CONFIG).exists()}"
        raise ProofFailed(f"expected a merged checkpoint, found {what}, {path.name}: {bool(facts)}")
    return {"merged_layers": facts["layers"]}


def prove_nf4(model: PreTrainedModel) -> dict[str, Any]:
    """That every linear but the output layer holds NF4 in bytes, two numbers each."""
    import bitsandbytes

    kinds: Counter[str] = Counter()
    for name, module in _below_adapters(model).items():
        if not isinstance(module, bitsandbytes.nn.Linear4bit):
            raise ProofFailed(f"not in 4 bits: {name} is a {type(module).__name__}")
        weight = module.weight
        if weight.dtype is not torch.uint8 or weight.quant_type != "nf4":
            raise ProofFailed(f"not in NF4: {name} holds {weight.dtype} ({weight.quant_type})")
        numbers = module.in_features * module.out_features
        if weight.numel() * 2 != numbers:
            raise ProofFailed(f"{name}: {numbers} numbers in {weight.numel()} bytes")
        kinds["nf4"] += numbers
    if not kinds:
        raise ProofFailed("expected layers in NF4, found none")
    return {"dtype": "bfloat16", "storage": "uint8", "nf4_numbers": kinds["nf4"]}


def _below_adapters(model: PreTrainedModel) -> dict[str, nn.Module]:
    """Every linear layer but the output layer, without what the adapter put around it."""
    head = model.get_output_embeddings()
    head = head.base_layer if isinstance(head, LoraLayer) else head
    found = {name: module for name, module, _ in matrices(model) if ".lora_" not in name}
    return {name: module for name, module in found.items() if module is not head}
