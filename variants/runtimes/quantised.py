"""Loads variants whose layers are packed, with a proof that counts them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from bench.errors import ProofFailed
from variants.runtimes.layers import Int4Linear
from variants.runtimes.packed import load_packed, prove_packed
from variants.runtimes.pytorch import PROBED_FORWARDS, TorchModel


def load_quantised(folder: Path, kind: str, *, scaled: bool = False) -> TorchModel:
    """The packed checkpoint in `folder`; `kind` is one of `packed.KERNELS`.

    `scaled`: every int4 layer has to scale its inputs by channel.
    """

    def facts(module: PreTrainedModel, kernels: Mapping[str, int]) -> dict[str, Any]:
        found = dict(prove_packed(module, kind, dict(kernels), PROBED_FORWARDS))
        return {**found, "scaled_linears": _prove_scaled(module)} if scaled else found

    return TorchModel(load_packed(folder), facts=facts)


def _prove_scaled(module: PreTrainedModel) -> int:
    layers = [part for part in module.modules() if isinstance(part, Int4Linear)]
    found = sum(layer.scales_inputs for layer in layers)
    if found != len(layers):
        raise ProofFailed(f"expected {len(layers)} layers that scale their inputs, found {found}")
    return found
