"""What each linear layer sees while the model reads training text."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import PreTrainedModel

from bench import text
from variants.recipes.checkpoint import linears

ROWS, LENGTH = 8, 256


@torch.no_grad()
def input_squares(model: PreTrainedModel, folder: Path) -> dict[str, torch.Tensor]:
    """Mean square of every input of every linear layer, by its name: shape (in,)."""
    tokens = torch.tensor(text.training(folder))
    starts = torch.linspace(0, len(tokens) - LENGTH, ROWS).long()
    ids = torch.stack([tokens[start : start + LENGTH] for start in starts])
    found: dict[str, torch.Tensor] = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found[name] = inputs[0].float().square().flatten(0, -2).mean(0)

        return model.get_submodule(name).register_forward_pre_hook(hook)

    handles = [watch(name) for name, _, _ in linears(model)]
    model(input_ids=ids, use_cache=False)
    for handle in handles:
        handle.remove()
    return found
