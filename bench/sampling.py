"""The one loop that times a step. Nothing runs between its two clock reads but the step."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often a step runs."""

    rounds: int = 15
    warmups: int = 2
    """Untimed rounds of the same step, so of the same shape."""


@dataclass(frozen=True, kw_only=True)
class Sampled(Generic[Result]):
    """What came of a plan."""

    seconds: tuple[float, ...]
    ticks: tuple[tuple[float, ...], ...]
    result: Result


class Ticker:
    """Notes when each part of a step was ready; one list append a call."""

    def __init__(self) -> None:
        self._stamps: list[float] = []

    def __call__(self) -> None:
        self._stamps.append(perf_counter())

    def drain(self, start: float) -> tuple[float, ...]:
        """The seconds from `start` to each tick since the last drain."""
        since = tuple(stamp - start for stamp in self._stamps)
        self._stamps.clear()
        return since


def sample(
    step: Callable[[], Result],
    plan: Plan,
    ticker: Ticker,
    after: Callable[[Result], None] | None = None,
) -> Sampled[Result]:
    """Warm up, then time `plan.rounds` rounds; `after` tidies each one up outside the clock."""
    tidy = after or (lambda _: None)
    for _ in range(plan.warmups):
        tidy(step())
    ticker.drain(0.0)
    seconds, ticks = [], []
    with _no_collector():
        for _ in range(plan.rounds):
            start = perf_counter()
            result = step()
            end = perf_counter()
            seconds.append(end - start)
            ticks.append(ticker.drain(start))
            tidy(result)
    return Sampled(seconds=tuple(seconds), ticks=tuple(ticks), result=result)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Python's garbage collector rests: its pauses would land in some rounds only."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
