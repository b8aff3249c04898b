"""Quantiles of a step's time: only from rounds enough, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from bench.measure import Measure
from bench.metric import Metric
from bench.statistics import CONFIDENCE, Interval

PER_TAIL = 10
"""Samples expected beyond a quantile, at least: so q needs 10 / (1 - q) of them."""
RECIPE = "order-statistic"


def note_tails(measure: Measure, tails: Mapping[int, Metric]) -> None:
    """Put those of `tails`, metrics by percent, that the rounds allow; the others stay absent.

    Of the rounds from the steady state on; none where a round is the mean of several runs,
    which hides the slow ones.
    """
    seconds = measure.timed.seconds[measure.cut :] if measure.timed.repeats == 1 else ()
    for percent, metric in tails.items():
        if len(seconds) >= needed(percent):
            value, interval = quantile(seconds, percent / 100)
            measure.estimate(metric, value, interval, RECIPE)


def needed(percent: int) -> int:
    """The fewest samples that a quantile is worked out from: 20, 100, 1000 for 50, 90, 99 %."""
    return ceil(100 * PER_TAIL / (100 - percent))


def quantile(samples: tuple[float, ...], q: float) -> tuple[float, Interval]:
    """The sample that q of all do not exceed, and its distribution-free 95 % interval.

    The interval inverts the binomial test (scipy.stats.quantile_test) and takes the samples for
    independent; None where they are too few for an end.
    """
    from scipy.stats import quantile_test

    value = sorted(samples)[ceil(round(q * len(samples), 9)) - 1]
    found = quantile_test(list(samples), q=value, p=q).confidence_interval(CONFIDENCE)
    low, high = float(found.low), float(found.high)
    return value, (low, high) if low <= high else None  # NaN, where an end cannot be had
