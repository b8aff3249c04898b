"""What each linear layer sees while the model reads training text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import PreTrainedModel

from bench import text
from variants.recipes.checkpoint import linears

ROWS, LENGTH = 16, 256


def calibration_ids(folder: Path, rows: int = ROWS, length: int = LENGTH) -> torch.Tensor:
    """Training text (rows, length), evenly spread; the evaluation text has no part in it."""
    tokens = torch.tensor(text.training(folder))
    starts = torch.linspace(0, len(tokens) - length, rows).long()
    return torch.stack([tokens[start : start + length] for start in starts])


def input_squares(model: PreTrainedModel, folder: Path) -> dict[str, torch.Tensor]:
    """Mean square of every input of every linear layer, by its name: shape (in,)."""
    return _watched(model, folder, lambda x: x.square().mean(0))


def input_ranges(model: PreTrainedModel, folder: Path) -> dict[str, torch.Tensor]:
    """Least and greatest of every input of every linear layer, by its name: shape (2, in)."""
    return _watched(model, folder, lambda x: torch.stack((x.amin(0), x.amax(0))))


@torch.no_grad()
def _watched(
    model: PreTrainedModel, folder: Path, reduce: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, torch.Tensor]:
    """`reduce` of what every linear layer is given, float32 (tokens, in)."""
    found: dict[str, torch.Tensor] = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found[name] = reduce(inputs[0].float().flatten(0, -2))

        return model.get_submodule(name).register_forward_pre_hook(hook)

    handles = [watch(name) for name, _, _ in linears(model)]
    model(input_ids=calibration_ids(folder), use_cache=False)
    for handle in handles:
        handle.remove()
    return found
