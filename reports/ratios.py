"""Ratios and differences of two figures, and how the errors of the two combine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot, isfinite, log

from bench.record import Value


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
    below = hypot(one.value - one.low, other.high - other.value)
    above = hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, value - below, value + above)


def ratio(one: Estimate, other: Estimate) -> Estimate | None:
    """`one` over `other`, worked out on logarithms; None where either is not above nought."""
    if one.value <= 0 or other.value <= 0:
        return None
    found = _exp(_difference(_log(one), _log(other)))
    value = one.value / other.value  # the logarithms' own rounding shows in its last digits
    if found is None or not (found.known and found.low is not None and found.high is not None):
        return finite(Estimate(value))
    if found.low == found.high:
        return finite(Estimate(value, value, value))
    return finite(Estimate(value, min(value, found.low), max(value, found.high)))


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


def _log(one: Estimate) -> Estimate:
    """An interval that reaches down to nought has no logarithm; the value has."""
    if one.low is None or one.high is None or one.low <= 0:
        return Estimate(log(one.value))
    return Estimate(log(one.value), log(one.low), log(one.high))


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
