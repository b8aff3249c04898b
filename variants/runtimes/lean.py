"""The same arithmetic in fewer calls: what a call costs in Python weighs on small models."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import torch
from torch import nn
from torch.nn.functional import gelu
from transformers import DynamicCache, PreTrainedConfig, PreTrainedModel
from transformers.activations import NewGELUActivation
from transformers.cache_utils import DynamicLayer

from bench.errors import Unsupported


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
        past, fresh = self.keys.shape[2], key_states.shape[2]
        self._keys.narrow(2, past, fresh).copy_(key_states)
        self._values.narrow(2, past, fresh).copy_(value_states)
        self.keys = self._keys.narrow(2, 0, past + fresh)
        self.values = self._values.narrow(2, 0, past + fresh)
        return self.keys, self.values

    def keep(self, length: int) -> None:
        """Forget what lies behind the first `length` positions."""
        self.keys, self.values = self.keys[:, :, :length], self.values[:, :, :length]


def reserved_cache(config: PreTrainedConfig, length: int) -> DynamicCache:
    """transformers' cache for `config`, its ordinary layers reserved for `length` positions."""
    cache = DynamicCache(config=config)
    cache.layers = [
        ReservedLayer(length) if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


def keep(cache: DynamicCache, length: int) -> None:
    """Forget what lies behind the first `length` positions of a reserved cache.

    Raises Unsupported where a layer holds a window or a state, which cannot be taken back.
    """
    for layer in cache.layers:
        if not isinstance(layer, ReservedLayer):
            raise Unsupported(
                f"a {type(layer).__name__} cannot forget the drafts that were refused: only models "
                "whose every layer attends to all tokens can decode by drafts"
            )
        if layer.is_initialized:
            layer.keep(length)


class FusedGELU(nn.Module):
    """GPT-2's tanh GELU as the one operator that torch has for it (arXiv 1606.08415)."""

    forward = staticmethod(partial(gelu, approximate="tanh"))


@cache
def _direct(kind: type[nn.Module]) -> type[nn.Module]:
    """`kind` whose call is its forward: half of what a call costs is the search for hooks."""
    own = {"__call__": kind.forward, "__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind,), own)


def lean(module: PreTrainedModel) -> PreTrainedModel:
    """Replace in place what only costs calls: unfused GELUs, idle dropout, hooks, look-ups."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, NewGELUActivation):
                setattr(parent, name, FusedGELU())
            elif isinstance(child, nn.Dropout):
                setattr(parent, name, nn.Identity())
    for part in module.modules():
        if not (part._forward_hooks or part._forward_pre_hooks or "forward" in vars(part)):
            part.__class__ = _direct(type(part))
        # What an instance's own dictionary holds is found without Module.__getattr__.
        vars(part).update({**part._parameters, **part._modules})
    return module


def is_trimmed(part: nn.Module, kind: type[nn.Module]) -> bool:
    """Whether `part` is of exactly that kind, and `lean` found nothing hooked to it."""
    return type(part) is _direct(kind)


def first_broken(module: PreTrainedModel, ids: torch.Tensor) -> str | None:
    """The name of the first module, innermost first, whose output for `ids` is not finite."""
    found: list[str] = []

    def watch(name: str) -> Any:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            if isinstance(first, torch.Tensor) and not torch.isfinite(first).all():
                found.append(name)

        return hook

    for name, part in module.named_modules():
        part.__class__ = _hooked(type(part))
        if name:
            part.register_forward_hook(watch(name))
    module(input_ids=ids, use_cache=False)
    return found[0] if found else None


def _hooked(kind: type[nn.Module]) -> type[nn.Module]:
    """What `_direct` was made of, whose calls run hooks again."""
    return kind.__mro__[1] if vars(kind).get("__call__") is kind.forward else kind
