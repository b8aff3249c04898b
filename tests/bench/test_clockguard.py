"""Samples with the clock down are taken again, boundedly, and the cell says so."""

from __future__ import annotations

from bench.clock import Stopwatch
from bench.clockguard import RETRIES, ClockGuard, steady, watching
from tests.stub.driver import Driver


def guard(*clocks: float, reasons: tuple[str, ...] = (), discards: int = 3) -> ClockGuard:
    """A board of 1 GHz whose clock reads as given."""
    upcoming = iter(clocks)
    return ClockGuard(
        clock=lambda: next(upcoming),
        reasons=lambda: reasons,
        default=1e9,
        rest=lambda _: None,
        discards=discards,
    )


def test_the_limit_is_three_quarters_of_the_default() -> None:
    assert steady(0.75e9, 1e9)
    assert not steady(0.7499e9, 1e9)


def test_a_dip_is_taken_again() -> None:
    board = guard(1e9, 0.5e9, 0.9e9)
    assert [board.keep() for _ in range(3)] == [True, False, True]
    assert board.doubts() == {}
    assert board.facts() == {
        "default_clock_hz": 1e9, "lowest_clock_hz": 0.5e9, "kept": 2, "kept_below_limit": 0,
        "discarded": 1, "throttling": {},
    }  # fmt: skip


def test_a_clock_that_stays_down_ends_in_samples_and_a_status() -> None:
    """Never an empty row."""
    board = guard(*[0.4e9] * 5)
    assert [board.keep() for _ in range(5)] == [False, False, False, True, True]
    (why,) = board.doubts().values()
    assert set(board.doubts()) == {"throttled"}
    assert "2 of 2 samples" in why
    assert "75% of 1000 MHz" in why
    assert "lowest 400" in why


def test_a_stopwatch_takes_it_for_its_guard() -> None:
    board = guard(1e9, 0.5e9, 0.9e9)
    watch = Stopwatch(guard=board)
    ran: list[int] = []
    for _ in range(2):
        watch.lap(lambda: ran.append(1))
    assert (len(ran), watch.discarded) == (3, 1)


def test_a_lap_that_stays_slow_is_known_to_the_guard_too() -> None:
    """The stopwatch gives up a lap after some retries; what it then keeps must not be silent."""
    board = guard(*[0.5e9] * (RETRIES + 1), *[1e9] * 3, discards=32)
    watch = Stopwatch(guard=board)
    for _ in range(4):
        watch.lap(lambda: None)
    assert watch.discarded == RETRIES
    assert board.doubts()["throttled"].startswith("1 of 4 samples")


def test_it_rests_only_after_a_discard() -> None:
    rests: list[float] = []
    board = guard(1e9, 0.1e9, 1e9)
    board.rest = rests.append
    for _ in range(3):
        board.keep()
    assert len(rests) == 1


def test_a_reason_in_most_samples_is_a_doubt_too() -> None:
    board = guard(*[0.9e9] * 3, reasons=("sw_power_cap",))
    assert all(board.keep() for _ in range(3))
    assert board.doubts() == {"throttled": "sw_power_cap held the GPU's clocks in most samples"}


def test_a_clock_that_falls_silent_keeps_the_sample() -> None:
    board = ClockGuard(clock=lambda: None, default=1e9)
    assert board.keep()
    assert (board.facts(), board.doubts()) == ({}, {})


def test_on_a_processor_everything_is_kept() -> None:
    board = watching("cpu")
    assert board.keep()
    assert (board.facts(), board.doubts()) == ({}, {})


def test_it_reads_the_boards_clock(driver: Driver) -> None:
    """The default is the board's own, or the highest where it tells none."""
    slow = "gpu GPU-a 0 1 0\nclock 1000 1600 1980\nreasons 0x1"
    code = """
from bench.clockguard import watching
board = watching("cuda:0")
board.rest = lambda _: told.write_text(told.read_text().replace("clock 1000", "clock 1500"))
answer = [board.keep(), board.keep(), board.facts()]
"""
    driver.tell(slow)
    first, second, facts = driver.ask(code)
    assert (first, second, facts["default_clock_hz"]) == (False, True, 1.6e9)
    assert facts["throttling"] == {}
    driver.tell(slow + "\nunsupported nvmlDeviceGetDefaultApplicationsClock")
    assert driver.ask(code)[2]["default_clock_hz"] == 1.98e9


def test_a_board_without_clocks_keeps_everything(driver: Driver) -> None:
    driver.tell("gpu GPU-a 0 1 0\nunsupported nvmlDeviceGetClockInfo\nclock 1 1000 1000")
    code = "from bench.clockguard import watching; b = watching('cuda'); answer = "
    assert driver.ask(code + "[b.keep(), b.facts()]") == [True, {}]
