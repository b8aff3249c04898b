"""Cuts channels out of linear layers exactly: what is left is a smaller layer of the same kind."""

from __future__ import annotations

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from variants.runtimes.shapes import Mlp


def keep_channels(mlp: Mlp, kept: torch.Tensor) -> None:
    """Only the channels `kept` of an MLP stay, in their order."""
    for layer in mlp.into:
        keep_outputs(layer, kept)
    keep_inputs(mlp.out, kept)


def keep_outputs(layer: nn.Module, kept: torch.Tensor) -> None:
    """Only the outputs `kept` stay, with their biases."""
    _slice(layer, kept, 1 if isinstance(layer, Conv1D) else 0)
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach()[kept].clone())


def keep_inputs(layer: nn.Module, kept: torch.Tensor) -> None:
    """Only the inputs `kept` stay."""
    _slice(layer, kept, 0 if isinstance(layer, Conv1D) else 1)


def _slice(layer: nn.Module, kept: torch.Tensor, dim: int) -> None:
    layer.weight = nn.Parameter(layer.weight.detach().index_select(dim, kept).contiguous())
    if isinstance(layer, Conv1D):
        layer.nx, layer.nf = layer.weight.shape
    else:
        layer.out_features, layer.in_features = layer.weight.shape


def blocks(kept: torch.Tensor, size: int) -> torch.Tensor:
    """Indices of all that is in the blocks `kept`, each `size` long."""
    return (kept[:, None] * size + torch.arange(size)).flatten()


def best(score: torch.Tensor, left: int) -> torch.Tensor:
    """Indices of the `left` highest, ascending; of equals the earlier ones."""
    return score.sort(descending=True, stable=True).indices[:left].sort().values
