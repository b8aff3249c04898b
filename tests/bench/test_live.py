"""What is shown of a recipe and of a cell, and that no clock pays for it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from bench import clock as clocks
from bench import live as room
from bench import sampling
from bench.clock import Stopwatch
from bench.live import Cells, Making
from bench.progress import Step
from bench.sampling import LOOKS, Plan, sample
from bench.screen import Screen
from tests.bench.hands import Hands


class Seen(Screen):
    """A screen that keeps what it was given."""

    def __init__(self) -> None:
        self.shown: list[list[str]] = []

    def show(self, parts: Sequence[str]) -> None:
        self.shown.append([part for part in parts if part])

    def clear(self) -> None:
        self.shown.append([])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    monkeypatch.setattr(sampling, "perf_counter", found)
    monkeypatch.setattr(clocks, "perf_counter", found)
    monkeypatch.setattr(room, "monotonic", found)
    return found


def laps(clock: Hands, told: Callable[[int, float], None]) -> tuple[float, ...]:
    dice = np.random.default_rng(3)

    def step() -> None:
        clock.now += float(0.01 * (1 + 0.2 * dice.normal()))

    plan = Plan(precision=0.001, budget=2.0, told=told)
    return sample(step, plan, Stopwatch()).seconds


def test_no_clock_pays_for_what_is_shown(clock: Hands) -> None:
    """Nor the cell's budget: a terminal that takes an hour moves no lap, and ends no cell."""
    heard: list[int] = []

    def slow(count: int, reached: float) -> None:
        heard.append(count)
        clock.now += 3600.0

    with_it, without = laps(clock, slow), laps(clock, lambda count, reached: None)
    assert with_it == pytest.approx(without, rel=1e-9)
    assert len(with_it) == LOOKS[-1]
    assert heard == list(LOOKS)


def test_between_the_clocks_two_reads_only_the_step_is_called() -> None:
    """By construction: in the timed function's text, from the first read to the last."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(Stopwatch._timed))).body
    calls = sorted(
        (node for node in ast.walk(function) if isinstance(node, ast.Call)),
        key=lambda node: (node.lineno, node.col_offset),
    )
    names = [ast.unparse(node.func) for node in calls]
    first, last = (at for at, name in enumerate(names) if name == "perf_counter")
    assert set(names[first + 1 : last]) == {"step"}


def test_nothing_here_starts_a_thread() -> None:
    from bench import make, progress, screen

    for module in (room, screen, progress, make):
        assert not re.search(r"threading|Thread\(|futures|asyncio", inspect.getsource(module))


def test_the_interval_narrows_towards_what_is_wanted() -> None:
    screen = Seen()
    told = Cells(screen).looked(0.03)
    for count, reached in zip(LOOKS, (0.091, 0.048, 0.0294), strict=True):
        told(count, reached)
    assert screen.shown == [
        ["±9.1% of 3.0%", "32 laps"],
        ["±9.1% › ±4.8% of 3.0%", "64 laps"],
        ["±9.1% › ±4.8% › ±2.9% of 3.0%", "128 laps"],
    ]


def test_a_recipe_shows_its_progress_and_the_time_left(clock: Hands) -> None:
    screen = Seen()
    making = Making("student", screen, pytest.fail)
    making()
    clock.now += 5
    making(Step(title="distilling", done=0, steps=600))
    clock.now += 30
    making(Step(title="distilling", done=150, steps=600, note="loss 3.21"))
    clock.now += 90
    making(Step(title="distilling", done=600, steps=600))
    assert screen.shown == [
        ["making student", "0:00"],
        ["making student", "distilling 0/600", "░" * 12, "0:05"],
        [
            "making student", "distilling 150/600", "1:30 left", "███░░░░░░░░░", "loss 3.21",
            "0:35",
        ],
        ["making student", "distilling 600/600", "█" * 12, "2:05"],
    ]  # fmt: skip


def test_a_second_piece_of_work_has_a_time_of_its_own(clock: Hands) -> None:
    screen = Seen()
    making = Making("student", screen, pytest.fail)
    making(Step(title="reading", done=1, steps=2))
    clock.now += 100
    making(Step(title="distilling", done=1, steps=3))
    clock.now += 4000
    making()
    assert screen.shown[-1][:3] == ["making student", "distilling 1/3", "2:13:20 left"]


def test_plain_lines_say_the_same(clock: Hands) -> None:
    said: list[str] = []
    making = Making("student", None, said.append)
    making()
    making(Step(title="distilling", done=150, steps=600, note="loss 3.21"))
    making()
    assert said == ["distilling 150/600 loss 3.21"]
