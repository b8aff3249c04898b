"""A small forest plot: one interval a row, all on one logarithmic scale around the teacher."""

from __future__ import annotations

import math
from collections.abc import Iterable

from reports.contest import Against

WIDTH, HEIGHT, EDGE = 90, 18, 6
LEAST = math.log2(1.1)
MOST = math.log2(64)
"""Farther ratios stand at the edge."""


def span_of(gaps: Iterable[Against | None]) -> float:
    """Half the scale in doublings: all intervals lie inside it."""
    ends = [abs(math.log2(end)) for gap in gaps if gap for end in _ends(gap)]
    return min(MOST, max([LEAST, *ends]))


def forest(gap: Against | None, span: float) -> str:
    """One row's plot; `span` is what `span_of` gave for all of them."""
    middle, y = WIDTH / 2, HEIGHT // 2
    axis = f'<path class="one" d="M{middle:.0f} 0V{HEIGHT}"/>'
    if gap is None or gap.value <= 0 or not math.isfinite(gap.value):
        return (
            f'<svg class="forest" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">{axis}</svg>'
        )
    bar = ""
    if gap.low is not None and gap.high is not None and 0 < gap.low <= gap.high:
        left, right = _across(gap.low, span), _across(gap.high, span)
        bar = f'<path class="bar" d="M{left:.1f} {y}H{max(right, left + 1):.1f}"/>'
    kind = "loose" if gap.doubt else gap.verdict
    dot = f'<circle class="dot" cx="{_across(gap.value, span):.1f}" cy="{y}" r="3.5"/>'
    return (
        f'<svg class="forest {kind}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        f"{axis}{bar}{dot}</svg>"
    )


def _ends(gap: Against) -> list[float]:
    ends = (gap.low, gap.value, gap.high)
    return [end for end in ends if end is not None and end > 0 and math.isfinite(end)]


def _across(ratio: float, span: float) -> float:
    share = max(-1.0, min(1.0, math.log2(ratio) / span))
    return WIDTH / 2 + (WIDTH / 2 - EDGE) * share
