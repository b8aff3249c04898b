"""What the eyes beside the clock say ends up in the cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import conditions
from bench.cell import Cell
from bench.clock import Stopwatch
from bench.clockguard import ClockGuard
from bench.note import Note
from bench.record import Status
from bench.vigil import Vigil


@pytest.fixture
def cell() -> Cell:
    return Cell("decode", "int4", None)


def test_the_machine_is_looked_at_before_and_after(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story: list[str] = []
    looks: Iterator[str] = iter(["before", "after"])

    def look(device: str) -> str:
        story.append(f"look {device}")
        return next(looks)

    def between(before: str, after: str, limit: float) -> tuple[dict[str, str], dict[Status, str]]:
        return {"from": before, "to": after}, {"busy": f"beyond {limit}"}

    monkeypatch.setattr(conditions, "look", look)
    monkeypatch.setattr(conditions, "between", between)
    with Vigil(device="cuda:1", busy=0.25).around(Note(cell)):
        story.append("step")
    assert story == ["look cuda:1", "step", "look cuda:1"]
    assert cell.facts["conditions"] == {"from": "before", "to": "after"}
    assert cell.doubts == {"busy": "beyond 0.25"}


def test_a_clock_that_stays_down_throttles_the_cell(cell: Cell) -> None:
    guard = ClockGuard(clock=lambda: 5e8, default=1e9, rest=lambda _: None, discards=2)
    vigil = Vigil(stopwatch=Stopwatch(guard=guard), guard=guard)
    with vigil.around(Note(cell)):
        vigil.stopwatch.lap(lambda: None)
    assert vigil.stopwatch.discarded == 2
    assert "500" not in cell.doubts.get("busy", "")
    assert "SM clock below 75%" in cell.doubts["throttled"]
    assert cell.facts["conditions"]["clocks"]["lowest_clock_hz"] == 5e8


def test_on_a_processor_nothing_is_thrown_away(cell: Cell) -> None:
    vigil = Vigil.over("cpu")
    with vigil.around(Note(cell)):
        vigil.stopwatch.lap(lambda: None)
    assert (vigil.stopwatch.discarded, vigil.stopwatch.device) == (0, None)
    assert "throttled" not in cell.doubts
