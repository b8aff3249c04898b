"""What the sampler costs a step: python -m tests.compare.overhead"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter

import numpy

from bench.clock import Stopwatch
from bench.sampling import Plan, sample

NEAR, MOST = 0.01, 1e-3
"""Between the medians at most; seconds that a sample may cost outside the clock."""
BLOCKS, ROUNDS = 50, 10
"""Pairs of blocks; runs of the step in each."""
Step = Callable[[], object]


def main() -> int:
    """Print a table; 1 where a line does not hold."""
    failed = False
    print(f"Once a cell: {once() * 1e3:.1f} ms to warm nothing up and let the collector run.\n")
    gc.freeze()  # what it costs then stands above; here it would only add noise
    print("| step | bare loop | sampler | ratio | outside the clock, a sample |")
    print("|---|--:|--:|--:|--:|")
    for name, step in steps():
        seen = compared(step)
        failed |= abs(seen.ratio - 1) > NEAR or seen.outside > MOST
        print(
            f"| {name} | {seen.bare * 1e3:.4f} ms | {seen.ours * 1e3:.4f} ms "
            f"| {seen.ratio:.4f} | {seen.outside * 1e6:.1f} µs |"
        )
    print(f"Wanted: a ratio within {NEAR:.0%} of 1, less than {MOST * 1e3:.0f} ms a sample.")
    return int(failed)


def once() -> float:
    """Seconds that a whole plan costs besides its samples, with what is imported here."""

    def besides() -> float:
        start = perf_counter()
        sampled = sample(lambda: None, Plan(rounds=1, warmups=0), Stopwatch())
        return perf_counter() - start - sum(sampled.seconds)

    return median(besides() for _ in range(BLOCKS))


def steps() -> Iterator[tuple[str, Step]]:
    """About 2 ms and 10 ms, in the interpreter and in a library; below 1 ms laps repeat inside."""
    yield "Python, about 2 ms", partial(count, 70_000)
    yield "Python, about 10 ms", partial(count, 300_000)
    for side, milliseconds in ((640, 2), (1100, 10)):
        square = numpy.ones((side, side), numpy.float32)
        yield f"matmul {side}, about {milliseconds} ms", partial(numpy.matmul, square, square)


def count(size: int) -> int:
    """Work for the interpreter alone."""
    return sum(i & 3 for i in range(size))


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The bare loop and the sampler, having taken turns; seconds."""

    bare: float
    ours: float
    ratio: float
    """The median over neighbouring blocks, whose medians no drift of the machine sets apart."""
    outside: float
    """What a sample cost besides."""


def compared(step: Step) -> Compared:
    """Blocks in the order ours, bare, bare, ours."""
    bare_loop(step)
    bare, ours, outside = [], [], []
    for pair in range(BLOCKS):
        for arm in ("ours", "bare") if pair % 2 else ("bare", "ours"):
            if arm == "bare":
                bare.append(median(bare_loop(step)))
                continue
            start = perf_counter()
            seconds = sample(step, Plan(rounds=ROUNDS, warmups=0), Stopwatch()).seconds
            outside.append((perf_counter() - start - sum(seconds)) / ROUNDS)
            ours.append(median(seconds))
    return Compared(
        bare=median(bare),
        ours=median(ours),
        ratio=median(one / other for one, other in zip(ours, bare, strict=True)),
        outside=median(outside),
    )


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
