"""One load of a variant, from nothing to its first answer: its time, its peak, what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

from bench.metrics.memory import give_back, peak_bytes, reset_peak
from bench.model import Model


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one load took."""

    seconds: float
    host_peak: int | None
    """Bytes resident at most; None where it cannot be had."""
    device_peak: Mapping[str, int]
    """What the framework's allocator held at most, as `Model.device_peak` has it."""
    weight_bytes: int
    parameters: int


def watched(load: Callable[[], Model]) -> Load:
    """Load once and close again.

    It is watched until it has answered: mapped weights are not in memory before they are used.
    """
    give_back()
    known = reset_peak()
    start = perf_counter()
    model = load()
    try:
        model.first_token([[0]])
        seconds = perf_counter() - start
        return Load(
            seconds=seconds,
            host_peak=peak_bytes() if known else None,
            device_peak=dict(model.device_peak()),
            weight_bytes=sum(model.weight_bytes().values()),
            parameters=model.parameters(),
        )
    finally:
        model.close()
