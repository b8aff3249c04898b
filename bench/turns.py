"""One arm of a pair of processes: its timed steps wait for their turn, blocking on a pipe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import IO, Any, TypeVar, cast

import pytest

from bench.cell import Cell
from bench.clock import Lap, Stopwatch, no_collector, with_room
from bench.measure import Measure
from bench.sampling import Plan, Sampled
from bench.vigil import Vigil

Result = TypeVar("Result")

LINE = "WEIGHBRIDGE_LINE"
"""Two file descriptors, to read from and to write to: so its presence says, you are an arm."""
WARM_RUNS = 2


@dataclass(frozen=True)
class Line:
    """The pipes to whoever gives the turns. One JSON object a line; hearing blocks."""

    hears: IO[str]
    says: IO[str]

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.says.write(json.dumps(message) + "\n")
        self.says.flush()

    def hear(self) -> dict[str, Any]:
        """The next message; where the other side is gone, so are we."""
        said = self.hears.readline()
        if not said:
            os._exit(1)
        found: dict[str, Any] = json.loads(said)
        return found


@cache
def line() -> Line | None:
    """The line of this process, where it is an arm."""
    said = os.environ.pop(LINE, None)  # a child of ours is no arm
    if said is None:
        return None
    reads, writes = map(int, said.split(","))
    return Line(os.fdopen(reads, "r"), os.fdopen(writes, "w"))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What came of all turns at one step."""

    laps: tuple[Lap, ...]
    repeats: int
    each: int
    """Laps in a turn."""


def take(line: Line, label: str, step: Callable[[], object], watch: Stopwatch) -> Taken:
    """Warm up and time `step` as the other side says. Raises pytest.skip where it says so."""
    line.say(at=label)
    with no_collector():
        return with_room(lambda: _taken(line, step, watch))


def _taken(line: Line, step: Callable[[], object], watch: Stopwatch) -> Taken:
    laps: list[Lap] = []
    each = repeats = 1
    while (order := line.hear())["do"] != "end":
        if order["do"] == "skip":
            pytest.skip(order["why"])
        if order["do"] == "warm":
            line.say(**_warm(step, watch, order["seconds"]))
            continue
        each, repeats = order["laps"], order["repeats"]
        laps += [watch.lap(step, repeats) for _ in range(each)]
        line.say(done=True)
    return Taken(laps=tuple(laps), repeats=repeats, each=each)


def _warm(step: Callable[[], object], watch: Stopwatch, seconds: float) -> dict[str, Any]:
    """Run it twice, and on until `seconds` have passed; the shortest run's seconds."""
    began, took, runs = perf_counter(), float("inf"), 0
    ticked = False
    while runs < WARM_RUNS or perf_counter() - began < seconds:
        start = perf_counter()
        step()
        took, runs = min(took, perf_counter() - start), runs + 1
        ticked = bool(watch.ticker.drain(start))
    return {"took": took, "ticked": ticked}


class TurnMeasure(Measure):
    """`measure` in an arm: every lap in its turn, no probes, no row of pytest-benchmark."""

    def __init__(self, cell: Cell, benchmark: Any, device: str, line: Line) -> None:
        super().__init__(cell, _Disabled(), Plan(), Vigil.over(device))
        benchmark.skipped = True  # or it would warn that nobody used it
        self._line = line

    def _sampled(self, step: Callable[[], Result]) -> Sampled[Result]:
        watch = self._vigil.stopwatch
        found = take(self._line, self._cell.label, step, watch)
        self.fact("laps_in_a_turn", found.each)
        return Sampled(laps=found.laps, repeats=found.repeats, result=cast(Result, watch.result))

    def _judge(self, found: Sampled[Any]) -> None:
        """The pair is what is judged, not its laps."""


class _Disabled:
    """In the place of pytest-benchmark's fixture."""

    enabled = False
