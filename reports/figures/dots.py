"""A strip of dots: every sample of a cell around its own median, the interval as a bar."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from bench.record import Value

WIDTH, HEIGHT, EDGE = 120, 16, 4
LEAST_REACH = 0.01
LANES = (0, 2, -2, 1, -1)
"""Vertical offsets that dots take in turn, so that equal samples stay apart."""
CROWD = 400
"""From so many samples on three lanes hold them."""


def reach_of(values: Iterable[Value]) -> float:
    """The relative deviation that ends a shared scale: 95 % of all samples lie inside it."""
    found = sorted(abs(share) for value in values for share in _shares(value.samples))
    return max(LEAST_REACH, found[int(0.95 * (len(found) - 1))] if found else 0.0)


def strip(value: Value, reach: float) -> str:
    """The SVG of one cell on a scale of ± `reach`; nothing where there are too few samples.

    One path holds all dots; those that fall on the same spot are drawn once.
    """
    if len(value.samples) < 2 or not median(value.samples):
        return ""
    shares = _shares(value.samples)
    middle = HEIGHT // 2
    lanes = LANES if len(shares) < CROWD else LANES[:3]
    spots = dict.fromkeys(
        (round(_across(share, reach)), middle + lanes[at % len(lanes)])
        for at, share in enumerate(shares)
    )
    dots = "".join(f"M{x} {y}h0" for x, y in spots)
    return (
        f'<svg class="dots" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{len(shares)} samples">{_bar(value, reach, middle)}'
        f'<path d="{dots}"/></svg>'
    )


def _bar(value: Value, reach: float, middle: int) -> str:
    if value.low is None or value.high is None:
        return ""
    left, right = (_across(share, reach) for share in _around(value.samples, value.low, value.high))
    return f'<path class="span" d="M{left:.1f} {middle}H{max(right, left + 1):.1f}"/>'


def _shares(samples: tuple[float, ...]) -> list[float]:
    return _around(samples, *samples) if samples and median(samples) else []


def _around(samples: tuple[float, ...], *points: float) -> list[float]:
    middle = median(samples)
    return [(point - middle) / abs(middle) for point in points]


def _across(share: float, reach: float) -> float:
    half = WIDTH / 2 - EDGE
    return WIDTH / 2 + half * max(-1.0, min(1.0, share / reach))
