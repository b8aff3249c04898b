"""The energy that a token costs, above what the machine takes while it does nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Any

from bench import gpus, rapl
from bench.metric import Metric, Probe, Reading
from bench.workload import Workload

energy_per_token = Metric(
    name="energy_per_token",
    unit="J",
    better="lower",
    kind="timing",
    summary="energy of the device that the model runs on, idle subtracted, per new token; "
    "per prompt token where the step writes one only",
)

host_energy_per_token = Metric(
    name="host_energy_per_token",
    unit="J",
    better="lower",
    kind="timing",
    summary="energy of the processor packages while the model runs on a GPU, likewise",
)

LONG_ENOUGH = 0.5
"""Seconds of steps; NVML's counter moves some ten times a second."""
IDLE = 1.0
"""Seconds over which the idle power is measured, once a session for each source."""
SETTLE = 0.5
"""Seconds of rest before that."""
PATIENCE = 0.5
"""Seconds to wait for a counter to move; one that does not in this time is dead."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A counter of energy and the metric that it serves."""

    name: str
    """Part of the recipe's name."""
    metric: Metric
    read: Callable[[], Any]
    """The counter as it is, or None; equal until it moves."""
    joules: Callable[[Any, Any], float]
    """Between two readings."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A counter just after it moved."""

    at: float
    count: Any


@dataclass
class Energy(Probe):
    """Reads the counters at their own steps, before and after many runs of the step."""

    name = "energy"
    now: Callable[[], float] = perf_counter
    rest: Callable[[float], None] = sleep
    _idle: dict[str, float | None] = field(default_factory=dict)
    """Watts by source."""
    _begun: dict[str, Mark] = field(default_factory=dict)
    _sources: tuple[Source, ...] = ()
    _device: str = "cpu"
    _seen: dict[str, Any] = field(default_factory=dict)

    def start(self, device: str) -> float | None:
        """Find the sources, know the idle power, wait for each counter to move."""
        self._device, self._sources, self._seen = device, sources(device), {}
        for source in self._sources:
            if source.name not in self._idle:
                self._idle[source.name] = self._idle_watts(source)
        alive = [source for source in self._sources if self._idle[source.name] is not None]
        marks = {source.name: self._mark(source) for source in alive}
        self._begun = {name: mark for name, mark in marks.items() if mark}
        return LONG_ENOUGH if self._begun else None

    def stop(self, workload: Workload, rounds: int) -> Mapping[Metric, Reading]:
        """Joules per token of each source."""
        found = dict.fromkeys(metrics_of(self._device), Reading(value=None))
        tokens = workload.batch * (workload.new_tokens or workload.prompt_tokens) * rounds
        kind = "new" if workload.new_tokens else "prompt"
        for source in self._sources if rounds else ():
            net = self._net(source, rounds)
            if net is not None:
                recipe = f"{source.name}, idle subtracted, per {kind} token"
                found[source.metric] = Reading(value=net / tokens, recipe=recipe)
        return found

    def facts(self) -> Mapping[str, Any]:
        """Joules, seconds and idle watts by source."""
        return self._seen

    def _net(self, source: Source, rounds: int) -> float | None:
        """Joules above idle; None where they cannot be told from it.

        The wait for the counter's last step is idle, and goes with the idle power.
        """
        begun, ended = self._begun.get(source.name), self._mark(source)
        idle = self._idle.get(source.name)
        if begun is None or ended is None or idle is None:
            return None
        seconds, joules = ended.at - begun.at, source.joules(begun.count, ended.count)
        self._seen[source.name] = {
            "joules": joules, "seconds": seconds, "rounds": rounds,
            "idle_watts": idle, "idle_seconds": IDLE,
        }  # fmt: skip
        net = joules - idle * seconds
        return net if net > 0 else None

    def _idle_watts(self, source: Source) -> float | None:
        """With the model loaded and nothing running."""
        self.rest(SETTLE)
        first = self._mark(source)
        if first is None:
            return None
        self.rest(IDLE)
        last = self._mark(source)
        return source.joules(first.count, last.count) / (last.at - first.at) if last else None

    def _mark(self, source: Source) -> Mark | None:
        """Wait for the counter's next step, so that its coarseness costs nothing."""
        before, end = source.read(), self.now() + PATIENCE
        while before is not None and self.now() < end:
            count = source.read()
            if count != before:
                return None if count is None else Mark(at=self.now(), count=count)
            self.rest(0.001)
        return None


energy = Energy()


def metrics_of(device: str) -> tuple[Metric, ...]:
    """What should be had on a device, if its sources can be read."""
    return (energy_per_token,) if device == "cpu" else (energy_per_token, host_energy_per_token)


def sources(device: str) -> tuple[Source, ...]:
    """The counters that can be read here, for a model on `device`."""
    found = []
    if gpu := gpus.find(device):
        found.append(Source(
            name="nvml", metric=energy_per_token, read=gpu.joules, joules=lambda a, b: b - a,
        ))  # fmt: skip
    if packages := rapl.packages():
        metric = energy_per_token if device == "cpu" else host_energy_per_token
        found.append(Source(
            name="rapl", metric=metric, read=packages.read, joules=packages.joules,
        ))  # fmt: skip
    return tuple(found)
