"""The `measure` and `note` fixtures' objects: what a suite says about its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any, TypeVar

from bench.cell import Cell
from bench.discovery import find
from bench.metric import Metric, Probe, Timed
from bench.needs import why_unmet
from bench.record import Status, Value
from bench.replay import CLOCK
from bench.sampling import Plan, Ticker, sample
from bench.statistics import Interval, mean_interval, median_interval, weighted_mean

Result = TypeVar("Result")


class Note:
    """The `note` fixture: puts values into the cell's record."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def exact(self, metric: Metric, value: float | None) -> None:
        """A value that repeats to the last digit; None: it cannot be had here."""
        self._put(metric, value)

    def warn(self, sentence: str) -> None:
        """What a reader must know before believing this cell."""
        self._cell.warnings.append(sentence)

    def doubt(self, status: Status, reason: str) -> None:
        """Mark the cell's figures as doubtful: its status, instead of `measured`."""
        self._cell.doubts.setdefault(status, reason)

    def fact(self, name: str, found: Any) -> None:
        """Keep what was seen besides figures, in plain values."""
        self._cell.facts[name] = found

    def samples(self, metric: Metric, samples: Sequence[float]) -> None:
        """Repeated observations: their median and its interval."""
        if not samples:
            self._put(metric, None)
            return
        self._put(metric, median(samples), median_interval(samples), samples)

    def blocks(
        self, metric: Metric, samples: Sequence[float], weights: Sequence[float], recipe: str
    ) -> Value:
        """Means of blocks that count by their weights: the mean over all, and its interval."""
        mean, interval = weighted_mean(samples, weights), mean_interval(samples, weights)
        self.estimate(metric, mean, interval, recipe)
        whole = replace(
            self._cell.values[metric.name], samples=tuple(samples), weights=tuple(weights)
        )
        self._cell.values[metric.name] = whole
        return whole

    def estimate(self, metric: Metric, value: float, interval: Interval, recipe: str) -> None:
        """A value that the suite worked out itself, by a recipe that has a name."""
        self._put(metric, value, interval, recipe=recipe)

    def _put(
        self,
        metric: Metric,
        value: float | None,
        interval: Interval = None,
        samples: Sequence[float] = (),
        recipe: str | None = None,
    ) -> None:
        low, high = interval or (None, None)
        self._cell.values[metric.name] = Value(
            value=value,
            unit=metric.unit,
            kind=metric.kind,
            better=metric.better,
            low=low,
            high=high,
            samples=tuple(float(sample) for sample in samples),
            recipe=recipe,
        )


class Measure(Note):
    """The `measure` fixture: what a suite calls where plain pytest-benchmark calls `benchmark`."""

    def __init__(self, cell: Cell, benchmark: Any, plan: Plan) -> None:
        super().__init__(cell)
        self._benchmark = benchmark
        self._plan = plan
        self.tick = Ticker()
        """Hand this to a step that can say when each of its parts is ready."""

    def __call__(self, step: Callable[[], Result], metric: Metric) -> Result:
        """Time `step`; the whole step's seconds are `metric`, all others are derived."""
        workload = self._cell.workload
        if workload is None:
            raise TypeError("a suite that measures time needs a `workload`: declare a GRID")
        sampled = sample(step, self._plan, self.tick)
        timed = Timed(workload=workload, seconds=sampled.seconds, ticks=sampled.ticks)
        self.samples(metric, timed.seconds)
        for other in metrics().values():
            if other.derive and (found := other.derive(timed)) is not None:
                self.samples(other, found)
        self._watch(step)
        if self._benchmark.enabled:
            CLOCK.replay(self._benchmark, timed.seconds)
            self._cell.clocked = True
        return sampled.result

    def _watch(self, step: Callable[[], object]) -> None:
        """After the clock, so that no probe slows a timed round."""
        for probe in probes().values():
            probe.start()
            try:
                step()
            finally:
                seen = probe.stop()
            self.tick.drain(0.0)
            for metric, value in seen.items():
                self.samples(metric, [value])


@cache
def metrics() -> Mapping[str, Metric]:
    """Every metric that a file of bench/metrics declares."""
    return find("bench.metrics", Metric)


@cache
def probes() -> Mapping[str, Probe]:
    """Every probe whose needs are met here."""
    found = find("bench.metrics", Probe)
    return {name: probe for name, probe in found.items() if not why_unmet(probe.needs)}
