"""A model that is one table: a token's scores are its row against every other row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy

from bench.model import Choose, Tokens
from bench.roofline import Work
from bench.variant import Place
from tests.fakes.recipes import checkpoint


def prepare(folder: Path, place: Place) -> None:
    """Nothing costs anything here."""


def limits(place: Place) -> dict[str, Any]:
    """A machine with round figures."""

    def limit(value: float) -> dict[str, Any]:
        seen = [value, 2 * value, value / 2]
        return {
            "limit": value, "best": 2 * value, "spread": 1.5, "kernel": "none", "size": 1,
            "samples": seen,
        }  # fmt: skip

    return {
        "device": place.device, "threads": place.threads, "cache_bytes": None,
        "read_bandwidth": limit(1e12), "matmul": {"float32": limit(1e15)}, "seconds": 0.0,
    }  # fmt: skip


class TableModel:
    """`bench.Model` without a framework."""

    def __init__(self, folder: Path, place: Place) -> None:
        numbers, code = checkpoint.read_table(folder)
        self._dtype = {"f": "float32", "b": "int8"}[code]
        stored = numpy.array(numbers, dtype=self._dtype).reshape(checkpoint.VOCABULARY, -1)
        self._stored: numpy.ndarray[Any, Any] | None = stored
        self._threads = place.threads
        self._deterministic = place.deterministic

    def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
        table = self._live.astype("float32")
        scaled: numpy.ndarray[Any, Any] = table / numpy.abs(table).max()
        return scaled[numpy.array(tokens)] @ scaled.T

    def first_token(self, prompt: Tokens) -> Tokens:
        return self._greedy(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        return self._greedy(prompt, new_tokens, tick)

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        return self._greedy(prompt, new_tokens, choose=choose)

    def proof(self) -> Mapping[str, Any]:
        return {
            "dtype": self._dtype,
            "threads": self._threads,
            "weight_bytes": dict(self.weight_bytes()),
            "deterministic": self._deterministic,
            "simulated": self._dtype == "int8",
        }

    def weight_bytes(self) -> Mapping[str, int]:
        return {self._dtype: int(self._live.nbytes)}

    def parameters(self) -> int:
        return int(self._live.size)

    def work(self) -> Work:
        """Every token's row is set against the whole table; there is no cache."""
        return Work(
            computed_in="float32", table_bytes=0, body=0, head=self.parameters(),
            last_only=True, layers=0, heads=0, kv_heads=0, head_size=0, cache_item=4,
        )  # fmt: skip

    def device_peak(self) -> Mapping[str, int]:
        return {}

    def close(self) -> None:
        self._stored = None

    def _greedy(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None = None,
        choose: Choose = lambda scores: [int(token) for token in scores.argmax(-1)],
    ) -> Tokens:
        rows: Tokens = [[] for _ in prompt]
        last = [row[-1] for row in prompt]
        for _ in range(new_tokens):
            last = choose(self.logits([last])[0])
            for row, token in zip(rows, last, strict=True):
                row.append(token)
            if tick is not None:
                tick()
        return rows

    @property
    def _live(self) -> numpy.ndarray[Any, Any]:
        if self._stored is None:
            raise RuntimeError("the model is closed")
        return self._stored
