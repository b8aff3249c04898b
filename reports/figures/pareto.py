"""Quality against speed: up and to the right is better, the bars are 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reports.answer import BUDGET
from reports.board import EVEN, NOTHING_LOST, Board, Line
from reports.contest import Against
from reports.doubts import MARK
from reports.figures.axes import linear, signed_root, spaced, text_at
from reports.figures.labels import LINE, Box, place
from reports.names import visible
from reports.roster import TEACHER
from reports.topics import LOSS, SPEED
from reports.units import TIMES, number

WIDTH, HEIGHT = 860, 400
PLOT = Box(62, 30, WIDTH - 14, HEIGHT - 46)
X_TICKS = (0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 40)
Y_TICKS = (-0.1, -0.03, -0.01, 0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10)


@dataclass(frozen=True)
class Point:
    """A variant in the chart: its speed ratio and its loss difference."""

    line: Line
    speed: Against
    loss: Against

    @property
    def label(self) -> str:
        """Its name, marked where it is simulated or in doubt."""
        marks = " ~" * self.line.row.simulated + f" {MARK}" * self.doubtful
        return visible(self.line.row.name, 22) + marks

    @property
    def doubtful(self) -> bool:
        """Whether one of its two figures is."""
        return bool(self.speed.doubt or self.loss.doubt)

    @property
    def kind(self) -> str:
        """How it is drawn."""
        if self.line.row.name == TEACHER:
            return "teacher"
        if self.line.row.simulated or self.doubtful:
            return "hollow loose"
        return "hollow" if self.line.dominated_by is not None else "point"


@dataclass(frozen=True)
class Axes:
    """From figures to pixels."""

    across: Callable[[float], float]
    down: Callable[[float], float]


def pareto(board: Board) -> str:
    """The chart as SVG, or nothing where fewer than two variants can stand in it."""
    points = list(_points(board))
    if len(points) < 2:
        return ""
    axes = _axes(points)
    spots = [(axes.across(point.speed.value), axes.down(point.loss.value)) for point in points]
    texts = [point.label for point in points]
    boxes = place(spots, texts, Box(4, PLOT.top, WIDTH - 4, PLOT.bottom))
    marks = (_mark(point, spot, axes) for point, spot in zip(points, spots, strict=True))
    names = (_label(text, box, spot) for text, box, spot in zip(texts, boxes, spots, strict=True))
    return (
        f'<svg class="pareto" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="Loss against decode speed, both relative to the teacher; '
        'the table below holds the same figures">'
        f"{''.join(_grid(axes))}{''.join(_captions(board))}{''.join(marks)}{''.join(names)}</svg>"
    )


def _points(board: Board) -> Iterator[Point]:
    for line in board.lines:
        speed, loss = board.gap(line, SPEED), board.gap(line, LOSS)
        if line.row.name == TEACHER and line.row.status == "measured":
            yield Point(line, EVEN, NOTHING_LOST)
        elif speed and loss and _drawable(speed, loss):
            yield Point(line, speed, loss)


def _drawable(speed: Against, loss: Against) -> bool:
    """Whether both can stand on their scales, of which the speed's is logarithmic."""
    return speed.value > 0 and all(map(math.isfinite, _ends(speed) + _ends(loss)))


def _axes(points: Sequence[Point]) -> Axes:
    x = linear(
        [math.log2(v) for p in points for v in _ends(p.speed) if v > 0], PLOT.left, PLOT.right
    )
    y = linear([signed_root(v) for p in points for v in _ends(p.loss)], PLOT.top, PLOT.bottom)
    return Axes(across=lambda value: x(math.log2(value)), down=lambda value: y(signed_root(value)))


def _ends(gap: Against) -> list[float]:
    return [end for end in (gap.low, gap.value, gap.high) if end is not None]


def _grid(axes: Axes) -> Iterator[str]:
    for tick, x in spaced(X_TICKS, axes.across, (PLOT.left, PLOT.right), 44):
        line = "one" if tick == 1 else "grid"
        yield f'<path class="{line}" d="M{x:.1f} {PLOT.top}V{PLOT.bottom}"/>'
        yield text_at(x, PLOT.bottom + 18, f"{tick:g}{TIMES}", "middle", "mut")
    for tick, y in spaced(Y_TICKS, axes.down, (PLOT.top, PLOT.bottom), 18):
        yield f'<path class="grid" d="M{PLOT.left} {y:.1f}H{PLOT.right}"/>'
        said = number(tick, max(0, -math.floor(math.log10(abs(tick)))) if tick else 0)
        yield text_at(PLOT.left - 8, y + 4, said, "end", "mut")
    limit = axes.down(BUDGET)
    if PLOT.top < limit < PLOT.bottom:
        yield f'<path class="budget" d="M{PLOT.left} {limit:.1f}H{PLOT.right}"/>'
        yield text_at(PLOT.right, limit - 5, f"+{BUDGET} nat/tok", "end", "over")


def _captions(board: Board) -> Iterator[str]:
    up, on = "\N{UPWARDS ARROW}", "\N{RIGHTWARDS ARROW}"
    yield text_at(PLOT.left, 16, f"{up} less loss added to the teacher's, nat/tok", "start", "")
    head = board.head(SPEED)
    paired = "paired" if head and head.paired else "unpaired"
    right = f"decode speed, ratio to the teacher, {paired} {on}"
    yield text_at(PLOT.right, HEIGHT - 8, right, "end", "")


def _mark(point: Point, spot: tuple[float, float], axes: Axes) -> str:
    x, y = spot
    bars = ""
    low, high = point.speed.low, point.speed.high
    if (
        point.kind != "teacher" and low is not None and high is not None and low > 0
    ):  # the scale is logarithmic
        bars += f"M{axes.across(low):.1f} {y:.1f}H{axes.across(high):.1f}"
    if point.kind != "teacher" and point.loss.low is not None and point.loss.high is not None:
        bars += f"M{x:.1f} {axes.down(point.loss.low):.1f}V{axes.down(point.loss.high):.1f}"
    kind = point.kind
    shape = f"M{x:.1f} {y - 7:.1f}l7 7-7 7-7-7z"
    round_one = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    mark = f'<path class="{kind}" d="{shape}"/>' if kind == "teacher" else round_one
    return (f'<path class="bars" d="{bars}"/>' if bars else "") + mark


def _label(text: str, box: Box, spot: tuple[float, float]) -> str:
    x = box.left if box.left > spot[0] else box.right if box.right < spot[0] else spot[0]
    anchor = "start" if box.left > spot[0] else "end" if box.right < spot[0] else "middle"
    return text_at(x, box.top + LINE - 4, text, anchor, "label")
