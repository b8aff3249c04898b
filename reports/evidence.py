"""What two stored figures of one metric say about each other: how much worse, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, hypot, log

from bench.record import Record, Value
from bench.resampling import estimate
from bench.statistics import CONFIDENCE, mean_interval, weighted_mean
from reports.terms import Margin, Terms

PROCESSES = 5
"""Fresh processes that a stored timing needs at least."""
MEANS = ("mean", "bootstrap_mean")
"""Estimators whose samples can be subtracted one by one."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How much worse the candidate is, and the chance of as much under either hypothesis."""

    change: float
    """Above 0 is worse; in shares or in the metric's unit, as `relative` says."""
    low: float | None = None
    high: float | None = None
    relative: bool
    margin: float
    """On the same scale as `change`."""
    p_worse: float
    """Of at most the margin worse; 0 or 1 where nothing is left to chance."""
    p_better: float

    @property
    def inside(self) -> bool:
        """Whether it is surely no worse and no better than the margin."""
        if self.low is None or self.high is None:
            return abs(self.change) <= self.margin
        return -self.margin < self.low and self.high < self.margin


class Untold(Exception):
    """The stored figures cannot carry a verdict; the message says why."""


def weigh(base: tuple[Record, Value], head: tuple[Record, Value], terms: Terms) -> Evidence:
    """The evidence by the test that the terms name. Raises Untold."""
    one, other = base[1], head[1]
    if one.recipe != other.recipe:
        raise Untold(f"the recipe was {one.recipe!r} and is {other.recipe!r}")
    if terms.test == "tolerance":
        return _bare(one, other, terms.margin)
    if terms.test == "samples":
        return _shared(one, other, terms.margin)
    return _processes(base, head, terms.margin)


def _bare(base: Value, head: Value, margin: Margin) -> Evidence:
    was, now = _number(base), _number(head)
    worse = now - was if base.better == "lower" else was - now
    relative = margin.relative and was != 0
    change = worse / abs(was) if relative else worse
    bar = margin.size if relative else margin.absolute(was)
    return Evidence(
        change=change,
        relative=relative,
        margin=bar,
        p_worse=0.0 if change > bar else 1.0,
        p_better=0.0 if -change > bar else 1.0,
    )


def _shared(base: Value, head: Value, margin: Margin) -> Evidence:
    """Differences sample by sample, where both were taken on the same windows of one text."""
    bar = margin.absolute(_number(base))
    sign = 1.0 if base.better == "lower" else -1.0
    same = len(base.samples) == len(head.samples) > 1 and base.weights == head.weights
    if same and base.estimator == head.estimator and base.estimator in MEANS:
        pairs = zip(base.samples, head.samples, strict=True)
        gaps = [sign * (now - was) for was, now in pairs]
        return _of_gaps(gaps, base.weights or [1.0] * len(gaps), bar)
    return _of_intervals(base, head, sign, bar)


def _of_gaps(gaps: Sequence[float], weights: Sequence[float], bar: float) -> Evidence:
    """The bootstrap's interval; p by Student's t of the ratio estimator, which Holm can take."""
    from scipy.stats import t

    mean, degrees = weighted_mean(gaps, weights), len(gaps) - 1
    found = estimate("bootstrap_mean", gaps, weights)
    low, high = mean_interval(gaps, weights) or (mean, mean)
    error = (high - low) / 2 / float(t.ppf((1 + CONFIDENCE) / 2, degrees))
    sure = error < 1e-12 * max(abs(mean), bar)  # all the same, to the last digits

    def p(over: float) -> float:
        return float(over <= 0) if sure else float(t.sf(over / error, degrees))

    return Evidence(
        change=mean,
        low=mean if found.low is None else found.low,
        high=mean if found.high is None else found.high,
        relative=False,
        margin=bar,
        p_worse=p(mean - bar),
        p_better=p(-mean - bar),
    )


def _of_intervals(base: Value, head: Value, sign: float, bar: float) -> Evidence:
    """Without shared samples: the difference, its error from both intervals."""
    from scipy.stats import norm

    change = sign * (_number(head) - _number(base))
    if base.low is None or base.high is None or head.low is None or head.high is None:
        raise Untold("there are neither samples of the same windows nor intervals of both")
    half = hypot(base.high - base.low, head.high - head.low) / 2
    error = half / float(norm.ppf((1 + CONFIDENCE) / 2))
    return Evidence(
        change=change,
        low=change - half,
        high=change + half,
        relative=False,
        margin=bar,
        p_worse=float(norm.sf((change - bar) / error)) if error else float(change <= bar),
        p_better=float(norm.sf((-change - bar) / error)) if error else float(-change <= bar),
    )


def _processes(base: tuple[Record, Value], head: tuple[Record, Value], margin: Margin) -> Evidence:
    """Welch's test of logs, where every sample is of a process of its own."""
    from scipy.stats import ttest_ind

    sign = 1.0 if base[1].better == "lower" else -1.0
    was, now = ([sign * log(s) for s in _replicates(*side)] for side in (base, head))
    bar = margin.log
    worse = ttest_ind([x - bar for x in now], was, equal_var=False, alternative="greater")
    better = ttest_ind([x + bar for x in now], was, equal_var=False, alternative="less")
    both = ttest_ind(now, was, equal_var=False)
    low, high = both.confidence_interval(CONFIDENCE)
    change = sum(now) / len(now) - sum(was) / len(was)
    sure = min(now) == max(now) and min(was) == max(was)
    return Evidence(
        change=expm1(change),
        low=None if sure else expm1(float(low)),
        high=None if sure else expm1(float(high)),
        relative=True,
        margin=margin.size,
        p_worse=float(change <= bar) if sure else float(worse.pvalue),
        p_better=float(-change <= bar) if sure else float(better.pvalue),
    )


def _replicates(record: Record, value: Value) -> Sequence[float]:
    count = record.facts.get("processes")
    if not value.samples or count != len(value.samples):
        raise Untold("its samples come from one process, and such samples are no replicates: "
                     "`weighbridge ab` measures both in fresh processes")  # fmt: skip
    if count < PROCESSES:
        raise Untold(f"{count} processes are too few; {PROCESSES} are needed")
    return value.samples


def _number(value: Value) -> float:
    if value.value is None:
        raise Untold("it could not be had")
    return float(value.value)
