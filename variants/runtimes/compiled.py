"""Runs a checkpoint through torch.compile: one graph a shape, never a silent way around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch
from torch._dynamo.utils import compilation_time_metrics, counters
from transformers import PreTrainedModel, StaticCache

from bench.compilation import Compilation
from bench.errors import ProofFailed, Unsupported
from bench.model import Choose, Tokens
from bench.variant import Place
from variants.runtimes import pytorch
from variants.runtimes.plain import in_dtype, load_in
from variants.runtimes.pytorch import PROBED_FORWARDS, TorchModel
from variants.runtimes.stepping import likeliest

BACKEND = "inductor"
STEP = 128
"""Positions by which the cache, and a scored window, grow: each length is a graph of its own."""
MOST = 64
"""Graphs of one forward; torch's own limit of 8 would be met by a grid."""
REGION = "Torch-Compiled Region"
"""What the profiler calls a call of a graph."""
NEAR = {"float32": 1e-3, "bfloat16": 0.2}
"""How far scores may be from the same module's uncompiled, in standard deviations of them all."""
ROW = [(at * 7 + 3) % 16 for at in range(16)]


def prepare(folder: Path, place: Place) -> None:
    """As for every torch model, and what the compiler may do."""
    pytorch.prepare(folder, place)
    torch._inductor.config.freezing = True  # weights become constants, packed for their kernels
    torch._inductor.config.compile_threads = 1  # or helper processes would outlive compiling
    torch._dynamo.config.recompile_limit = MOST
    torch._dynamo.config.fail_on_recompile_limit_hit = True


def load_compiled(folder: Path, place: Place, dtype: str) -> CompiledModel:
    """The checkpoint in `folder` as `dtype`; a shape is compiled when it first comes."""
    return CompiledModel(load_in(folder, place, dtype), facts=in_dtype(folder, dtype))


class CompiledModel(TorchModel):
    """Steps and scores come from compiled graphs; a prompt's pass is the module's own."""

    def __init__(self, module: PreTrainedModel, **more: Any) -> None:
        """Graphs hold weights as constants, so that another model's must be gone."""
        torch._dynamo.reset()
        super().__init__(module, trimmed=False, **more)
        self._compiled: Callable[..., Any] | None = torch.compile(
            module.forward, backend=BACKEND, dynamic=False, fullgraph=True
        )
        self._caches: dict[tuple[int, int], StaticCache] = {}
        self._known: dict[tuple[int, ...], Compilation] = {}
        self._last = Compilation(seconds=0.0, graphs=0)

    def compilation(self) -> Compilation:
        """Of the shape that was last written or scored."""
        return self._last

    def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one uncached compiled forward.

        Padded on the right to a length that has a graph: a causal model's scores do not see it.
        """
        rows, length = len(tokens), len(tokens[0])
        padded = min(_rounded(length), max(length, self._live.config.max_position_embeddings))
        ids = self._ids([row + [0] * (padded - length) for row in tokens])
        with self._running():
            found = self._noted((rows, padded, 0), lambda: self._call(ids, use_cache=False))
            return found[:, :length].float().cpu().numpy()

    def close(self) -> None:
        """Drop the graphs with their constants too."""
        self._compiled = None
        self._caches.clear()
        torch._dynamo.reset()
        super().close()

    def _write(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None,
        choose: Choose | None = None,
    ) -> Tokens:
        if new_tokens <= 1:  # nothing but the prompt's pass
            return self._plain(prompt, new_tokens, tick, choose)
        shape = (len(prompt), _rounded(len(prompt[0]) + new_tokens))
        with self._running():
            return self._noted((*shape, 1), lambda: self._loop(prompt, new_tokens, tick, choose))

    def _loop(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None,
        choose: Choose | None,
    ) -> Tokens:  # fmt: skip
        cache = self._cache(len(prompt), _rounded(len(prompt[0]) + new_tokens))
        more = {"logits_to_keep": 1} if self._last_only else {}
        scores = self._live(
            input_ids=self._ids(prompt), past_key_values=cache, use_cache=True, **more
        ).logits
        fresh: list[torch.Tensor] = []
        while True:
            fresh.append(self._picked(scores[:, -1], choose))
            if tick is not None:
                self._wait()
                tick()
            if len(fresh) == new_tokens:
                return [list(row) for row in torch.cat(fresh, 1).tolist()]
            scores = self._call(fresh[-1], past_key_values=cache, use_cache=True)

    def _picked(self, scores: torch.Tensor, choose: Choose | None) -> torch.Tensor:
        """(batch, vocabulary) -> (batch, 1)."""
        if choose is None:
            return likeliest(scores)
        return self._ids([[token] for token in choose(scores.float().cpu().numpy())])

    def _call(self, ids: torch.Tensor, **more: Any) -> torch.Tensor:
        if self._compiled is None:
            raise RuntimeError("the model is closed")
        found: torch.Tensor = self._compiled(input_ids=ids, **more).logits
        return found

    def _cache(self, rows: int, length: int) -> StaticCache:
        """Empty; the same tensors again for a shape, or its graph would not fit."""
        if (rows, length) not in self._caches:
            self._caches[rows, length] = StaticCache(config=self._live.config, max_cache_len=length)
        self._caches[rows, length].reset()
        return self._caches[rows, length]

    def _noted(self, shape: tuple[int, ...], run: Callable[[], Any]) -> Any:
        """Run, and keep what torch says that compiling took meanwhile."""
        before = _so_far()
        try:
            found = run()
        except torch._dynamo.exc.TorchDynamoException as error:
            raise Unsupported(f"torch.compile: {' '.join(str(error).split())[:300]}") from error
        known = self._known.get(shape, Compilation(seconds=0.0, graphs=0))
        self._last = self._known[shape] = known.plus(_so_far().minus(before))
        return found

    def _probed(self, row: Tokens) -> None:
        self._write(row, PROBED_FORWARDS, None)

    def proof(self) -> dict[str, Any]:
        """TorchModel's, of the graphs: that they ran, how many there are, and what they say."""
        kernels = self._kernels()
        calls = sum(count for name, count in kernels.items() if name.startswith(REGION))
        if calls != PROBED_FORWARDS - 1:
            raise ProofFailed(
                f"expected {PROBED_FORWARDS - 1} calls of compiled graphs, found {calls}"
            )
        return {
            **super().proof(),
            "backend": BACKEND,
            "frozen": bool(torch._inductor.config.freezing),
            **self._prove_near(),
            "graphs": sum(one.graphs for one in self._known.values()),
            "shapes": len(self._known),
        }

    def _prove_near(self) -> dict[str, float]:
        """Scores of steps and of a whole window, compiled and not, in their spread."""
        with self._running():
            whole = self._live(input_ids=self._ids([ROW]), use_cache=False).logits.float()
        wanted, seen = whole.cpu().numpy(), []

        def follow(scores: numpy.ndarray[Any, Any]) -> list[int]:
            seen.append(scores[0].copy())
            return [ROW[min(7 + len(seen), 15)]]

        self._write([ROW[:8]], 9, None, follow)
        gaps = {
            "step_gap": float(numpy.abs(numpy.stack(seen) - wanted[0, 7:]).max() / wanted.std()),
            "whole_gap": float(numpy.abs(self.logits([ROW]) - wanted).max() / wanted.std()),
        }
        limit = NEAR[str(self._live.dtype).removeprefix("torch.")]
        if not max(gaps.values()) <= limit:
            raise ProofFailed(
                f"expected scores within {limit} of the uncompiled ones, found {gaps}"
            )
        return gaps


def _rounded(length: int) -> int:
    return -(-length // STEP) * STEP


def _so_far() -> Compilation:
    """What torch has counted in this process."""
    inner = compilation_time_metrics.get("_compile.compile_inner", [])
    return Compilation(
        seconds=sum(inner),
        graphs=counters["stats"]["unique_graphs"],
        files=len(compilation_time_metrics.get("compile_file", [])),
    )
