"""What one tool saw of the grid: medians, and the intervals that their samples give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.cell import Cell
from bench.metrics.speed import latency
from bench.note import Note
from bench.record import Value

BATCHES, PROMPTS, NEW = (1, 4), (32, 128), 16
CELLS = tuple((batch, prompt) for batch in BATCHES for prompt in PROMPTS)
"""(batch, prompt tokens) of the grid."""
PARTS = ("prefill", "decode", "generate")
"""Of a generation: until its first scores are ready, from there on, and the whole."""
HEAP = dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), str(2**30))
"""glibc moves these by what a process freed before, and with them the page faults of every step:
the same `generate` took 9.6 or 7.6 ms to its first scores (4 x 128), whichever tool timed it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How both tools run."""

    threads: int = 2
    rounds: int = 256
    """Timed runs of every cell of ours."""
    launches: int = 5
    """Processes of each tool for the medians of the same path, taking turns."""
    hurry: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the rival's defaults, only for a trial of this script."""


TRIAL = Asked(threads=1, rounds=8, launches=1, hurry={"duration": 0, "iterations": 8})
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


Grid = Mapping[tuple[int, int], Mapping[str, Seen]]
"""By (batch, prompt tokens): each quantity by its name."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One command of one tool."""

    wall: float
    """Seconds from its start to its end."""
    cells: Grid
    doubts: tuple[str, ...] = ()
    """Cells whose figures Weighbridge itself doubts."""


def of_value(value: Value) -> Seen:
    """As Weighbridge published it."""
    assert value.value is not None and value.low is not None and value.high is not None
    return Seen(value=value.value, low=value.low, high=value.high, count=len(value.samples))


def of_samples(samples: Sequence[float], cut: int) -> Seen:
    """As Weighbridge would have published somebody else's samples."""
    cell = Cell(suite="", variant="", workload=None)
    Note(cell).samples(latency, samples, cut)
    return of_value(cell.values[latency.name])


def once(value: float) -> Seen:
    """A figure without any interval."""
    return Seen(value=value, low=value, high=value, count=1)
