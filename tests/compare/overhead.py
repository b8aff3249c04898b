"""What the sampler costs a step: python -m tests.compare.overhead"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import numpy

from bench.sampling import Plan, Ticker, sample

NEAR, MOST = 0.01, 1e-3
"""Between the medians at most; seconds that a sample may cost outside the clock."""
BLOCKS, ROUNDS = 20, 25
"""Pairs of blocks, in the order ours, bare, bare, ours; runs of the step in each."""
Step = Callable[[], object]


def main() -> int:
    """Print a table; 1 where a line does not hold."""
    failed = False
    print(f"Once a cell: {once() * 1e3:.1f} ms to warm nothing up and let the collector run.\n")
    gc.freeze()  # what it costs then stands above; here it would only add noise
    print("| step | bare loop | sampler | ratio | outside the clock, a sample |")
    print("|---|--:|--:|--:|--:|")
    for name, step in steps():
        bare, ours, outside = compared(step)
        ratio = median(ours) / median(bare)
        failed |= abs(ratio - 1) > NEAR or outside > MOST
        print(
            f"| {name} | {median(bare) * 1e3:.4f} ms | {median(ours) * 1e3:.4f} ms "
            f"| {ratio:.4f} | {outside * 1e6:.1f} µs |"
        )
    print(f"Wanted: a ratio within {NEAR:.0%} of 1, less than {MOST * 1e3:.0f} ms a sample.")
    return int(failed)


def once() -> float:
    """Seconds that a whole plan costs besides its samples, with what is imported here."""

    def besides() -> float:
        start = perf_counter()
        sampled = sample(lambda: None, Plan(rounds=1, warmups=0), Ticker())
        return perf_counter() - start - sum(sampled.seconds)

    return median(besides() for _ in range(BLOCKS))


def steps() -> Iterator[tuple[str, Step]]:
    """About 1 ms and 10 ms, in the interpreter and in a library."""
    for size, milliseconds in ((30_000, 1), (300_000, 10)):
        yield f"Python, about {milliseconds} ms", lambda size=size: sum(i & 3 for i in range(size))
    for side, milliseconds in ((400, 1), (900, 10)):
        square = numpy.ones((side, side), numpy.float32)
        yield f"matmul {side}, about {milliseconds} ms", lambda square=square: square @ square


def compared(step: Step) -> tuple[list[float], list[float], float]:
    """Seconds of the bare loop and of the sampler, taking turns, and what a sample cost besides."""
    bare_loop(step)
    bare: list[float] = []
    ours: list[float] = []
    outside = []
    for pair in range(BLOCKS):
        for arm in ("ours", "bare") if pair % 2 else ("bare", "ours"):
            if arm == "bare":
                bare += bare_loop(step)
                continue
            start = perf_counter()
            seconds = sample(step, Plan(rounds=ROUNDS, warmups=0), Ticker()).seconds
            outside.append((perf_counter() - start - sum(seconds)) / ROUNDS)
            ours += seconds
    return bare, ours, median(outside)


def bare_loop(step: Step) -> list[float]:
    """As one would write it by hand; the collector rests, as it does in the sampler."""
    gc.collect()
    gc.disable()
    found = []
    for _ in range(ROUNDS):
        start = perf_counter()
        step()
        found.append(perf_counter() - start)
    gc.enable()
    return found


if __name__ == "__main__":
    sys.exit(main())
