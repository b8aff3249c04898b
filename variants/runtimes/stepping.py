"""A text's forwards, each fed what came since the last: the module's own, or in fewer calls."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from transformers import GPT2LMHeadModel, PreTrainedModel

from variants.runtimes.gpt2 import Gpt2Stepper, is_plain
from variants.runtimes.lean import keep, reserved_cache


class Stepper(Protocol):
    """One batch of texts as it grows, with what its past left in the cache."""

    name: str

    def __call__(self, ids: torch.Tensor, count: int = 1) -> torch.Tensor:
        """(batch, tokens) ids -> (batch, count, vocabulary): the last `count` places' scores."""

    @property
    def read(self) -> int:
        """Tokens of a row that the cache holds."""

    def keep(self, length: int) -> None:
        """Forget what lies behind the first `length` tokens; Unsupported where it cannot be."""


class ModuleStepper:
    """Any causal language model of transformers', by its own forward."""

    name = "transformers"

    def __init__(self, module: PreTrainedModel, length: int, last_only: bool) -> None:
        """`last_only`: its forward can leave the other places' scores out."""
        self._module, self._last_only = module, last_only
        self._cache = reserved_cache(module.config, length)

    def __call__(self, ids: torch.Tensor, count: int = 1) -> torch.Tensor:
        """As Stepper has it."""
        more: dict[str, Any] = {"logits_to_keep": count} if self._last_only else {}
        found = self._module(input_ids=ids, past_key_values=self._cache, use_cache=True, **more)
        scores: torch.Tensor = found.logits[:, -count:]
        return scores

    @property
    def read(self) -> int:
        """As Stepper has it."""
        return int(self._cache.get_seq_length())

    def keep(self, length: int) -> None:
        """As Stepper has it."""
        keep(self._cache, length)


def stepper(module: PreTrainedModel, length: int, last_only: bool) -> Stepper:
    """For texts of `length` tokens: GPT-2's short one where every part is as it was made."""
    if isinstance(module, GPT2LMHeadModel) and is_plain(module):
        return Gpt2Stepper(module, length)
    return ModuleStepper(module, length, last_only)


def likeliest(scores: torch.Tensor) -> torch.Tensor:
    """(..., vocabulary) -> (..., 1): numpy's argmax takes a tenth of the time of torch's."""
    if scores.device.type == "cpu" and scores.dtype is torch.float32:
        return torch.from_numpy(scores.numpy().argmax(-1, keepdims=True))
    return scores.argmax(-1, keepdim=True)
