"""A line through figures that follow one another, each with its interval: steps, or dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reports.figures.axes import linear, round_ticks, text_at
from reports.figures.labels import LETTER, Box
from reports.names import visible
from reports.units import MINUS

WIDTH, HEIGHT = 720, 260
PLOT = Box(66, 28, WIDTH - 20, HEIGHT - 40)
TICKS = 4


@dataclass(frozen=True)
class Spot:
    """One figure: where it stands, and what is written under it."""

    at: float
    label: str
    value: float
    low: float | None = None
    high: float | None = None


def course(spots: Sequence[Spot], axis: str) -> str:
    """The drawing; its figures stand in words beside it, so that nobody needs to see it."""
    across = linear([spot.at for spot in spots], PLOT.left, PLOT.right)
    ends = [end for spot in spots for end in _ends(spot)]
    down = linear(ends, PLOT.bottom, PLOT.top)
    places = [(across(spot.at), down(spot.value)) for spot in spots]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    bars = "".join(
        f"M{x:.1f} {down(spot.low):.1f}V{down(spot.high):.1f}"
        for spot, (x, _) in zip(spots, places, strict=True)
        if spot.low is not None and spot.high is not None
    )
    dots = "".join(
        f'<circle class="mark point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places
    )
    return (
        f'<svg class="steps" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f"{''.join(_grid(ends, down))}{''.join(_under(spots, places, axis))}"
        f'<path class="course" d="{line}"/><path class="bars" d="{bars}"/>{dots}</svg>'
    )


def _ends(spot: Spot) -> list[float]:
    return [end for end in (spot.low, spot.value, spot.high) if end is not None]


def _grid(ends: Sequence[float], down: Callable[[float], float]) -> Iterator[str]:
    for tick in round_ticks(min(ends), max(ends), TICKS):
        y = down(tick)
        yield f'<path class="grid" d="M{PLOT.left} {y:.1f}H{PLOT.right}"/>'
        yield text_at(PLOT.left - 8, y + 4, f"{tick:.4g}".replace("-", MINUS), "end", "mut")


def _under(
    spots: Sequence[Spot], places: Sequence[tuple[float, float]], axis: str
) -> Iterator[str]:
    """What is under the line, where it does not crowd its neighbour."""
    end = -1e9
    for spot, (x, _) in zip(spots, places, strict=True):
        text = visible(spot.label, 24)
        half = LETTER * len(text) / 2
        if x - half > end:
            yield text_at(x, PLOT.bottom + 20, text, "middle", "mut")
            end = x + half
    yield text_at(PLOT.right, HEIGHT - 4, axis, "end", "")
