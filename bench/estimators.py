"""What makes a value and its interval of samples, by names that stand in the run file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import hypot
from statistics import median

from bench import resampling
from bench.statistics import Interval, mean_interval, weighted_mean
from bench.steady import few_interval, steady_interval

PROCESSES = 2e6
"""Bytes, a little more than what parted the resident memory of processes that did the same (29 of
them, 5 variants, Linux: a standard deviation of 0.6 MB, 1.8 MB at most)."""
Estimate = tuple[float, Interval]
Estimator = Callable[[Sequence[float], Sequence[float]], Estimate]
"""(samples behind the cut, their weights or nothing) -> the value and its 95 % interval."""


def _steady(samples: Sequence[float], _: Sequence[float]) -> Estimate:
    return median(samples), steady_interval(samples)


def _few(samples: Sequence[float], _: Sequence[float]) -> Estimate:
    return median(samples), few_interval(samples)


def _resident(samples: Sequence[float], weights: Sequence[float]) -> Estimate:
    value, interval = _few(samples, weights)
    if interval is None:
        return value, None
    below, above = (hypot(value - end, PROCESSES) for end in interval)
    return value, (value - below, value + above)


def _mean(samples: Sequence[float], weights: Sequence[float]) -> Estimate:
    sizes = weights or [1.0] * len(samples)
    return weighted_mean(samples, sizes), mean_interval(samples, sizes)


def _resampled(name: str) -> Estimator:
    def made(samples: Sequence[float], weights: Sequence[float]) -> Estimate:
        found = resampling.estimate(name, samples, weights or [1.0] * len(samples))
        if found.low is None or found.high is None:
            return found.value, None
        return found.value, (found.low, found.high)

    return made


ESTIMATORS: Mapping[str, Estimator] = {
    "median": _steady,
    "median_few": _few,
    "median_resident": _resident,
    "mean": _mean,
    **{name: _resampled(name) for name in resampling.SHAPES},
}
"""`median`: of a steady series (bench/steady.py); `median_few`: of fewer samples than that needs;
`median_resident`: of bytes that one process held, with what parts it from others; `mean`: of blocks
that count by their weights (the ratio estimator); `bootstrap_...`: of such blocks too, resampled
(bench/resampling.py)."""
