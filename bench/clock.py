"""The one place that times: nothing runs between its two clock reads but the step."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol, TypeVar

Result = TypeVar("Result")
ROOM = 1 << 16
"""Words of a frame; the chunk that is made for it is the next power of two."""


class DeviceClock(Protocol):
    """Times the same step on the device itself, between two events of its stream."""

    def start(self) -> None:
        """Record the first event."""
        ...

    def stop(self) -> float:
        """Record the second, wait for it, and return the seconds between."""
        ...


class Guard(Protocol):
    """Says after each lap whether the machine ran as it should."""

    def keep(self) -> bool:
        """False: throw this lap away and run another; never for ever."""
        ...


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


@dataclass(frozen=True, kw_only=True)
class Lap:
    """One timed sample of a step; not its result, or a grid's results would fill the memory."""

    seconds: float
    """Wall time of one run."""
    ticks: tuple[float, ...]
    """Seconds from the start to each tick of the step; empty where it never ticked."""
    device: float | None
    """Seconds of one run on the device's own clock, where it has one."""


@dataclass(kw_only=True)
class Stopwatch:
    """Times laps, and knows how many it had to throw away."""

    ticker: Ticker = field(default_factory=Ticker)
    device: DeviceClock | None = None
    guard: Guard | None = None
    discarded: int = 0
    result: object = None
    """What the last run of a step returned."""

    def lap(self, step: Callable[[], object], repeats: int = 1) -> Lap:
        """Time `repeats` runs of `step` in a row; the lap's figures are of one run."""
        lap = self._timed(step, repeats)
        while self.guard is not None and not self.guard.keep():
            self.discarded += 1
            lap = self._timed(step, repeats)
        return lap

    def _timed(self, step: Callable[[], object], repeats: int) -> Lap:
        more, device, on_device = range(repeats - 1), self.device, None
        self.result = None  # the one before would lie in the new one's place
        if device is not None:
            device.start()
        start = perf_counter()
        result = step()
        for _ in more:
            result = step()
        end = perf_counter()
        self.result = result
        if device is not None:
            on_device = device.stop() / repeats
        return Lap(
            seconds=(end - start) / repeats,
            ticks=self.ticker.drain(start),
            device=on_device,
        )


def with_room(call: Callable[[], Result]) -> Result:
    """Run `call`, within which steps are timed, where Python's stack has room for them.

    CPython (3.11 on) keeps frames in chunks of 16 KiB and gives a chunk back when the first frame
    in it returns. A step whose inner calls cross a chunk's end maps and unmaps memory thousands of
    times: 48 calls deeper the same `generate` took twice as long, so that a figure would depend on
    how deep the test stands in pytest. A frame of half a MiB makes a chunk that it does not fill.
    """
    return call()


with_room.__code__ = with_room.__code__.replace(co_stacksize=ROOM)


@contextmanager
def no_collector() -> Iterator[None]:
    """Python's garbage collector rests: its pauses would land in some laps only."""
    was_on = gc.isenabled()
    gc.collect(1)  # the old generation takes long, and is not looked at while the collector rests
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
