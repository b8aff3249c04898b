"""The search for the largest size that fits, against models of memory whose answer is known."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from bench.fresh import Tried
from bench.frontier import FINE, MOST, Frontier


def frontier(bytes_of: Callable[[int], int], budget: int, top: int = MOST) -> Frontier:
    def attempt(size: int) -> Tried:
        peak = bytes_of(size)
        return Tried(fits=peak <= budget, peak=min(peak, budget))

    return Frontier(attempt, budget, top)


@given(st.integers(1, 5000), st.integers(0, 10**6), st.integers(0, 10**9))
def test_it_finds_the_last_size_of_a_straight_line(row: int, fixed: int, room: int) -> None:
    true = min(MOST, room // row)
    search = frontier(lambda n: fixed + row * n, fixed + room)
    found = search.largest() or 0
    assert found <= true <= found + max(0, found // FINE)
    assert len(search.tried) <= 20


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
def test_whatever_the_curve(true: int, top: int, power: float) -> None:
    """Memory that grows as any power of the size; what is asked for never exceeds the top."""
    search = frontier(lambda n: round(1e6 * n**power), round(1e6 * true**power), top)
    found = search.largest()
    assert found is not None
    best = min(true, top)
    assert best - max(1, best // FINE) < found <= best
    assert max(search.tried) <= top
    assert len(search.tried) <= 40


def test_small_sizes_are_exact() -> None:
    for true in range(1, 64):
        assert frontier(lambda n: 100 * n, 100 * true).largest() == true


def test_where_nothing_fits() -> None:
    search = frontier(lambda n: 100, 99)
    assert search.largest() is None
    assert list(search.tried) == [1]


def test_a_peak_that_is_not_known_is_searched_by_halves() -> None:
    search = Frontier(lambda n: Tried(fits=n <= 50, peak=None), 1, 400)
    assert search.largest() == 50


def test_the_top_is_tried_and_kept() -> None:
    search = frontier(lambda n: n, 10**9, top=496)
    assert search.largest() == 496
    assert list(search.tried) == [1, 64, 496]
    assert search.high == 497


def test_what_was_tried_is_written_down() -> None:
    search = frontier(lambda n: 100 * n, 250)
    search.largest()
    assert search.as_json()[0] == {"size": 1, "fits": True, "peak": 100, "why": None}
    assert {row["size"]: row["fits"] for row in search.as_json()} == {
        size: size <= 2 for size in search.tried
    }
