"""A model that answers by transformers' `generate`, called as optimum-benchmark 0.6.0 calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy
import torch
from transformers import LogitsProcessor, LogitsProcessorList, PreTrainedModel

from bench.errors import ProofFailed
from bench.model import Choose, Tokens


class Ready(LogitsProcessor):
    """Ticks where each step's scores are ready.

    A class, since transformers asks for the signature of every processor's `__call__` at every
    step, which takes 0.4 ms where that is a plain function's.
    """

    def __init__(self, tick: Callable[[], None] | None) -> None:
        self._tick = tick

    def __call__(self, _: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self._tick is not None:
            self._tick()
        return scores


class GeneratingModel:
    """`bench.Model` around `module.generate`, on the CPU."""

    def __init__(self, module: PreTrainedModel) -> None:
        self._module = module
        self._prompt: Tokens | None = None

    def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one uncached forward."""
        with torch.inference_mode():
            scores = self._module(input_ids=torch.tensor(tokens), use_cache=False).logits
        return numpy.asarray(scores)

    def first_token(self, prompt: Tokens) -> Tokens:
        """One token of `generate`."""
        return self.generate(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Greedy; `tick` is called where each step's scores are ready, before a token is chosen."""
        with torch.inference_mode():
            whole = self._module.generate(
                **self._inputs(prompt),
                num_return_sequences=1,
                max_new_tokens=new_tokens,
                min_new_tokens=new_tokens,
                do_sample=False,
                use_cache=True,
                num_beams=1,
                logits_processor=LogitsProcessorList([Ready(tick)]),
            )
        return [list(row) for row in whole[:, len(prompt[0]) :].tolist()]

    def _inputs(self, prompt: Tokens) -> dict[str, torch.Tensor]:
        """Made once a prompt, as there, so that no round times it."""
        if prompt is not self._prompt:
            ids = torch.tensor(prompt)
            self._prompt = prompt
            self._kept = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        return self._kept

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """Not by `generate`."""
        raise NotImplementedError("hf_generate only runs transformers' generate")

    def proof(self) -> dict[str, Any]:
        """Its class is transformers' own, and so are all of its modules."""
        parts = {type(module).__module__.partition(".")[0] for module in self._module.modules()}
        if parts - {"torch", "transformers"}:
            raise ProofFailed(f"expected modules of torch and transformers, found {parts}")
        return {
            "class": type(self._module).__name__,
            "device": str(self._module.device),
            "threads": torch.get_num_threads(),
            "parts": sorted(parts),
        }

    def weight_bytes(self) -> Mapping[str, int]:
        """Bytes of parameters, tied ones once."""
        return {"float32": 4 * self.parameters()}

    def parameters(self) -> int:
        """Numbers, tied ones once."""
        return sum(parameter.numel() for parameter in self._module.parameters())

    def device_peak(self) -> Mapping[str, int]:
        """The host has no such thing."""
        return {}

    def close(self) -> None:
        """Let go of the module."""
        del self._module
