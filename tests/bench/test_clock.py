"""The clock, on a time that only the step moves."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

import pytest

from bench import clock as room
from bench.clock import ROOM, Stopwatch, no_collector, with_room
from tests.bench.hands import Hands


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    monkeypatch.setattr(room, "perf_counter", found)
    return found


def test_a_lap_is_the_step_and_nothing_else(clock: Hands) -> None:
    watch = Stopwatch()

    def step() -> str:
        for _ in range(2):
            clock.now += 0.5
            watch.ticker()
        clock.now += 0.25
        return "done"

    lap = watch.lap(step)
    assert (lap.seconds, lap.ticks, lap.device) == (1.25, (0.5, 1.0), None)
    assert watch.result == "done"
    assert watch.lap(lambda: None).ticks == ()


def test_repeats_are_divided_out(clock: Hands) -> None:
    calls: list[int] = []

    def step() -> None:
        clock.now += 3.0
        calls.append(1)

    assert Stopwatch().lap(step, repeats=4).seconds == 3.0
    assert len(calls) == 4
    assert clock.reads == 2


class DeviceClock:
    """Its own time: 2 s a lap."""

    def __init__(self, story: list[str]) -> None:
        self.story = story

    def start(self) -> None:
        self.story.append("start")

    def stop(self) -> float:
        self.story.append("stop")
        return 2.0


def test_the_device_is_asked_around_the_lap_and_outside_the_wall_clock(clock: Hands) -> None:
    story: list[str] = []
    watch = Stopwatch(device=DeviceClock(story))
    lap = watch.lap(lambda: story.append("step"), repeats=2)
    assert story == ["start", "step", "step", "stop"]
    assert (lap.device, lap.seconds) == (1.0, 0.0)


class Guard:
    """Refuses the first laps."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    def keep(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("refusals", [0, 1, 7])
def test_a_refused_lap_is_run_again(refusals: int) -> None:
    watch, calls = Stopwatch(guard=Guard(refusals)), []
    watch.lap(lambda: calls.append(1))
    assert (watch.discarded, len(calls)) == (refusals, 1 + refusals)


@pytest.fixture(params=[True, False], ids=["collector on", "collector off"])
def collector(request: pytest.FixtureRequest) -> Iterator[bool]:
    was = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if was else gc.disable)()


def test_the_collector_rests_and_is_restored(collector: bool) -> None:
    with no_collector():
        assert not gc.isenabled()
    assert gc.isenabled() is collector


def test_the_collector_is_restored_after_an_error(collector: bool) -> None:
    with pytest.raises(RuntimeError, match="within"), no_collector():
        raise RuntimeError("within a lap")
    assert gc.isenabled() is collector


def test_time_passes_on_the_real_clock() -> None:
    watch = Stopwatch()
    assert watch.lap(lambda: sum(range(1000))).seconds > 0
    assert watch.result == 499500


def test_a_result_is_gone_before_the_next_is_made() -> None:
    """Or a step that returns an array would be timed with its cache full of older ones."""
    alive: list[weakref.ref[Thing]] = []

    class Thing:
        """Can be referred to weakly."""

    def step() -> Thing:
        assert not [ref for ref in alive if ref() is not None]
        made = Thing()
        alive.append(weakref.ref(made))
        return made

    watch = Stopwatch()
    laps = [watch.lap(step) for _ in range(3)]
    assert len(laps) == len(alive) == 3


def test_steps_are_timed_where_the_stack_has_room() -> None:
    """Its own frame and 300 beneath it lie in one chunk, however deep the caller stands."""
    assert with_room(lambda: sys._getframe(1).f_code.co_stacksize) == ROOM
    with pytest.raises(RuntimeError, match="from within"):
        with_room(partial(_fail, "from within"))


def _fail(why: str) -> None:
    raise RuntimeError(why)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="of CPython's frames")
def test_a_step_takes_as_long_however_deep_its_caller_stands() -> None:
    """The ratio of the slowest place to the fastest; without room it is 2 and more."""

    def nested(depth: int, call: Callable[[], object]) -> object:
        return call() if depth == 0 else nested(depth - 1, call)

    def step() -> None:
        for _ in range(500):
            nested(12, int)

    depths = range(0, 96, 4)
    took: dict[int, list[float]] = {depth: [] for depth in depths}

    def timed(depth: int) -> None:
        start = perf_counter()
        step()
        took[depth].append(perf_counter() - start)

    for _ in range(15):
        for depth in depths:
            nested(depth, partial(with_room, partial(timed, depth)))
    fastest = [min(seconds) for seconds in took.values()]
    assert max(fastest) < 1.5 * min(fastest)
