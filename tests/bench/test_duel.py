"""ABBA blocks on a clock that the two steps move, with a drift that must cancel."""

from __future__ import annotations

import pytest

from bench import clock as clocks
from bench import sampling
from bench.cell import Cell
from bench.duel import RECIPE, Duel
from bench.sampling import Plan
from bench.workload import Workload
from tests.bench.hands import Hands


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    for room in (sampling, clocks):
        monkeypatch.setattr(room, "perf_counter", found)
    return found


class Arm:
    """A step of `first` seconds to its first tick and `rest` for the two that follow."""

    def __init__(self, clock: Hands, story: list[str], name: str, first: float, rest: float):
        self.clock, self.story, self.name = clock, story, name
        self.first, self.rest = first, rest
        self.factor, self.drift = 1.0, 1.0

    def run(self, duel: Duel) -> None:
        self.story.append(self.name)
        for part in (self.first, self.rest / 2, self.rest / 2):
            self.clock.now += part
            duel.tick()


def duel(plan: Plan) -> tuple[Cell, Duel]:
    cell = Cell("speedup", "int4", Workload(1, 8, 3))
    return cell, Duel(cell, plan)


def test_the_order_is_abba_after_both_are_warm(clock: Hands) -> None:
    story: list[str] = []
    _, both = duel(Plan(rounds=2, warmups=1))
    teacher, variant = Arm(clock, story, "a", 1, 1), Arm(clock, story, "b", 1, 1)
    both(lambda: teacher.run(both), lambda: variant.run(both))
    assert "".join(story) == "ab" + "abba" * 2


def test_each_part_has_its_own_ratio(clock: Hands) -> None:
    cell, both = duel(Plan(rounds=3, warmups=1))
    teacher, variant = Arm(clock, [], "a", 4.0, 12.0), Arm(clock, [], "b", 8.0, 4.0)
    both(lambda: teacher.run(both), lambda: variant.run(both))
    found = {name: value.value for name, value in cell.values.items()}
    assert found == pytest.approx(
        {"first_token_speedup": 0.5, "decode_speedup": 3.0, "latency_speedup": 16 / 12}
    )
    assert all(value.recipe == RECIPE for value in cell.values.values())
    assert cell.facts["laps"] == {"teacher": [16.0] * 6, "variant": [12.0] * 6}
    assert "few_samples" in cell.doubts


def test_a_drift_in_equal_ratios_cancels_out(clock: Hands) -> None:
    """Every lap takes 1 % longer than the one before it: in turns nothing of it is left."""
    cell, both = duel(Plan(rounds=8, warmups=1))
    now = [1.0]

    def step(seconds: float) -> None:
        now[0] *= 1.01
        clock.now += seconds * now[0]

    both(lambda: step(2.0), lambda: step(1.0))
    assert set(cell.values) == {"latency_speedup"}
    assert cell.values["latency_speedup"].samples == pytest.approx([2.0] * 8)


def test_enough_blocks_are_not_in_doubt(clock: Hands) -> None:
    cell, both = duel(Plan(precision=0.05, budget=1e9))
    teacher, variant = Arm(clock, [], "a", 1, 3), Arm(clock, [], "b", 1, 1)
    both(lambda: teacher.run(both), lambda: variant.run(both))
    assert set(cell.doubts) <= {"busy"}  # which the machine may be
    value = cell.values["decode_speedup"]
    assert (value.value, value.low, value.high) == pytest.approx((3.0, 3.0, 3.0))
    assert value.estimator == "median"
