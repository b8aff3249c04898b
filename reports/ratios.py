"""Ratios and differences of two figures, and how the errors of the two combine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot, isfinite, log

from bench.record import Value

Parts = tuple[float, float, float]
"""A value and the two ends of its interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval; None where one of the figures behind it has none."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> bool:
        """Whether it has an interval."""
        return self.low is not None and self.high is not None


def estimate_of(value: Value) -> Estimate | None:
    """A figure as it stands; an exact one is known without error."""
    if value.value is None:
        return None
    if value.kind == "exact":
        return Estimate(value.value, value.value, value.value)
    return Estimate(value.value, value.low, value.high)


def difference(one: Estimate, other: Estimate) -> Estimate | None:
    """`one` minus `other`, the two independent; None where no number can hold it.

    The distances to the ends add as independent errors do (Zou and Donner 2008, the method of
    variance estimates recovery), so a skewed interval stays skewed and none needs to be normal.
    """
    return finite(_difference(one, other))


def _difference(one: Estimate, other: Estimate) -> Estimate:
    value = one.value - other.value
    if not (one.known and other.known):
        return Estimate(value)
    assert one.low is not None and one.high is not None
    assert other.low is not None and other.high is not None
    found = _combined((one.value, one.low, one.high), (other.value, other.low, other.high))
    return Estimate(value, *found)


def _combined(one: Parts, other: Parts) -> tuple[float, float]:
    value = one[0] - other[0]
    below = hypot(one[0] - one[1], other[2] - other[0])
    above = hypot(one[2] - one[0], other[0] - other[1])
    return value - below, value + above


def ratio(one: Estimate, other: Estimate) -> Estimate | None:
    """`one` over `other`; None where either is not above nought.

    The ends are worked out on logarithms, by the method of `difference`.
    """
    if one.value <= 0 or other.value <= 0:
        return None
    value = one.value / other.value  # the logarithms' own rounding shows in its last digits
    if value == 0:  # too small for any number
        return None
    low, high = _ends(one, other) or (None, None)
    if low is None or high is None:
        return finite(Estimate(value))
    if low == high:
        return finite(Estimate(value, value, value))
    return finite(Estimate(value, min(value, low), max(value, high)))


def mean(found: Sequence[Estimate]) -> Estimate:
    """Of independent estimates: their errors add in squares."""
    count = len(found)
    value = sum(one.value for one in found) / count
    if not all(one.known for one in found):
        return Estimate(value)
    below = hypot(*(one.value - one.low for one in found if one.low is not None)) / count
    above = hypot(*(one.high - one.value for one in found if one.high is not None)) / count
    return Estimate(value, value - below, value + above)


def geometric_mean(found: Sequence[Estimate]) -> Estimate | None:
    """Of independent ratios, all above nought."""
    return _exp(mean([_log(one) for one in found]))


def _ends(one: Estimate, other: Estimate) -> tuple[float, float] | None:
    """Those of a ratio. No Estimate on the way: a comparison takes one for every figure."""
    mine, its = _logs(one), _logs(other)
    if mine is None or its is None:
        return None
    ends = _combined(mine, its)
    try:
        low, high = exp(ends[0]), exp(ends[1])
    except OverflowError:
        return None
    return (low, high) if isfinite(high - low) else None


def _logs(one: Estimate) -> Parts | None:
    """An interval that reaches down to nought has no logarithm; the value has."""
    if one.low is None or one.high is None or one.low <= 0:
        return None
    return log(one.value), log(one.low), log(one.high)


def _log(one: Estimate) -> Estimate:
    found = _logs(one)
    return Estimate(*found) if found else Estimate(log(one.value))


def _exp(one: Estimate) -> Estimate | None:
    try:
        value = exp(one.value)
        low, high = (None if end is None else exp(end) for end in (one.low, one.high))
    except OverflowError:
        return None
    return finite(Estimate(value, low, high))


def finite(one: Estimate) -> Estimate | None:
    """An interval without an end is none, and a value beyond every number is no value."""
    if not isfinite(one.value):
        return None
    whole = one.low is not None and one.high is not None and isfinite(one.high - one.low)
    return one if whole else Estimate(one.value)
