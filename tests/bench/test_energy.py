"""Energy per token from counters that are known to the joule, on a clock of our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench import rapl
from bench.metric import Metric
from bench.metrics import energy as room
from bench.metrics.energy import (
    IDLE,
    LONG_ENOUGH,
    Energy,
    Source,
    energy_per_token,
    host_energy_per_token,
    sources,
)
from bench.watching import watch
from bench.workload import Workload
from tests.stub.driver import Driver

DECODE = Workload(2, 8, 5)
PREFILL = Workload(2, 8)


@dataclass
class World:
    """A board of 20 W at rest and 120 W at work, whose counter moves every 0.1 s."""

    now: float = 0.0
    joules: float = 0.0
    coarse: float = 0.1
    shown: float = 0.0

    def pass_(self, seconds: float, watts: float = 20.0) -> None:
        for _ in range(round(seconds / 0.001)):
            before = self.now
            self.now += 0.001
            self.joules += watts * 0.001
            if int(self.now / self.coarse + 1e-6) > int(before / self.coarse + 1e-6):
                self.shown = self.joules

    def source(self, metric: Metric = energy_per_token, name: str = "board") -> Source:
        return Source(name=name, metric=metric, read=lambda: self.shown, joules=lambda a, b: b - a)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    monkeypatch.setattr("bench.watching.perf_counter", lambda: found.now)
    return found


def probe(world: World, monkeypatch: pytest.MonkeyPatch, *found: Source) -> Energy:
    monkeypatch.setattr(room, "sources", lambda device: found)
    return Energy(now=lambda: world.now, rest=world.pass_)


def step_of(world: World, seconds: float) -> tuple[Callable[[], None], list[int]]:
    ran: list[int] = []

    def step() -> None:
        ran.append(1)
        world.pass_(seconds, 120.0)

    return step, ran


@pytest.mark.parametrize("seconds", [0.013, 0.07, 0.9])
def test_joules_above_idle_per_token(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """100 W above idle for the time of one step, over its 10 new tokens; the coarse counter
    costs nothing, since it is read where it moves."""
    meter = probe(world, monkeypatch, world.source())
    step, ran = step_of(world, seconds)
    found = watch(meter, step, DECODE, "cuda")
    assert found[energy_per_token].value == pytest.approx(100.0 * seconds / 10, rel=0.01)
    assert found[energy_per_token].recipe == "board, idle subtracted, per new token"
    assert found[host_energy_per_token].value is None
    assert len(ran) * seconds >= LONG_ENOUGH - seconds
    facts = meter.facts()["board"]
    assert facts["idle_watts"] == pytest.approx(20.0, rel=0.01)
    assert (facts["rounds"], facts["idle_seconds"]) == (len(ran), IDLE)


def test_a_prefill_is_per_prompt_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = probe(world, monkeypatch, world.source())
    found = watch(meter, step_of(world, 0.1)[0], PREFILL, "cpu")[energy_per_token]
    assert found.value == pytest.approx(100.0 * 0.1 / 16, rel=0.01)
    assert found.recipe == "board, idle subtracted, per prompt token"


def test_idle_is_measured_once_a_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = probe(world, monkeypatch, world.source())
    watch(meter, step_of(world, 0.1)[0], DECODE, "cpu")
    begun = world.now
    assert meter.start("cpu") == LONG_ENOUGH
    assert world.now - begun <= world.coarse + 0.01


def test_each_source_under_its_own_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = probe(
        world, monkeypatch, world.source(), world.source(host_energy_per_token, "packages")
    )
    found = watch(meter, step_of(world, 0.1)[0], DECODE, "cuda")
    assert {r.recipe for r in found.values()} == {
        "board, idle subtracted, per new token", "packages, idle subtracted, per new token",
    }  # fmt: skip


def test_what_cannot_be_told_from_idle_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = probe(world, monkeypatch, world.source())
    found = watch(meter, lambda: world.pass_(0.1, 19.0), DECODE, "cpu")
    assert found[energy_per_token].value is None


@pytest.mark.parametrize("read", [lambda: 5.0, lambda: None])
def test_a_dead_counter_is_none_and_costs_no_run(
    world: World, monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any]
) -> None:
    dead = Source(name="dead", metric=energy_per_token, read=read, joules=lambda a, b: b - a)
    meter = probe(world, monkeypatch, dead)
    step, ran = step_of(world, 0.1)
    assert watch(meter, step, DECODE, "cpu")[energy_per_token].value is None
    assert (ran, meter.facts()) == ([], {})


def test_without_any_source_it_is_unavailable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, ran = step_of(world, 0.1)
    found = watch(probe(world, monkeypatch), step, DECODE, "cpu")
    assert {metric.name: seen.value for metric, seen in found.items()} == {"energy_per_token": None}
    assert (ran, world.now) == ([], 0.0)


def test_the_packages_serve_the_metric_of_where_the_model_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rapl, "_POWERCAP", tmp_path)
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    for name, said in (("name", "package-0"), ("max_energy_range_uj", "9"), ("energy_uj", "1")):
        (zone / name).write_text(said)
    monkeypatch.setattr("bench.gpus.find", lambda device: None)
    assert [(s.name, s.metric.name) for s in sources("cpu")] == [("rapl", "energy_per_token")]
    assert [(s.name, s.metric.name) for s in sources("cuda")] == [("rapl", "host_energy_per_token")]


def test_the_boards_counter_by_the_real_library(driver: Driver) -> None:
    """50 mJ at every other question: the marks wait for the counter, and joules come out."""
    driver.tell("gpu GPU-a 0 1 0\nenergy 1000 50 2")
    code = """
from bench.metrics import energy
(source,) = [s for s in energy.sources("cuda:0") if s.name == "nvml"]
meter = energy.Energy(rest=lambda _: None)
marks = [meter._mark(source) for _ in range(2)]
answer = [source.metric.name, source.joules(*[mark.count for mark in marks])]
"""
    assert driver.ask(code) == ["energy_per_token", pytest.approx(0.05)]


def test_a_board_that_does_not_count(driver: Driver) -> None:
    driver.tell("gpu GPU-a 0 1 0\nunsupported nvmlDeviceGetTotalEnergyConsumption")
    code = """
from bench import rapl
from bench.metrics import energy
rapl.packages = lambda: None
meter = energy.Energy(rest=lambda _: None)
answer = [meter.start("cuda:0")]
"""
    assert driver.ask(code) == [None]
