"""Rows of pytest-benchmark from samples that our own loop measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ReplayClock:
    """A timer that moves only when told: by the next measured sample."""

    __name__ = "replay_clock"  # lands in the JSON as options.timer

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def replay(self, benchmark: Any, seconds: Sequence[float]) -> None:
        """Give `benchmark` (whose marker names this clock as its timer) one round a sample."""
        upcoming = iter(seconds)

        def advance() -> None:
            self._now += next(upcoming)

        benchmark.pedantic(advance, rounds=len(seconds), iterations=1)


CLOCK = ReplayClock()
