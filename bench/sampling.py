"""How often a step is timed: warm-up, looks at geometric counts, precision and budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Generic, TypeVar, cast

from bench.clock import Lap, Stopwatch, no_collector, with_room
from bench.steady import ENOUGH, steady_from, steady_interval

Result = TypeVar("Result")
Item = TypeVar("Item")

LOOKS = (ENOUGH, 2 * ENOUGH, 4 * ENOUGH)
"""The only counts at which the samples are looked at: a look after each one would stop on luck."""
SHORTEST = 1e-3
"""Seconds a sample lasts at least; a shorter step is repeated inside, or the clock is measured."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often a step runs."""

    rounds: int | None = None
    """Exactly so many; None: until `precision` is reached at a look, or `budget` is spent."""
    precision: float = 0.03
    """Half-width wanted of the 95 % interval, as a share of the median."""
    budget: float = 10.0
    """Seconds that all timed rounds together may take."""
    warmups: int = 2
    """Untimed rounds of the same step, so of the same shape."""
    told: Callable[[int, float], None] = lambda laps, reached: None
    """Hears of each look, between two laps: how many there are, and the precision reached."""


@dataclass(frozen=True, kw_only=True)
class Sampled(Generic[Result]):
    """What came of a plan."""

    laps: tuple[Lap, ...]
    repeats: int
    """Runs of the step inside one lap."""
    result: Result
    """What the last lap's step returned."""

    @property
    def seconds(self) -> tuple[float, ...]:
        """Wall time of one run, by lap."""
        return tuple(lap.seconds for lap in self.laps)

    @property
    def ticks(self) -> tuple[tuple[float, ...], ...]:
        """By lap."""
        return tuple(lap.ticks for lap in self.laps)

    @property
    def device(self) -> tuple[float, ...]:
        """Seconds on the device's own clock, by lap; empty where it has none."""
        return tuple(lap.device for lap in self.laps if lap.device is not None)


def sample(step: Callable[[], Result], plan: Plan, watch: Stopwatch) -> Sampled[Result]:
    """Warm up, then time laps of `step` until the plan has what it wants."""

    def timed() -> tuple[int, list[Lap]]:
        repeats = warm_up(step, plan, watch)
        return repeats, rounds(lambda: watch.lap(step, repeats), lambda lap: lap.seconds, plan)

    with no_collector():
        repeats, laps = with_room(timed)
    return Sampled(laps=tuple(laps), repeats=repeats, result=cast(Result, watch.result))


def warm_up(step: Callable[[], object], plan: Plan, watch: Stopwatch) -> int:
    """Run `step` untimed; how often it must run in a lap for the lap to be long enough."""
    took, ticked = math.inf, False
    for _ in range(plan.warmups):
        start = perf_counter()
        step()
        took = min(took, perf_counter() - start)
        ticked = bool(watch.ticker.drain(start))
    if ticked or not 0 < took < SHORTEST:  # the ticks of many runs could not be told apart
        return 1
    return math.ceil(SHORTEST / took)


def rounds(one: Callable[[], Item], figure: Callable[[Item], float], plan: Plan) -> list[Item]:
    """Call `one` until the plan has what it wants of `figure`, looked at rarely."""
    found: list[Item] = []
    end = perf_counter() + plan.budget
    while not _spent(len(found), plan, end):
        found.append(one())
        if plan.rounds is None and len(found) in LOOKS:
            reached = precision_of([figure(item) for item in found])
            end += _tell(plan, len(found), reached)
            if reached <= plan.precision or len(found) == LOOKS[-1]:
                break
    return found


def _spent(count: int, plan: Plan, end: float) -> bool:
    if plan.rounds is not None:
        return count >= plan.rounds
    return count > 0 and perf_counter() >= end


def _tell(plan: Plan, count: int, reached: float) -> float:
    """The seconds that it took: no lap holds them, and the budget does not pay for them."""
    start = perf_counter()
    plan.told(count, reached)
    return perf_counter() - start


def precision_of(samples: Sequence[float]) -> float:
    """The half-width of the median's interval as its share, behind the cut."""
    rest = samples[steady_from(samples) :]
    low, high = steady_interval(rest) or (-math.inf, math.inf)
    return (high - low) / 2 / abs(median(rest)) if median(rest) else 0.0
