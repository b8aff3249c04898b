"""What a suite says about its cell, and how it becomes a row of pytest-benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bench import clock as clocks
from bench import measure as room
from bench import sampling, watching
from bench.cell import Cell
from bench.measure import Measure, metrics
from bench.metric import Metric, Probe, Reading
from bench.metrics.speed import first_token, latency
from bench.replay import CLOCK
from bench.sampling import Plan
from bench.workload import Workload


def cell(workload: Workload | None = None) -> Cell:
    return Cell("decode", "int4", workload)


class Benchmark:
    """Stands for pytest-benchmark's fixture; reads the replay clock as the real one does."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.rounds: list[float] = []

    def pedantic(self, advance: Callable[[], None], rounds: int, iterations: int) -> None:
        assert iterations == 1
        for _ in range(rounds):
            start = CLOCK()
            advance()
            self.rounds.append(CLOCK() - start)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    for room_ in (sampling, clocks, watching):
        monkeypatch.setattr(room_, "perf_counter", lambda: now[0])
    return now


def test_a_timed_step_is_replayed_sample_by_sample(clock: list[float]) -> None:
    benchmark, found = Benchmark(enabled=True), cell(Workload(2, 4, 3))
    measure = Measure(found, benchmark, Plan(rounds=3, warmups=1))

    def step() -> str:
        for _ in range(3):
            clock[0] += 0.5
            measure.tick()
        return "tokens"

    assert measure(step, latency) == "tokens"
    assert benchmark.rounds == pytest.approx([1.5, 1.5, 1.5])
    assert found.clocked
    assert found.values["latency"].samples == (1.5, 1.5, 1.5)
    assert found.values["decode_rate"].value == 2 * 2 / 1.0


def test_without_ticks_there_is_no_rate(clock: list[float]) -> None:
    found = cell(Workload(2, 4))
    Measure(found, Benchmark(enabled=True), Plan(rounds=1))(lambda: None, first_token)
    assert {name for name, v in found.values.items() if v.samples} == {"first_token"}


def test_a_disabled_benchmark_has_no_row() -> None:
    benchmark, found = Benchmark(enabled=False), cell(Workload(2, 4))
    Measure(found, benchmark, Plan(rounds=1, warmups=0))(lambda: None, first_token)
    assert (benchmark.rounds, found.clocked) == ([], False)


def test_a_suite_without_a_workload_is_told_what_to_do() -> None:
    with pytest.raises(TypeError, match="declare a GRID"):
        Measure(cell(), Benchmark(enabled=True), Plan())(lambda: None, latency)


def test_probes_watch_a_run_of_their_own_after_the_clock(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    power = Metric(name="power", unit="J", better="lower", kind="timing", summary="")
    none = Metric(name="none", unit="J", better="lower", kind="timing", summary="")
    story: list[str] = []

    class Meter(Probe):
        name = "meter"

        def start(self, device: str) -> float | None:
            story.append(f"start {device}")
            return 2.5

        def stop(self, workload: Workload, rounds: int) -> Mapping[Metric, Reading]:
            story.append(f"stop {rounds}")
            return {power: Reading(value=7.0, recipe="by hand"), none: Reading(value=None)}

        def facts(self) -> Mapping[str, Any]:
            return {"volts": 3}

    monkeypatch.setattr(room, "probes", lambda: {"meter": Meter()})
    found = cell(Workload(1, 1))

    def step() -> None:
        story.append("step")
        clock[0] += 1.0

    Measure(found, Benchmark(enabled=True), Plan(rounds=2, warmups=1))(step, latency)
    assert story == ["step"] * 3 + ["start cpu"] + ["step"] * 3 + ["stop 3"]
    assert (found.values["power"].value, found.values["power"].recipe) == (7.0, "by hand")
    assert found.values["none"].value is None
    assert found.facts["meter"] == {"volts": 3}


def test_every_metric_is_found_by_its_name() -> None:
    found: Mapping[str, Any] = metrics()
    assert {"latency", "loss", "peak_host", "disk_bytes"} <= set(found)
    assert all(name == metric.name and metric.summary for name, metric in found.items())
