"""The clock that shows what it is told: pytest-benchmark's rows hold the very samples."""

from __future__ import annotations

from collections.abc import Callable

from bench.replay import CLOCK


class Pedantic:
    """Reads the clock around each round, as pytest-benchmark's fixture does."""

    def __init__(self) -> None:
        self.data: list[float] = []

    def pedantic(self, target: Callable[[], None], rounds: int, iterations: int) -> None:
        assert iterations == 1
        for _ in range(rounds):
            start = CLOCK()
            target()
            end = CLOCK()
            self.data.append(end - start)


def test_samples_come_through_to_the_last_bit() -> None:
    samples = [0.1, 1e-9, 7.3e3, 0.1 + 2**-56, 0.0]
    benchmark = Pedantic()
    CLOCK.replay(benchmark, samples)
    assert benchmark.data == samples


def test_it_rests_between_rounds() -> None:
    assert (CLOCK(), CLOCK()) == (0.0, 0.0)
