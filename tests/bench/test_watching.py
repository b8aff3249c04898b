"""A probe gets the runs that it asks for, and is stopped whatever becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench import watching
from bench.metric import Metric, Probe, Reading
from bench.watching import repeat, watch
from bench.workload import Workload


class Counting(Probe):
    """Says how many rounds there were."""

    name = "counting"
    stopped: int | None = None

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds

    def start(self, device: str) -> float | None:
        return self.seconds

    def stop(self, workload: Workload, rounds: int) -> Mapping[Metric, Reading]:
        self.stopped = rounds
        return {}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [0.0]
    monkeypatch.setattr(watching, "perf_counter", lambda: clock[0])
    return clock


def tick(now: list[float], seconds: float) -> None:
    now[0] += seconds


@pytest.mark.parametrize(
    ("wanted", "step", "rounds"), [(0.5, 0.125, 4), (0.5, 9.0, 1), (0.0, 0.1, 1), (None, 1.0, 0)]
)
def test_rounds(now: list[float], wanted: float | None, step: float, rounds: int) -> None:
    probe = Counting(wanted)
    watch(probe, lambda: tick(now, step), Workload(1, 1), "cpu")
    assert probe.stopped == rounds


def test_at_least_once(now: list[float]) -> None:
    assert repeat(lambda: None, 0.0) == 1


def test_a_step_that_fails_still_ends_the_watching(now: list[float]) -> None:
    probe = Counting(1.0)

    def step() -> None:
        raise MemoryError("wanted 8 TiB")

    with pytest.raises(MemoryError):
        watch(probe, step, Workload(1, 1), "cpu")
    assert probe.stopped == 0
