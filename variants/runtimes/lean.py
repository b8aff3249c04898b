"""The same arithmetic in fewer calls: what a call costs in Python weighs on small models."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.functional import gelu
from transformers import DynamicCache, PreTrainedConfig, PreTrainedModel
from transformers.activations import NewGELUActivation
from transformers.cache_utils import DynamicLayer


class ReservedLayer(DynamicLayer):
    """A cache layer whose whole length is reserved at once, so that no step copies the past."""

    _layer_type = None  # or transformers would take this class for its own default

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Reserve (batch, heads, length, head size) for keys and values."""
        self.dtype, self.device = key_states.dtype, key_states.device
        batch, heads, _, size = key_states.shape
        self._keys = key_states.new_empty(batch, heads, self._length, size)
        self._values = value_states.new_empty(batch, heads, self._length, value_states.shape[3])
        self.keys, self.values = self._keys[:, :, :0], self._values[:, :, :0]
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new states behind the past ones; returns views of all so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        past = self.keys.shape[-2]
        now = past + key_states.shape[-2]
        self._keys[:, :, past:now] = key_states
        self._values[:, :, past:now] = value_states
        self.keys, self.values = self._keys[:, :, :now], self._values[:, :, :now]
        return self.keys, self.values


def reserved_cache(config: PreTrainedConfig, length: int) -> DynamicCache:
    """transformers' cache for `config`, its ordinary layers reserved for `length` positions."""
    cache = DynamicCache(config=config)
    cache.layers = [
        ReservedLayer(length) if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


class FusedGELU(nn.Module):
    """GPT-2's tanh GELU as the one operator that torch has for it (arXiv 1606.08415)."""

    forward = staticmethod(partial(gelu, approximate="tanh"))


def lean(module: PreTrainedModel) -> PreTrainedModel:
    """Replace in place what only costs calls: unfused GELUs, dropout that does nothing."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, NewGELUActivation):
                setattr(parent, name, FusedGELU())
            elif isinstance(child, nn.Dropout):
                setattr(parent, name, nn.Identity())
    return module
