"""Rows of pytest-benchmark from samples that our own loop measured, here, in a child or before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bench.cell import CELL, Cell, callspec_id
from bench.record import Record


class ReplayClock:
    """A timer that shows what it is told: nothing at a round's start, its sample at the end."""

    __name__ = "replay_clock"  # lands in the JSON as options.timer

    def __init__(self) -> None:
        self._shows = 0.0

    def __call__(self) -> float:
        shown, self._shows = self._shows, 0.0  # not a running sum, whose differences are rounded
        return shown

    def replay(self, benchmark: Any, seconds: Sequence[float]) -> None:
        """Give `benchmark` (whose marker names this clock as its timer) one round a sample."""
        upcoming = iter(seconds)

        def advance() -> None:
            self._shows = next(upcoming)

        benchmark.pedantic(advance, rounds=len(seconds), iterations=1)


CLOCK = ReplayClock()


def title(benchmark: Any, cell: Cell) -> None:
    """Name pytest-benchmark's row as the cell."""
    benchmark.name = benchmark.fullname = cell.label
    benchmark.group = f"{cell.suite} {cell.workload}"
    benchmark.params = {"variant": cell.variant, "workload": str(cell.workload)}


def stand_in(item: pytest.Item, record: Record, seconds: Sequence[float]) -> pytest.Item:
    """An item in the place of `item`, whose cell was measured elsewhere: it replays, in no time.

    `seconds` are the samples of its clock; empty where it has none.
    """
    cell = Cell(record.suite, record.variant, record.workload, known=record)

    def replay(benchmark: Any) -> None:
        title(benchmark, cell)
        benchmark.param = callspec_id(item)
        CLOCK.replay(benchmark, seconds)

    def nothing() -> None:
        """The record is all there is."""

    body = replay if seconds else nothing
    double = pytest.Function.from_parent(item.parent, name=item.name, callobj=body)
    double.add_marker(pytest.mark.benchmark(timer=CLOCK))
    double.stash[CELL] = cell
    return double
