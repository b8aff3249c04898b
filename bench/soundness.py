"""Looks a fresh folder over before it becomes an artifact: no weight, no logit may be NaN."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.errors import BenchError, MakeFailed
from bench.model import Tokens
from bench.needs import why_not
from bench.variant import Place, Variant

PROBE: Tokens = [[at % 16 for at in range(16)]]
"""Tokens that every vocabulary has, no more than every model has positions."""


def check_sound(variant: Variant, folder: Path, place: Place) -> None:
    """Raises MakeFailed that names the tensor or the layer where a number is NaN or infinite."""
    broken = next(broken_tensors(folder), None)
    if broken:
        raise MakeFailed(f"{broken} holds NaN or infinity")
    if variant.runtime is None or why_not(variant, place.device):
        return  # cannot be loaded here
    import_module(variant.runtime).prepare(folder, place)
    try:
        model = variant.open(folder, place)
    except (BenchError, MemoryError, RuntimeError):
        return  # its cells will say why, each with a status
    try:
        where = broken_layer(model)
    finally:
        model.close()
    if where:
        raise MakeFailed(f"its logits are NaN or infinite, first in {where}")


def broken_tensors(folder: Path) -> Iterator[str]:
    """The floating tensors of `folder`'s safetensors that are not finite, by file and name."""
    import torch
    from safetensors import safe_open

    for file in sorted(folder.rglob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  it is no mapping
                tensor = tensors.get_tensor(name)
                if tensor.is_floating_point() and not bool(torch.isfinite(tensor.float()).all()):
                    yield f"{file.name}: {name}"


def broken_layer(model: Any) -> str | None:
    """Where the first number that is not finite comes up; None where all logits are."""
    import numpy

    if numpy.isfinite(model.logits(PROBE)).all():
        return None
    find = getattr(model, "first_broken", None)  # a runtime that can look inside says more
    return (find(PROBE) if find else None) or "a layer that its runtime does not name"
