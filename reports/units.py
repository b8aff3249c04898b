"""Numbers on paper: the only place where base units are scaled and digits are dropped."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from reports.names import visible

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
MICRO = "\N{MICRO SIGN}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"

EXACT_DIGITS = 4
"""Significant digits of a figure that has no interval to say how many it deserves."""
MOST_PLACES = 9
LARGEST = 1e16
"""From here on a figure is written with an exponent: nobody has measured it."""
SMALLEST = 1e-6
"""Below it too: a divergence of 3e-12 is no 0."""


@dataclass(frozen=True)
class Scale:
    """A unit to print in, and how many base units it holds."""

    per: float
    unit: str


SCALES = {
    "s": (Scale(1.0, "s"), Scale(1e-3, "ms"), Scale(1e-6, f"{MICRO}s")),
    "B": (Scale(1e9, "GB"), Scale(1e6, "MB"), Scale(1e3, "kB"), Scale(1.0, "B")),
    "B/s": (Scale(1e9, "GB/s"), Scale(1e6, "MB/s"), Scale(1.0, "B/s")),
    "FLOP/s": (Scale(1e12, "TFLOP/s"), Scale(1e9, "GFLOP/s"), Scale(1.0, "FLOP/s")),
    "OP/s": (Scale(1e12, "TOP/s"), Scale(1e9, "GOP/s"), Scale(1.0, "OP/s")),
    "J": (Scale(1e3, "kJ"), Scale(1.0, "J"), Scale(1e-3, "mJ"), Scale(1e-6, f"{MICRO}J")),
    "1": (Scale(1e9, "G"), Scale(1e6, "M"), Scale(1.0, "")),
}
"""Largest first; a unit that is not here is printed as it is. Bytes are decimal."""


PERCENT = Scale(0.01, "%")
RATIO = Scale(1.0, TIMES)
BARE = Scale(1.0, "")
SHARES = frozenset({"top1", "equal_tokens", "equal_tokens_sampled"})
"""Shares by name; so is every metric that ends in `_share`."""


def scale_for(unit: str, sizes: Iterable[float | None], metric: str = "") -> Scale:
    """The scale in which the smallest of `sizes` still has a digit before the point.

    A share reads as percent and a speed-up as a ratio, which only the metric's name can say.
    """
    if unit == "1" and (metric in SHARES or metric.endswith("_share")):
        return PERCENT
    if unit == "1" and metric.endswith("_speedup"):
        return RATIO
    scales = SCALES.get(unit, (Scale(1.0, visible(unit, 16)),))
    plain = next((scale.per for scale in scales if scale.per == 1.0), scales[0].per)  # for noughts
    smallest = min((abs(size) for size in sizes if size), default=plain)
    return next((scale for scale in scales if smallest >= scale.per), scales[-1])


def places(half_width: float) -> int:
    """Decimals that show two significant digits of an interval's half-width."""
    return _places(half_width, 2)


def number(value: float, decimals: int) -> str:
    """Fixed decimals, a true minus sign, and no minus before a zero."""
    size = abs(value)
    text = f"{size:.{decimals}f}" if size < LARGEST else f"{size:.3e}"
    return MINUS + text if value < 0 and float(text) else text


def figure(
    value: float | None, low: float | None, high: float | None, scale: Scale, signed: bool = False
) -> str:
    """A figure without its unit, to the decimals that its interval deserves."""
    if value is None:
        return MISSING
    text = _written(value, (low, value, high), scale)
    return f"+{text}" if signed and value > 0 and float(text) else text


def interval(low: float | None, high: float | None, scale: Scale) -> str:
    """`[low, high]`, or nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"[{', '.join(_written(end, (low, low, high), scale) for end in (low, high))}]"


def plus_minus(value: float, low: float | None, high: float | None, scale: Scale) -> str:
    """The distance to the farther end of the interval, or nothing where there is none."""
    if low is None or high is None:
        return ""
    return PLUS_MINUS + _written(max(value - low, high - value), (low, value, high), scale)


def quantity(value: float | None, unit: str) -> str:
    """A lone figure with its unit: `12.30 ms`."""
    scale = scale_for(unit, [value])
    return f"{figure(value, None, None, scale)} {scale.unit}".strip()


def ratio(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """`2.06` and a multiplication sign: never more than two decimals."""
    if value is None:
        return MISSING
    return f"{number(value, ratio_places(low, high))}{TIMES}"


def span(low: float | None, high: float | None) -> str:
    """`[2.05, 2.08]` of a ratio, or nothing where there is none."""
    if low is None or high is None:
        return ""
    decimals = ratio_places(low, high)
    return f"[{number(low, decimals)}, {number(high, decimals)}]"


def ratio_error(value: float, low: float | None, high: float | None) -> str:
    """The distance of a ratio to the farther end of its interval, rounded up; nothing if exact."""
    if low is None or high is None or low == high:
        return ""
    decimals = ratio_places(low, high)
    far = max(value - low, high - value)
    if far < LARGEST:
        far = math.ceil(round(far * 10**decimals, 6)) / 10**decimals
    return PLUS_MINUS + number(far, decimals)


def ratio_places(low: float | None, high: float | None) -> int:
    """Decimals of a ratio and of its interval's ends."""
    if low is None or high is None or low == high:
        return 2
    return min(2, max(1, places((high - low) / 2)))


def _written(shown: float, about: tuple[float | None, float, float | None], scale: Scale) -> str:
    """`shown` to the digits that a figure deserves; `about`: its low end, itself, its high end."""
    low, value, high = about
    most = max(abs(size) for size in (*about, shown) if size is not None) / scale.per
    if 0 < most < SMALLEST:
        return (MINUS if shown < 0 else "") + f"{abs(shown) / scale.per:.1e}"
    return number(shown / scale.per, _decimals(value, low, high, scale))


def _decimals(value: float, low: float | None, high: float | None, scale: Scale) -> int:
    if low is not None and high is not None and high > low:
        return places((high - low) / 2 / scale.per)
    scaled = value / scale.per
    if scale.per == 1.0 and scaled == math.floor(scaled):
        return 0
    return _places(scaled, EXACT_DIGITS)


def _places(size: float, digits: int) -> int:
    """Decimals that show `digits` significant digits of `size`, as it reads once rounded."""
    if not size or not math.isfinite(size):
        return 0
    exponent = int(f"{abs(size):.{digits - 1}e}".partition("e")[2])
    return min(MOST_PLACES, max(0, digits - 1 - exponent))
