"""Intervals: how far a figure can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from statistics import fmean

CONFIDENCE = 0.95

Interval = tuple[float, float] | None
"""Low and high end; None where the samples are too few to say."""


def median_interval(samples: Sequence[float]) -> Interval:
    """Distribution-free interval of the median from order statistics.

    Exact for independent samples (scipy.stats.quantile_test inverts the binomial test); fewer
    than six samples cannot reach 95 %, so they give None.
    """
    if len(samples) < 6:
        return None
    low, high = _ranks(len(samples))
    ordered = sorted(samples)
    return ordered[low], ordered[high]


@cache
def _ranks(n: int) -> tuple[int, int]:
    """Which of `n` ordered samples (from 0) are the ends; a size's ranks never change."""
    from scipy.stats import quantile_test

    found = quantile_test(range(n), q=(n - 1) / 2, p=0.5).confidence_interval(CONFIDENCE)
    return int(found.low), int(found.high)


def mean_interval(samples: Sequence[float], weights: Sequence[float] | None = None) -> Interval:
    """Student's t interval of a mean of blocks; with `weights`, of the ratio of sums.

    `samples` are per-block means and `weights` the blocks' sizes: the classical ratio estimator
    (Cochran, Sampling Techniques, §6.3), with ddof = 1.
    """
    n = len(samples)
    if n < 2:
        return None
    from scipy.special import stdtrit  # Student's quantiles; scipy.stats takes a second to import

    sizes = list(weights) if weights is not None else [1.0] * n
    centre = weighted_mean(samples, sizes)
    scale = fmean(sizes)
    spread = [(size / scale) * (value - centre) for value, size in zip(samples, sizes, strict=True)]
    error = (sum(d * d for d in spread) / (n - 1) / n) ** 0.5
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * error
    return centre - half, centre + half


def weighted_mean(samples: Sequence[float], weights: Sequence[float]) -> float:
    """The mean over all that the blocks hold."""
    return sum(v * w for v, w in zip(samples, weights, strict=True)) / sum(weights)
