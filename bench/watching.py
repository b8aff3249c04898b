"""Gives a probe runs of a step of its own, as many as it needs, away from the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

from bench.metric import Metric, Probe, Reading
from bench.workload import Workload


def watch(
    probe: Probe, step: Callable[[], object], workload: Workload, device: str
) -> Mapping[Metric, Reading]:
    """What `probe` sees of `step` on `device`; it stops watching whatever becomes of the step."""
    rounds, seconds = 0, probe.start(device)
    try:
        rounds = 0 if seconds is None else repeat(step, seconds)
    finally:
        seen = probe.stop(workload, rounds)
    return seen


def repeat(step: Callable[[], object], seconds: float) -> int:
    """Run `step` until that time has passed, once at least; how often it ran."""
    rounds, end = 0, perf_counter() + seconds
    while not rounds or perf_counter() < end:
        step()
        rounds += 1
    return rounds
