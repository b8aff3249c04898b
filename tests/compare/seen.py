"""What one tool saw of one quantity in one cell, and the interval that its samples give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.record import Value
from bench.statistics import median_interval

BATCHES, PROMPTS, NEW = (1, 4), (32, 128), 16
CELLS = tuple((batch, prompt) for batch in BATCHES for prompt in PROMPTS)
"""(batch, prompt tokens) of the grid."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How both tools run."""

    threads: int = 2
    rounds: int = 256
    """Timed runs of every cell of ours: fixed, so that our two sessions are alike."""
    hurry: tuple[str, ...] = ()
    """Overrides of the rival's defaults, only for a trial of this script."""


TRIAL = Asked(threads=1, rounds=8, hurry=("scenario.duration=0", "scenario.iterations=8"))
"""Shows that the script runs; its figures say nothing."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A median and its 95 % interval, in base units."""

    value: float
    low: float
    high: float
    count: int
    """Samples; all of them, those before the steady state too."""

    @property
    def width(self) -> float:
        """Half of the interval, as a share of the median."""
        return (self.high - self.low) / 2 / self.value


@dataclass(frozen=True, kw_only=True)
class Session:
    """One sweep of one tool."""

    wall: float
    """Seconds from the start of its command to the command's end."""
    cells: Mapping[tuple[int, int], Mapping[str, Seen]]
    """By (batch, prompt tokens): each quantity by its name."""
    doubts: tuple[str, ...] = ()
    """Cells whose figures the tool itself doubts."""


def of_value(value: Value) -> Seen:
    """As Weighbridge published it."""
    assert value.value is not None and value.low is not None and value.high is not None
    return Seen(value=value.value, low=value.low, high=value.high, count=len(value.samples))


def of_samples(samples: Sequence[float]) -> Seen:
    """As Weighbridge would have published these samples."""
    low, high = median_interval(samples) or (float("-inf"), float("inf"))
    return Seen(value=median(samples), low=low, high=high, count=len(samples))


def once(value: float) -> Seen:
    """A figure without any interval."""
    return Seen(value=value, low=value, high=value, count=1)
