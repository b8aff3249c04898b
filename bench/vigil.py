"""What is watched around a cell's clock: the machine before and after, and the GPU's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from bench import conditions
from bench.cell import CELL
from bench.clock import Stopwatch
from bench.clockguard import ClockGuard, watching
from bench.cuda_clock import clock_of
from bench.note import Note
from bench.session import SESSION


@dataclass(frozen=True, kw_only=True)
class Vigil:
    """One cell's stopwatch and the eyes beside it."""

    device: str = "cpu"
    busy: float = conditions.BUSY
    """Share of our processors' time from which others make a cell `busy`."""
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    guard: ClockGuard = field(default_factory=ClockGuard)

    @classmethod
    def over(cls, device: str, busy: float = conditions.BUSY) -> Vigil:
        """For a cell on `device`, with its own clock and its guard where it has them."""
        guard = watching(device)
        return cls(
            device=device,
            busy=busy,
            stopwatch=Stopwatch(device=clock_of(device), guard=guard),
            guard=guard,
        )

    @contextmanager
    def around(self, note: Note) -> Iterator[None]:
        """Look at the machine before and after; say in `note` what was seen, and what to doubt."""
        before = conditions.look(self.device)
        yield
        facts, doubts = conditions.between(before, conditions.look(self.device), self.busy)
        if clocks := self.guard.facts():
            facts["clocks"] = clocks
        note.fact("conditions", facts)
        for status, reason in (*doubts.items(), *self.guard.doubts().items()):
            note.doubt(status, reason)


@contextmanager
def over_call(item: pytest.Item) -> Iterator[None]:
    """Watch over the whole call of a cell that has no clock; `measure` and `duel` watch their own.

    What a cell waits for before its call, such as its model, is not watched.
    """
    asked = getattr(item, "funcargs", {}).values()
    notes = [found for found in asked if isinstance(found, Note)]
    if CELL not in item.stash or [type(note) for note in notes] != [Note]:
        yield
        return
    settings = item.config.stash[SESSION].settings
    with Vigil(device=settings.device, busy=settings.busy_share).around(notes[0]):
        yield
