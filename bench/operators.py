"""What a step spends its time in, as a runtime's own profiler tells it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

MOST = 40
"""Operators that a record names; the rest are counted, and all stand in the trace."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """All calls of one operator in one run of a step."""

    name: str
    calls: int
    cpu_seconds: float | None
    """Of its own, without the operators that it called; None where the profiler does not say."""
    device_seconds: float | None = None
    """The same on the GPU; None on a processor."""

    @property
    def seconds(self) -> float:
        """By which it is ranked."""
        return (self.cpu_seconds or 0.0) + (self.device_seconds or 0.0)


@runtime_checkable
class Profiling(Protocol):
    """What a Model may offer besides: a run of a step of its own under its runtime's profiler."""

    profiler: str
    """Such as torch.profiler."""

    def profile(self, step: Callable[[], object], trace: Path) -> Iterable[Operator]:
        """Run `step` once, watched; leave a trace in Chrome's JSON form at `trace`."""
        ...


def table(operators: Iterable[Operator]) -> dict[str, Any]:
    """The longest first, MOST of them, and the sums over all."""
    ranked = sorted(operators, key=lambda one: (-one.seconds, one.name))
    return {
        "cpu_seconds": _sum(one.cpu_seconds for one in ranked),
        "device_seconds": _sum(one.device_seconds for one in ranked),
        "left_out": max(len(ranked) - MOST, 0),
        "operators": [
            {
                "operator": one.name,
                "calls": one.calls,
                "cpu_seconds": one.cpu_seconds,
                "device_seconds": one.device_seconds,
            }
            for one in ranked[:MOST]
        ],
    }


def _sum(seconds: Iterable[float | None]) -> float | None:
    known = [second for second in seconds if second is not None]
    return sum(known) if known else None
