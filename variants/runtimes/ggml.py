"""llama.cpp as a library: kept silent, one file in memory, tokens in and scores out."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy

from bench.errors import Unsupported
from bench.model import Tokens

FILE = "model.gguf"
CACHES = {"f32": 0, "f16": 1}
"""ggml's numbers of the types that keys and values are kept in."""
STEP = 256
"""Positions by which a context grows: llama.cpp pads to it anyway."""


@cache
def library() -> Any:
    """llama.cpp, silent but for what `heard` wants."""
    import llama_cpp

    llama_cpp.llama_log_set(_listen, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return llama_cpp


_heard: list[str] = []


@ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
def _listen(_: int, text: bytes, __: Any) -> None:
    _heard.append(text.decode(errors="replace"))


@contextmanager
def heard() -> Iterator[list[str]]:
    """What llama.cpp says meanwhile, in pieces."""
    _heard.clear()
    yield _heard


class Batch:
    """Room for tokens on their way in, as arrays that llama.cpp reads in place."""

    def __init__(self, llama: Any, rows: int, capacity: int) -> None:
        self.token, self.pos, self.count = numpy.zeros((3, capacity), numpy.int32)
        self.count += 1
        self.logits = numpy.zeros(capacity, numpy.int8)
        self.rows = numpy.arange(rows, dtype=numpy.int32)
        self.row_at = numpy.zeros(capacity, numpy.uintp)
        self.places = self.rows.ctypes.data + self.rows.itemsize * numpy.arange(rows)
        self.struct = llama.llama_batch()
        for name, array in (("token", self.token), ("pos", self.pos), ("n_seq_id", self.count),
                            ("seq_id", self.row_at), ("logits", self.logits)):  # fmt: skip
            kind = dict(llama.llama_batch._fields_)[name]
            setattr(self.struct, name, ctypes.cast(array.ctypes.data, kind))

    def fill(self, tokens: Tokens, past: int, every: bool) -> Any:
        """Rows of equally many tokens behind `past`; scored: all, or each row's last."""
        ids = numpy.asarray(tokens, numpy.int32)
        rows, length = ids.shape
        here = slice(rows * length)
        self.token[here] = ids.reshape(-1)
        self.pos[here] = numpy.tile(numpy.arange(past, past + length), rows)
        self.row_at[here] = numpy.repeat(self.places[:rows], length)
        scored = self.logits[here].reshape(rows, length)
        scored[:] = every
        scored[:, -1] = 1
        self.struct.n_tokens = rows * length
        return self.struct


class Loaded:
    """A file in memory, and the context of the last shape that was asked for."""

    def __init__(self, path: Path, threads: int, cache_type: str) -> None:
        self.llama = library()
        self.path, self.threads, self.cache_type = path, threads, cache_type
        wish = self.llama.llama_model_default_params()
        wish.n_gpu_layers = 0
        with heard() as said:
            self.model = self.llama.llama_model_load_from_file(str(path).encode(), wish)
            self.log = "".join(said)
        if not self.model:
            raise Unsupported(f"llama.cpp cannot load {path.name}: {self.log.strip()[-200:]}")
        vocabulary = self.llama.llama_model_get_vocab(self.model)
        self.vocabulary = int(self.llama.llama_vocab_n_tokens(vocabulary))
        self.shape = (0, 0)
        self.context: Any = None
        self.batch: Any = None

    def start(self, rows: int, length: int) -> None:
        """An empty cache for `rows` texts of `length` tokens."""
        shape = (rows, -(-length // STEP) * STEP)
        if shape != self.shape:
            self._end()
            self._begin(*shape)
        self.llama.llama_memory_clear(self.llama.llama_get_memory(self.context), False)

    def feed(self, tokens: Tokens, past: int, every: bool) -> numpy.ndarray[Any, Any]:
        """Scores behind `past` tokens: (rows, tokens or 1, vocabulary), a copy of its buffer."""
        rows, length = len(tokens), len(tokens[0])
        code = self.llama.llama_decode(self.context, self.batch.fill(tokens, past, every))
        if code:
            raise RuntimeError(f"llama_decode returned {code} for {rows} x {length} tokens")
        shape = (rows, length if every else 1, self.vocabulary)
        found = self.llama.llama_get_logits(self.context)
        return numpy.ctypeslib.as_array(found, shape).copy()

    def try_out(self) -> None:
        """One row and several: both kinds of kernels."""
        self.start(1, 9)
        self.feed([[0] * 8], 0, every=False)
        self.feed([[0]], 8, every=False)

    def close(self) -> None:
        """Free what is not Python's."""
        self._end()
        if self.model:
            self.llama.llama_model_free(self.model)
            self.model = None

    def _begin(self, rows: int, length: int) -> None:
        wish = self.llama.llama_context_default_params()
        wish.n_ctx, wish.n_seq_max = rows * length, rows
        wish.n_batch, wish.n_ubatch = rows * length, min(512, rows * length)
        wish.n_threads = wish.n_threads_batch = self.threads
        wish.type_k = wish.type_v = CACHES[self.cache_type]
        wish.flash_attn_type = 0  # a cache in float32 is for exactness
        wish.no_perf = True
        self.context = self.llama.llama_init_from_model(self.model, wish)
        if not self.context:
            raise Unsupported(f"llama.cpp has no context for {rows} x {length} tokens")
        self.batch = Batch(self.llama, rows, rows * length)
        self.shape = (rows, length)

    def _end(self) -> None:
        if self.context:
            self.llama.llama_free(self.context)
        self.context, self.batch, self.shape = None, None, (0, 0)


if __name__ == "__main__":
    Loaded(Path(sys.argv[1]), 1, "f32").try_out()
