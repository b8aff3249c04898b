"""Loads variants whose layers are packed, with a proof that counts them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from variants.runtimes.packed import load_packed, prove_packed
from variants.runtimes.pytorch import PROBED_FORWARDS, TorchModel


def load_quantised(folder: Path, kind: str) -> TorchModel:
    """The packed checkpoint in `folder`; `kind` is int8 or int4."""

    def facts(module: PreTrainedModel, kernels: Mapping[str, int]) -> dict[str, Any]:
        return dict(prove_packed(module, kind, dict(kernels), PROBED_FORWARDS))

    return TorchModel(load_packed(folder), facts=facts)
