"""When a cell has enough samples, on a clock that only the step moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from bench import clock as clocks
from bench import sampling
from bench.clock import Stopwatch
from bench.metric import Timed
from bench.metrics.speed import decode_rate
from bench.sampling import LOOKS, SHORTEST, Plan, precision_of, sample
from bench.steady import ENOUGH, steady_from, steady_interval
from bench.workload import Workload
from tests.bench.hands import Hands


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    monkeypatch.setattr(sampling, "perf_counter", found)
    monkeypatch.setattr(clocks, "perf_counter", found)
    return found


def taking(clock: Hands, seconds: Iterator[float]) -> Callable[[], float]:
    """A step that takes the next of `seconds` each time."""

    def step() -> float:
        took = next(seconds)
        clock.now += took
        return took

    return step


def noise(spread: float, middle: float = 0.01) -> Iterator[float]:
    dice = np.random.default_rng(3)
    while True:
        yield float(middle * (1 + spread * dice.normal()))


def test_a_fixed_number_of_rounds_is_kept_to(clock: Hands) -> None:
    got = sample(taking(clock, iter([9.0, 9.0, 1.0, 2.0, 4.0])), Plan(rounds=3), Stopwatch())
    assert got.seconds == (1.0, 2.0, 4.0)
    assert (got.result, got.repeats, got.ticks, got.device) == (4.0, 1, ((), (), ()), ())


def test_a_quiet_cell_stops_at_the_first_look(clock: Hands) -> None:
    plan = Plan(precision=0.05, budget=1e9)
    got = sample(taking(clock, noise(0.01)), plan, Stopwatch())
    assert len(got.seconds) == LOOKS[0] == ENOUGH
    assert precision_of(got.seconds) <= 0.05


def test_a_noisy_cell_goes_on_to_the_last_look_and_is_looked_at_nowhere_else(
    clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def never(samples: Sequence[float]) -> float:
        looks.append(len(samples))
        return 1.0

    monkeypatch.setattr(sampling, "precision_of", never)
    plan = Plan(precision=0.001, budget=1e9)
    got = sample(taking(clock, noise(0.2)), plan, Stopwatch())
    assert len(got.seconds) == LOOKS[-1]
    assert looks == list(LOOKS) == [32, 64, 128]


def test_a_spent_budget_ends_a_cell_but_never_before_its_first_sample(clock: Hands) -> None:
    slow = taking(clock, iter([4.0] * 20))
    assert len(sample(slow, Plan(budget=10.0), Stopwatch()).seconds) == 3
    assert len(sample(slow, Plan(budget=0.001), Stopwatch()).seconds) == 1


def test_a_step_too_short_to_time_is_repeated_inside(clock: Hands) -> None:
    got = sample(taking(clock, noise(0.0, SHORTEST / 5)), Plan(rounds=4), Stopwatch())
    assert got.repeats in (5, 6)  # 5, or one more for the clock's last digit
    assert got.seconds == pytest.approx([SHORTEST / 5] * 4)
    long = sample(taking(clock, noise(0.0, SHORTEST * 2)), Plan(rounds=4), Stopwatch())
    assert long.repeats == 1


def test_a_step_that_ticks_is_never_repeated_inside(clock: Hands) -> None:
    watch = Stopwatch()

    def step() -> None:
        clock.now += SHORTEST / 9
        watch.ticker()

    got = sample(step, Plan(rounds=2), watch)
    assert (got.repeats, len(got.ticks[0])) == (1, 1)


def test_the_precision_is_the_half_width_behind_the_cut() -> None:
    samples = [5.0, 3.0, 2.0] + [1.0 + 0.01 * ((7 * at) % 5) for at in range(61)]
    cut = steady_from(samples)
    assert cut >= 3
    low, high = steady_interval(samples[cut:]) or (0.0, 0.0)
    assert precision_of(samples) == pytest.approx((high - low) / 2 / np.median(samples[cut:]))


def test_the_rate_is_of_the_tokens_after_the_first() -> None:
    assert decode_rate.derive is not None
    seen = Timed(workload=Workload(4, 8, 3), seconds=(9.0,), ticks=((5.0, 6.0, 7.0),))
    assert decode_rate.derive(seen) == [4 * 2 / 2.0]
    for ticks in ((), ((),), ((1.0,),), ((1.0, 2.0), (1.0,))):
        nothing = Timed(workload=Workload(4, 8, 3), seconds=(9.0,), ticks=ticks)
        assert decode_rate.derive(nothing) is None
