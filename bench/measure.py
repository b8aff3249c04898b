"""The `measure` fixture's object: times a step, and lets every metric and probe have its say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from bench.cell import Cell
from bench.discovery import find
from bench.doubts import of_samples
from bench.metric import Metric, Probe, Timed
from bench.needs import why_unmet
from bench.note import Note
from bench.profiling import Profiler
from bench.replay import CLOCK
from bench.sampling import Plan, Sampled, precision_of, sample
from bench.steady import effective, steady_from
from bench.vigil import Vigil
from bench.watching import watch
from bench.workload import Workload

Result = TypeVar("Result")


class Measure(Note):
    """What a suite calls where plain pytest-benchmark calls `benchmark`."""

    def __init__(
        self,
        cell: Cell,
        benchmark: Any,
        plan: Plan,
        vigil: Vigil | None = None,
        profiler: Profiler | None = None,
    ) -> None:
        super().__init__(cell)
        self._profiler = profiler
        self._benchmark = benchmark
        self._plan = plan
        self._vigil = vigil or Vigil()
        self.tick = self._vigil.stopwatch.ticker
        """Hand this to a step that can say when each of its parts is ready."""
        self.timed: Timed
        """What the clock saw in the last call; a suite derives figures of its own from it."""
        self.cut = 0
        """How many of its laps came before the steady state."""

    def __call__(self, step: Callable[[], Result], metric: Metric) -> Result:
        """Time `step`; the whole step's seconds are `metric`, all others are derived."""
        workload = self._cell.workload
        if workload is None:
            raise TypeError("a suite that measures time needs a `workload`: declare a GRID")
        with self._vigil.around(self):
            found = self._sampled(step)
        self.timed = Timed(
            workload=workload,
            seconds=found.seconds,
            ticks=found.ticks,
            device=found.device,
            repeats=found.repeats,
        )
        self.cut = steady_from(found.seconds)
        self._judge(found)
        self.samples(metric, found.seconds, self.cut)
        for other in metrics().values():
            if other.derive and (derived := other.derive(self.timed)) is not None:
                self.samples(other, derived, self.cut)
        if self._benchmark.enabled:
            self._probe(step, workload)
            if self._profiler:
                self._profiler(step, self, self._cell.label)
                self.tick.drain(0.0)
            CLOCK.replay(self._benchmark, found.seconds[self.cut :])  # one median, not two
            self._cell.clocked = True
        return found.result

    def _sampled(self, step: Callable[[], Result]) -> Sampled[Result]:
        return sample(step, self._plan, self._vigil.stopwatch)

    def _judge(self, found: Sampled[Any]) -> None:
        for status, reason in of_samples(found.seconds, self.cut, self._plan):
            self.doubt(status, reason)
        self.fact(
            "sampling",
            {
                "laps": len(found.seconds),
                "repeats": found.repeats,
                "cut": self.cut,
                "effective": effective(found.seconds[self.cut :]),
                "precision": precision_of(found.seconds),
                "discarded": self._vigil.stopwatch.discarded,
            },
        )

    def _probe(self, step: Callable[[], object], workload: Workload) -> None:
        """After the clock, so that no probe slows a timed lap."""
        for probe in probes().values():
            for metric, seen in watch(probe, step, workload, self._vigil.device).items():
                known = [] if seen.value is None else [seen.value]
                self.samples(metric, known, recipe=seen.recipe)
            self.tick.drain(0.0)
            if facts := probe.facts():
                self.fact(probe.name, dict(facts))


@cache
def metrics() -> Mapping[str, Metric]:
    """Every metric that a file of bench/metrics declares."""
    return find("bench.metrics", Metric)


@cache
def probes() -> Mapping[str, Probe]:
    """Every probe whose needs are met here."""
    found = find("bench.metrics", Probe)
    return {name: probe for name, probe in found.items() if not why_unmet(probe.needs)}
