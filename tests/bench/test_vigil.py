"""What the eyes beside the clock say ends up in the cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import conditions
from bench.catalog import Catalog
from bench.cell import CELL, Cell
from bench.clock import Stopwatch
from bench.clockguard import ClockGuard
from bench.duel import Duel
from bench.note import Note
from bench.record import Status
from bench.sampling import Plan
from bench.session import SESSION, BenchSession
from bench.settings import Settings
from bench.vigil import Vigil, over_call


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


class Asked:
    """As much of an item as is looked at."""

    def __init__(self, cell: Cell, *found: object) -> None:
        settings = replace(Settings.resolve(lambda _: None, lambda _: None), device="cuda:1")
        bench = BenchSession(settings, Catalog({}, ()), Path(), print)
        self.stash = pytest.Stash()
        self.stash[CELL] = cell
        self.config = SimpleNamespace(stash={SESSION: bench})
        self.funcargs = dict(enumerate(found))


@pytest.mark.parametrize(
    ("kinds", "looked"), [((Note,), True), ((), False), ((Duel,), False), ((Note, Duel), False)]
)
def test_a_cell_without_a_clock_is_watched_over_its_call(
    kinds: tuple[type[Note], ...], looked: bool, cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has a clock watches around that alone."""
    seen: list[str] = []
    monkeypatch.setattr(conditions, "look", seen.append)
    monkeypatch.setattr(conditions, "between", lambda *_: ({"seconds": 1}, {"busy": "others"}))
    notes = [kind(cell, Plan()) if kind is Duel else kind(cell) for kind in kinds]
    with over_call(Asked(cell, "a fixture", *notes)):  # type: ignore[arg-type]
        before = list(seen)
    assert (before, seen) == ((["cuda:1"], ["cuda:1"] * 2) if looked else ([], []))
    assert cell.doubts == ({"busy": "others"} if looked else {})


def test_a_test_of_somebody_elses_is_left_alone(cell: Cell) -> None:
    item = Asked(cell, Note(cell))
    del item.stash[CELL]
    with over_call(item):  # type: ignore[arg-type]
        pass
    assert cell.facts == {}
