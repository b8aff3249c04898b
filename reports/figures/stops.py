"""The points of a chart: each a link with its interval bars, its name and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from reports.board import Board
from reports.figures.axes import text_at
from reports.figures.labels import APART, LINE, Box
from reports.figures.trade import Axes, Choice, Paper, Point, said


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """All that the parts of one chart are drawn from."""

    board: Board
    choice: Choice
    paper: Paper
    points: Sequence[Point]
    axes: Axes
    budgets: Sequence[float]
    chosen: int
    winner: str | None

    @property
    def spots(self) -> list[tuple[float, float]]:
        """Where the points stand."""
        return [
            (self.axes.across(point.gain.value), self.axes.down(point.loss.value))
            for point in self.points
        ]


def bars(point: Point, axes: Axes) -> Iterator[Box]:
    """The two interval bars as boxes one pixel wide."""
    if point.teacher:
        return
    x, y = axes.across(point.gain.value), axes.down(point.loss.value)
    low, high = point.gain.low, point.gain.high
    if low is not None and high is not None and low > 0:  # the scale is logarithmic
        left, right = sorted((axes.across(low), axes.across(high)))
        yield Box(left, y - 0.5, right, y + 0.5)
    if point.loss.low is not None and point.loss.high is not None:
        yield Box(x - 0.5, axes.down(point.loss.low), x + 0.5, axes.down(point.loss.high))


def stop(drawing: Drawing, point: Point, spot: tuple[float, float], box: Box | None) -> str:
    """A point with its bars and name: a link to its row, so that the keyboard reaches it."""
    words = said(point, drawing.choice)
    path = "".join(
        f"M{bar.left:.1f} {spot[1]:.1f}H{bar.right:.1f}"
        if bar.bottom - bar.top <= 1.01 and bar.right - bar.left > 1.01
        else f"M{spot[0]:.1f} {bar.top:.1f}V{bar.bottom:.1f}"
        for bar in bars(point, drawing.axes)
    )
    won = " won" * (point.line.row.name == drawing.winner)
    return (
        f'<a class="stop {point.kind.partition(" ")[0]}{won}" href="#v{point.at}" '
        f'aria-label="{escape(words.replace(chr(10), ", "))}" data-tip="{escape(words)}" '
        f'data-at="{point.at}">'
        + (f'<path class="bars" d="{path}"/>' if path else "")
        + _mark(point, spot)
        + (_label(point.label, box, spot) if box else "")
        + "</a>"
    )


def _mark(point: Point, spot: tuple[float, float]) -> str:
    x, y = spot
    if point.teacher:
        return f'<path class="mark teacher" d="M{x:.1f} {y - 7:.1f}l7 7-7 7-7-7z"/>'
    return f'<circle class="mark {point.kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'


def _label(text: str, box: Box, spot: tuple[float, float]) -> str:
    x = box.left if box.left > spot[0] else box.right if box.right < spot[0] else spot[0]
    anchor = "start" if box.left > spot[0] else "end" if box.right < spot[0] else "middle"
    middle = (box.top + box.bottom) / 2
    leader = ""
    if abs(middle - spot[1]) > LINE + APART:
        end = box.top if middle > spot[1] else box.bottom
        leader = f'<path class="leader" d="M{spot[0]:.1f} {spot[1]:.1f}L{x:.1f} {end:.1f}"/>'
    return leader + text_at(x, box.top + LINE - 4, text, anchor, "label")
