"""Where a series of timings becomes steady, and how far its median can be trusted then."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from statistics import median, stdev

from bench.statistics import CONFIDENCE, Interval, median_interval

ENOUGH = 32
"""From so many samples on the nominal 95 % interval covers at least 90 % (tests/bench/test_steady).

On independent samples, on samples with an autocorrelation of 0.5 and on both behind a fast
transient; the stop rule's choosing included.
"""
WIDENED, WIDENED_FEW = 1.15, 2.0
"""Found by that simulation. The first pays for choosing the cut and the moment to stop; the second
also for an autocorrelation of up to 0.5, which few samples cannot show, and for no cut at all."""
BLOCKS = 8
"""Blocks at most: their medians then stand 16 samples apart, and remember little of one another."""
UNSTEADY = 0.45
"""A cut behind this share of the samples found no end of the transient."""
SURE = 0.01


def steady_from(samples: Sequence[float]) -> int:
    """How many samples at the front to leave out, at most half of them.

    The marginal standard error rule: the cut after which the mean of the rest has the smallest
    standard error (White 1997, "An effective truncation heuristic for bias reduction in
    simulation output", Simulation 69:6).
    """
    n, total, squares = len(samples), 0.0, 0.0
    best, at = float("inf"), 0
    middle = median(samples)  # around it, or the squares would eat the digits
    for count, sample in enumerate(reversed(samples), start=1):
        total, squares = total + (sample - middle), squares + (sample - middle) ** 2
        error = max(squares / count - (total / count) ** 2, 0.0) / count
        if n - count <= n // 2 and error <= best:
            best, at = error, n - count
    return at


def drifts(samples: Sequence[float], cut: int, tolerance: float) -> bool:
    """Whether there is no steady state: a trend that also matters, as a share of the median.

    A trend: the cut found no end of the transient, or the block medians behind it rise or fall
    by Kendall's rank test. It matters where the halves' medians are further apart than
    `tolerance`.
    """
    half = len(samples) // 2
    if half < BLOCKS:
        return False
    early, late = median(samples[:half]), median(samples[half:])
    if abs(late - early) <= tolerance * abs(median(samples)):
        return False
    if cut >= UNSTEADY * len(samples):
        return True
    from scipy.stats import kendalltau

    medians = _block_medians(samples[cut:], BLOCKS)
    return float(kendalltau(range(len(medians)), medians).pvalue) < SURE


def steady_interval(samples: Sequence[float]) -> Interval:
    """95 % interval of the median of a steady series, honest under autocorrelation.

    The hull of two: Student's t over the medians of consecutive blocks, which takes the
    autocorrelation in (batch means; Law, Simulation Modeling and Analysis, §9.5.3), and the order
    statistics' own, which keeps the first from being narrow by luck.
    """
    medians = _block_medians(samples, max(4, min(BLOCKS, len(samples) // 6)))
    if len(samples) < len(medians) * 2:
        return few_interval(samples)
    middle, half = median(samples), WIDENED * _half_width(medians)
    ranks = median_interval(samples) or (middle, middle)
    return min(middle - half, ranks[0]), max(middle + half, ranks[1])


def few_interval(samples: Sequence[float]) -> Interval:
    """A wide interval for fewer than `ENOUGH` samples; None for fewer than two."""
    if len(samples) < 2:
        return None
    middle, half = median(samples), WIDENED_FEW * _half_width(samples)
    return middle - half, middle + half


def effective(samples: Sequence[float]) -> float:
    """How many independent samples say as much: n over the statistical inefficiency.

    1 + 2 * the sum of the autocorrelations up to the first that is not positive (the initial
    positive sequence; Geyer 1992, Statistical Science 7:4), at least 1.
    """
    n, middle = len(samples), sum(samples) / max(len(samples), 1)
    deviations = [sample - middle for sample in samples]
    whole = sum(d * d for d in deviations)
    if not whole:
        return float(n)
    inefficiency = 1.0
    for lag in range(1, n // 2):
        shared = sum(a * b for a, b in zip(deviations, deviations[lag:], strict=False)) / whole
        if shared <= 0:
            break
        inefficiency += 2 * shared
    return n / inefficiency


def _block_medians(samples: Sequence[float], count: int) -> list[float]:
    """Of `count` equal blocks that end with the last sample."""
    size = max(len(samples) // count, 1)
    start = max(len(samples) - size * count, 0)
    return [median(samples[at : at + size]) for at in range(start, len(samples), size)]


def _half_width(values: Sequence[float]) -> float:
    return float(_quantile(len(values) - 1) * stdev(values) / len(values) ** 0.5)


@cache
def _quantile(degrees: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, degrees))
