"""What is measured, and who watches while it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bench.workload import Workload

Unit = Literal["s", "B", "J", "tok/s", "nat/tok", "1"]


@dataclass(frozen=True, kw_only=True)
class Timed:
    """What the clock saw of one cell."""

    workload: Workload
    seconds: tuple[float, ...]
    """Wall time of each round's whole step."""
    ticks: tuple[tuple[float, ...], ...]
    """Per round: seconds from its start to each tick of the step; empty where it never ticked."""
    device: tuple[float, ...] = ()
    """Per round: seconds on the device's own clock; empty where it has none."""
    repeats: int = 1
    """Runs of the step that each round is the mean of."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A named quantity, always in a base unit; only reports scale it."""

    name: str
    unit: Unit
    better: Literal["lower", "higher"]
    kind: Literal["exact", "timing", "tail", "paired"]
    """How it may be judged: see README, "What a figure is"."""
    summary: str
    derive: Callable[[Timed], Sequence[float] | None] | None = None
    """One value per round from what the clock saw, or None where this cell has no such thing."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a probe saw of one metric."""

    value: float | None
    """None: it could not be had here; never 0 in its place."""
    recipe: str | None = None
    """Names how it was had, where there is more than one way."""


class Probe:
    """Watches extra runs of a step; never shares a run with the clock."""

    name: str
    needs: tuple[str, ...] = ()

    def start(self, device: str) -> float | None:
        """Begin to watch; the seconds for which to repeat the step, 0.0: run it once.

        None: there is nothing to see on this device, and the step need not run.
        """
        raise NotImplementedError

    def stop(self, workload: Workload, rounds: int) -> Mapping[Metric, Reading]:
        """What it saw of `rounds` runs of the step since `start`; none where it could not watch."""
        raise NotImplementedError

    def facts(self) -> Mapping[str, Any]:
        """What it saw last besides readings, in plain values."""
        return {}
