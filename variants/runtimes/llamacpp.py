"""Runs a GGUF file in llama.cpp, by its low-level batch calls and the same greedy loop."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy

from bench.errors import Unsupported
from bench.model import Choose, Tokens
from bench.process import environment
from bench.variant import Place
from variants.runtimes import ggml
from variants.runtimes.gguftypes import file_type, prove_types, tensors_of

WITHOUT_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"


def prepare(folder: Path, place: Place) -> None:
    """Everything that costs before a load and is not the model. Raises Unsupported."""
    if b"AMX_INT8 = 1" in ggml.library().llama_print_system_info():
        _try_amx(folder / ggml.FILE)


@cache
def _try_amx(path: Path) -> None:
    """In a process of its own: builds by GCC 12 and older die in their first matrix product."""
    done = subprocess.run(
        [sys.executable, "-m", ggml.__name__, str(path)], env=environment(1), capture_output=True
    )
    if done.returncode < 0:
        raise Unsupported(
            f"llama.cpp dies of {signal.Signals(-done.returncode).name} in its AMX kernels: "
            "compilers up to GCC 12 drop the stores that configure its tiles; install it again "
            f"with CFLAGS='{WITHOUT_AMX}' CXXFLAGS='{WITHOUT_AMX}' "
            "pip install --force-reinstall --no-cache-dir --no-deps llama-cpp-python"
        )


class LlamaModel:
    """`bench.Model` around a GGUF file; on the processor only."""

    def __init__(self, path: Path, place: Place, kind: str, cache_type: str) -> None:
        """`kind`: the file type that the proof insists on, of TYPES, or f32."""
        self._module: ggml.Loaded | None = ggml.Loaded(path, place.threads, cache_type)
        self._kind, self._tensors = kind, tensors_of(path)

    def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one pass over an empty cache."""
        self._live.start(len(tokens), len(tokens[0]))
        return self._live.feed(tokens, 0, every=True)

    def first_token(self, prompt: Tokens) -> Tokens:
        """The most likely next token of every row."""
        return self.generate(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Greedy, exactly `new_tokens`, never stopping at an end token."""
        return self._write(prompt, new_tokens, tick, lambda scores: scores.argmax(-1).tolist())

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """The same loop and cache, each token chosen from its scores."""
        return self._write(prompt, new_tokens, None, choose)

    def _write(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None, choose: Choose
    ) -> Tokens:
        loaded, past, feed = self._live, 0, prompt
        fresh: Tokens = [[] for _ in prompt]
        loaded.start(len(prompt), len(prompt[0]) + new_tokens - 1)  # the last is not read
        for _ in range(new_tokens):
            chosen = choose(loaded.feed(feed, past, every=False)[:, -1])
            past += len(feed[0])
            feed = [[token] for token in chosen]
            for row, token in zip(fresh, chosen, strict=True):
                row.append(int(token))
            if tick is not None:
                tick()
        return fresh

    def proof(self) -> dict[str, Any]:
        """The file's types as they were read from it, and what llama.cpp says of itself."""
        if self._live.context is None:
            self.first_token([[0]])
        loaded = self._live
        prove_types(self._tensors, self._kind, file_type(loaded.path))
        return {
            "class": "llama.cpp",
            "version": loaded.llama.__version__,
            "build": loaded.llama.llama_print_system_info().decode().strip(),
            "device": "cpu",
            "threads": int(loaded.llama.llama_n_threads(loaded.context)),
            "deterministic": True,  # each thread sums its own rows, in one order
            "weight_bytes": self.weight_bytes(),
            "file_type": self._kind,
            "tensors": dict(Counter(kind for kind, _, _ in self._tensors.values())),
            "buffers": dict(re.findall(r"(\S+) model buffer size = +([\d.]+ \w+)", loaded.log)),
            "cache": loaded.cache_type,
            "attention": "written out",
            "simulated": False,
        }

    def weight_bytes(self) -> dict[str, int]:
        """Bytes by ggml's types, as the file holds them."""
        found: Counter[str] = Counter()
        for kind, _, size in self._tensors.values():
            found[kind.lower()] += size
        return dict(found)

    def parameters(self) -> int:
        """Numbers in all tensors; a tied head has none of its own."""
        return sum(count for _, count, _ in self._tensors.values())

    def device_peak(self) -> dict[str, int]:
        """Empty: it runs on the processor."""
        return {}

    def close(self) -> None:
        """Free the file and its context."""
        if self._module is not None:
            self._module.close()
        self._module = None

    @property
    def _live(self) -> ggml.Loaded:
        if self._module is None:
            raise RuntimeError("the model is closed")
        return self._module
