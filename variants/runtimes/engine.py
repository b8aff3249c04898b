"""Runs a TensorRT engine on torch tensors' memory, by tensorrt or by tensorrt_rtx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.errors import ProofFailed, Unsupported
from bench.model import Choose, Tokens
from bench.variant import Place
from variants.runtimes import cuda
from variants.runtimes.engine_facts import ENGINE, EngineFacts
from variants.runtimes.onnx_graph import LOGITS, Facts, cache_names

LIBRARIES = ("tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings")
"""Modules with the same interface; the first that imports is taken."""
Dims = tuple[int, ...]


def library() -> Any:
    """The module of whichever is installed."""
    for name in LIBRARIES:
        with suppress(ImportError):
            return import_module(name)
    raise Unsupported("neither tensorrt nor tensorrt_rtx can be imported: install weighbridge[trt]")


def library_name(module: Any) -> str:
    """tensorrt or tensorrt_rtx."""
    return str(module.__name__).removesuffix("_bindings")


def prepare(folder: Path, place: Place) -> None:
    """Everything that costs before a load and is not the model: imports, CUDA's context."""
    torch.set_num_threads(place.threads)
    torch.set_grad_enabled(False)
    library()
    torch.zeros(1, device=place.device)


class EngineModel:
    """`bench.Model` around an engine's execution context."""

    def __init__(self, folder: Path, place: Place) -> None:
        self.key, self.facts = EngineFacts.read(folder), Facts.read(folder)
        self._trt, self._device = library(), torch.device(place.device)
        gpu = torch.cuda.get_device_name(self._device)
        self.key.expect_built_for(library_name(self._trt), self._trt.__version__, gpu)
        self._bytes = (folder / ENGINE).stat().st_size
        with torch.cuda.device(self._device):
            self._logger = self._trt.Logger(self._trt.Logger.ERROR)
            self._runtime = self._trt.Runtime(self._logger)
            self._session = self._runtime.deserialize_cuda_engine((folder / ENGINE).read_bytes())
            if self._session is None:
                raise ProofFailed(f"{folder / ENGINE} is no engine that {self._trt.__name__} reads")
            self._context = self._session.create_execution_context()
            self._stream = torch.cuda.Stream(self._device)

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one forward with an empty past."""
        steps = self._steps(tokens, 0)
        length = len(tokens[0])
        return steps.run(self._ids(tokens), torch.arange(length)).cpu().numpy()

    def first_token(self, prompt: Tokens) -> Tokens:
        """The most likely next token of every row; the cache is built, as for decoding."""
        return self.generate(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Greedy, exactly `new_tokens`, never stopping at an end token."""
        return self._write(prompt, new_tokens, tick, None)

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """The same loop and cache, each token chosen from its scores."""
        return self._write(prompt, new_tokens, None, choose)

    def _write(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None,
        choose: Choose | None,
    ) -> Tokens:
        steps, ids, fresh = self._steps(prompt, new_tokens), self._ids(prompt), []
        for _ in range(new_tokens):
            scores = steps.run(ids, torch.tensor([ids.shape[1] - 1]))[:, -1]
            if choose is None:
                ids = scores.argmax(-1, keepdim=True)
            else:
                ids = self._ids([[token] for token in choose(scores.cpu().numpy())])
            fresh.append(ids)
            if tick is not None:
                torch.cuda.synchronize(self._device)
                tick()
        return [list(row) for row in torch.cat(fresh, 1).tolist()]

    def _steps(self, prompt: Tokens, new_tokens: int) -> _Steps:
        length = len(prompt[0]) + max(0, new_tokens - 1)  # the last token is not fed
        self.key.profile.expect_covers(len(prompt), length)
        return _Steps(self._live, self.facts, self._stream, (len(prompt), length))

    def _ids(self, tokens: Tokens) -> torch.Tensor:
        return torch.tensor(tokens, dtype=torch.long, device=self._device)

    def proof(self) -> dict[str, Any]:
        """The engine's key, its tensors' dtypes, its layers."""
        engine = self._session
        if engine is None:
            raise ProofFailed("expected an engine, the model is closed")
        names = [engine.get_tensor_name(at) for at in range(engine.num_io_tensors)]
        return {
            "class": type(self).__name__,
            "device": str(self._device),
            "threads": torch.get_num_threads(),
            "library": self.key.library,
            "version": self.key.version,
            "gpu": self.key.gpu,
            "profile": {"batch": self.key.profile.batch, "length": self.key.profile.length},
            "profiles": engine.num_optimization_profiles,
            "layers": engine.num_layers,
            "tensors": dict(Counter(str(engine.get_tensor_dtype(name)) for name in names)),
            "activation_bytes": int(getattr(engine, "device_memory_size_v2", 0)),
            "weight_bytes": self.weight_bytes(),
            "attention": "as the builder fused it",
            "simulated": False,
        }

    def weight_bytes(self) -> Mapping[str, int]:
        """Bytes of the engine, which holds its weights and its kernels."""
        return {"engine": self._bytes}

    def parameters(self) -> int:
        """Numbers that the weights stand for, tied ones once; as counted before the export."""
        return self.facts.parameters

    def device_peak(self) -> dict[str, int]:
        """Nothing: torch's allocator does not see what the engine takes."""
        return {}

    def close(self) -> None:
        """Drop context, engine and runtime, in this order."""
        self._context = self._session = self._runtime = None
        cuda.release(self._device)

    @property
    def _live(self) -> Any:
        if self._context is None:
            raise RuntimeError("the model is closed")
        return self._context


class _Steps:
    """Forwards that go on from one another; two sets of cache buffers take turns."""

    def __init__(
        self, context: Any, facts: Facts, stream: torch.cuda.Stream, size: tuple[int, int]
    ) -> None:
        self._context, self._facts, self._stream, self._batch = context, facts, stream, size[0]
        self._names = [cache_names(which, facts.layers) for which in ("past", "present")]
        shape = self._cache_shape(size[1])
        make = lambda: [torch.empty(shape, device=stream.device) for _ in self._names[0]]  # noqa: E731
        # An engine wants an address for an empty past too: a buffer's own serves.
        self._sets, self._done = [make(), make()], 0

    def _cache_shape(self, length: int) -> Dims:
        return (self._batch, self._facts.kv_heads, length, self._facts.head_size)

    def run(self, ids: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
        """Ids (batch, tokens) behind what was run before -> float32 (batch, kept, vocabulary)."""
        context, past = self._context, self._done
        self._done += ids.shape[1]
        given = {
            "input_ids": ids.contiguous(),
            "position_ids": torch.arange(past, self._done, device=ids.device)[None],
            "keep": keep.to(ids.device),
        }
        for name, tensor in given.items():
            _expect(context.set_input_shape(name, tuple(tensor.shape)), name, tensor.shape)
            context.set_tensor_address(name, tensor.data_ptr())
        self._bind_cache(past)
        _expect(not context.infer_shapes(), "its inputs", ())
        shape = tuple(context.get_tensor_shape(LOGITS))
        scores = torch.empty(shape, device=ids.device)
        context.set_tensor_address(LOGITS, scores.data_ptr())
        self._stream.wait_stream(torch.cuda.current_stream(ids.device))
        _expect(context.execute_async_v3(self._stream.cuda_stream), "the forward", shape)
        torch.cuda.current_stream(ids.device).wait_stream(self._stream)
        self._stream.synchronize()  # or what was given could be freed while it is read
        return scores

    def _bind_cache(self, past: int) -> None:
        """The set that was written last is read, the other one written."""
        shape = self._cache_shape(past)
        for name, buffer in zip(self._names[0], self._sets[0], strict=True):
            _expect(self._context.set_input_shape(name, shape), name, shape)
            self._context.set_tensor_address(name, buffer.data_ptr())
        for name, buffer in zip(self._names[1], self._sets[1], strict=True):
            self._context.set_tensor_address(name, buffer.data_ptr())
        self._sets.reverse()


def _expect(accepted: bool, what: str, shape: Any) -> None:
    if not accepted:
        raise Unsupported(f"the engine's profile does not take {what} of {tuple(shape)}")
