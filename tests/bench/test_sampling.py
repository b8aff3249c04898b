"""The loop, on a clock that only the step moves."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bench import sampling
from bench.metric import Timed
from bench.metrics.speed import decode_rate
from bench.sampling import Plan, Ticker, sample
from bench.workload import Workload


class Clock:
    """Stands for perf_counter; moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(sampling, "perf_counter", found)
    return found


def test_rounds_and_warmups_are_counted(clock: Clock) -> None:
    calls: list[int] = []
    got = sample(lambda: calls.append(1), Plan(rounds=5, warmups=3), Ticker())
    assert len(calls) == 8
    assert len(got.seconds) == len(got.ticks) == 5
    assert clock.reads == 10


def test_each_round_has_its_own_time_and_ticks(clock: Clock) -> None:
    lengths = iter([9.0, 9.0, 1.0, 2.0, 4.0])
    ticker = Ticker()

    def step() -> float:
        length = next(lengths)
        for _ in range(2):
            clock.now += length / 2
            ticker()
        return length

    got = sample(step, Plan(rounds=3, warmups=2), ticker)
    assert got.seconds == (1.0, 2.0, 4.0)
    assert got.ticks == ((0.5, 1.0), (1.0, 2.0), (2.0, 4.0))
    assert got.result == 4.0


def test_a_step_that_never_ticks(clock: Clock) -> None:
    assert sample(lambda: None, Plan(rounds=2), Ticker()).ticks == ((), ())


def test_tidying_up_is_outside_the_clock(clock: Clock) -> None:
    tidied: list[str] = []

    def step() -> str:
        clock.now += 1
        return "made"

    def after(result: str) -> None:
        clock.now += 100
        tidied.append(result)

    got = sample(step, Plan(rounds=3, warmups=1), Ticker(), after)
    assert got.seconds == (1.0, 1.0, 1.0)
    assert tidied == ["made"] * 4


@pytest.fixture(params=[True, False], ids=["collector on", "collector off"])
def collector(request: pytest.FixtureRequest) -> Iterator[bool]:
    was = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if was else gc.disable)()


def test_the_collector_rests_and_is_restored(collector: bool) -> None:
    seen: list[bool] = []
    sample(lambda: seen.append(gc.isenabled()), Plan(rounds=3, warmups=0), Ticker())
    assert seen == [False] * 3
    assert gc.isenabled() is collector


def test_the_collector_is_restored_after_an_error(collector: bool) -> None:
    def step() -> None:
        raise RuntimeError("within a round")

    with pytest.raises(RuntimeError, match="within a round"):
        sample(step, Plan(warmups=0), Ticker())
    assert gc.isenabled() is collector


def test_time_passes_on_the_real_clock() -> None:
    got = sample(lambda: sum(range(1000)), Plan(rounds=4, warmups=1), Ticker())
    assert all(seconds > 0 for seconds in got.seconds)
    assert got.result == 499500


def test_the_rate_is_of_the_tokens_after_the_first() -> None:
    assert decode_rate.derive is not None
    seen = Timed(workload=Workload(4, 8, 3), seconds=(9.0,), ticks=((5.0, 6.0, 7.0),))
    assert decode_rate.derive(seen) == [4 * 2 / 2.0]
    for ticks in ((), ((),), ((1.0,),), ((1.0, 2.0), (1.0,))):
        nothing = Timed(workload=Workload(4, 8, 3), seconds=(9.0,), ticks=ticks)
        assert decode_rate.derive(nothing) is None
