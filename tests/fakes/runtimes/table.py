"""A model that is one table: a token's scores are its row against every other row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy

from bench.model import Choose, Tokens
from bench.variant import Place
from tests.fakes.recipes import checkpoint


def prepare(folder: Path, place: Place) -> None:
    """Nothing costs anything here."""


class TableModel:
    """`bench.Model` without a framework."""

    def __init__(self, folder: Path, place: Place) -> None:
        numbers, code = checkpoint.read_table(folder)
        self._dtype = {"f": "float32", "b": "int8"}[code]
        stored = numpy.array(numbers, dtype=self._dtype).reshape(checkpoint.VOCABULARY, -1)
        self._stored: numpy.ndarray[Any, Any] | None = stored
        self._threads = place.threads

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
        return {"dtype": self._dtype, "threads": self._threads, "simulated": self._dtype == "int8"}

    def weight_bytes(self) -> Mapping[str, int]:
        return {self._dtype: int(self._live.nbytes)}

    def parameters(self) -> int:
        return int(self._live.size)

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
