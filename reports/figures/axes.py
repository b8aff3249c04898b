"""Scales, ticks and text of a chart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape


def linear(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    """From figures to pixels between `start` and `end`, with a margin around all `values`."""
    low, high = min(values), max(values)
    margin = 0.09 * (high - low) or 0.5
    low, span = low - margin, high - low + 2 * margin
    return lambda value: start + (value - low) / span * (end - start)


def signed_root(value: float) -> float:
    """Square root that keeps the sign: it spreads what lies close to zero."""
    return math.copysign(math.sqrt(abs(value)), value)


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between `low` and `high`, at most so many."""
    wide = (high - low) / most
    if not wide > 0 or not math.isfinite(wide):
        return [low]
    power = 10.0 ** math.floor(math.log10(wide))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= wide)
    first = math.ceil(low / step - 1e-9)
    return [at * step for at in range(first, first + most + 1) if at * step <= high]


def spaced(
    ticks: Iterable[float], at: Callable[[float], float], ends: tuple[float, float], apart: float
) -> Iterator[tuple[float, float]]:
    """The ticks that lie between `ends` and at least `apart` pixels from each other."""
    shown: list[float] = []
    # The middle of the scale keeps its tick when neighbours crowd it.
    for tick in sorted(ticks, key=lambda tick: (tick not in (0, 1), abs(tick))):
        spot = at(tick)
        if ends[0] <= spot <= ends[1] and all(abs(spot - other) >= apart for other in shown):
            shown.append(spot)
            yield tick, spot


def text_at(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    """An SVG text of the class `kind`."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
