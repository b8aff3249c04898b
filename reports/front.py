"""The Pareto rule: who is dominated, judged by intervals; one rule for the table and the chart.

One variant dominates another where its figure is at least as good on every axis, and on one axis
the two intervals part. What noise could explain thus dominates nobody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.contest import Against


@dataclass(frozen=True)
class Span:
    """A figure on one axis and its interval; more is better."""

    value: float
    low: float
    high: float


def span_of(gap: Against, better: str, exact: bool = False) -> Span:
    """A comparison on an axis; without an interval it may be anything, unless it is exact."""
    low, high = (gap.value, gap.value) if exact else (-math.inf, math.inf)
    if gap.low is not None and gap.high is not None:
        low, high = gap.low, gap.high
    if better == "higher":
        return Span(gap.value, low, high)
    return Span(-gap.value, -high, -low)


def dominates(one: Sequence[Span], other: Sequence[Span]) -> bool:
    """Whether `one` is at least as good on all axes, and surely better on one."""
    pairs = list(zip(one, other, strict=True))
    return all(mine.value >= its.value for mine, its in pairs) and any(
        mine.low > its.high for mine, its in pairs
    )


def front(entrants: Mapping[str, Sequence[Span]]) -> dict[str, str | None]:
    """For each name the first that dominates it, or None: it stands on the Pareto front."""
    return {
        name: next((rival for rival in entrants if dominates(entrants[rival], spans)), None)
        for name, spans in entrants.items()
    }
