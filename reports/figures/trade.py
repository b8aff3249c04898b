"""What a trade-off chart is drawn from: points with intervals, on two scales."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from reports.board import EVEN, NOTHING_LOST, Board, Line
from reports.contest import Against
from reports.doubts import MARK
from reports.figures.axes import linear, signed_root
from reports.figures.labels import Box
from reports.front import front, span_of
from reports.names import visible
from reports.roster import TEACHER
from reports.topics import ENERGY, LOSS, MEMORY, SIZE, SPEED, Topic
from reports.units import BARE, figure, number, places, ratio, ratio_places


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a chart is drawn on, in pixels."""

    kind: str
    width: int
    height: int

    @property
    def plot(self) -> Box:
        """Where the points stand; captions are around it."""
        return Box(62, 30, self.width - 14, self.height - 46)


PAPERS = (
    Paper(kind="wide", width=1080, height=450),
    Paper(kind="narrow", width=380, height=430),
)
"""For a desk and for a phone."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Something that quality is traded for."""

    key: str
    label: str
    topic: Topic
    axis: str
    """The caption of the axis; how it is compared follows it."""
    up: bool = False
    """Whether a larger ratio is better."""


CHOICES = (
    Choice(key="speed", label="speed", topic=SPEED, axis="decode speed", up=True),
    Choice(key="size", label="size on disk", topic=SIZE, axis="size on disk"),
    Choice(key="memory", label="peak memory", topic=MEMORY, axis="peak memory"),
    Choice(key="energy", label="energy", topic=ENERGY, axis="energy per token"),
)


@dataclass(frozen=True)
class Point:
    """A variant in the chart: a ratio to the teacher, and its loss difference."""

    line: Line
    at: int
    """Its place in the table of variants."""
    gain: Against
    loss: Against
    dominated: bool

    @property
    def label(self) -> str:
        """Its name, marked where it is simulated or in doubt."""
        marks = " ~" * self.line.row.simulated + f" {MARK}" * self.doubtful
        return visible(self.line.row.name, 22) + marks

    @property
    def doubtful(self) -> bool:
        """Whether one of its two figures is."""
        return bool(self.gain.doubt or self.loss.doubt)

    @property
    def loose(self) -> bool:
        """Whether it is not judged."""
        return self.line.row.simulated or self.doubtful

    @property
    def teacher(self) -> bool:
        """Whether it is what all others are set against."""
        return self.line.row.name == TEACHER

    @property
    def kind(self) -> str:
        """How it is drawn."""
        if self.teacher:
            return "teacher"
        if self.loose:
            return "hollow loose"
        return "hollow" if self.dominated else "point"


@dataclass(frozen=True)
class Axes:
    """From figures to pixels."""

    across: Callable[[float], float]
    down: Callable[[float], float]


def points_of(board: Board, choice: Choice) -> list[Point]:
    """Everybody who has both figures, and who of them is dominated on these two axes."""
    found = list(_found(board, choice))
    better = "higher" if choice.up else "lower"
    spans = {
        point.line.row.name: [span_of(point.gain, better), span_of(point.loss, "lower")]
        for point in found
        if not point.loose
    }
    beaten = front(spans)
    return [
        Point(point.line, point.at, point.gain, point.loss, bool(beaten.get(point.line.row.name)))
        for point in found
    ]


def _found(board: Board, choice: Choice) -> Iterator[Point]:
    head = board.head(choice.topic)
    exact = head is not None and head.column.value.kind == "exact"
    for at, line in enumerate(board.lines):
        gain, loss = board.gap(line, choice.topic), board.gap(line, LOSS)
        if line.row.name == TEACHER and line.row.status == "measured" and head and head.relation:
            yield Point(line, at, EVEN, NOTHING_LOST, False)
        elif gain and loss and _drawable(gain, loss):
            yield Point(line, at, _exact(gain) if exact else gain, loss, False)


def _exact(gain: Against) -> Against:
    """Bytes on disk are known: their interval is a point."""
    return replace(gain, low=gain.value, high=gain.value)


def _drawable(gain: Against, loss: Against) -> bool:
    """Whether both can stand on their scales, of which the first is logarithmic."""
    return gain.value > 0 and all(map(math.isfinite, _ends(gain) + _ends(loss)))


def axes_of(points: Sequence[Point], up: bool, plot: Box) -> Axes:
    """Better is up and to the right: smaller ratios stand right where less is better."""
    ends = (plot.left, plot.right) if up else (plot.right, plot.left)
    x = linear([math.log2(v) for p in points for v in _ends(p.gain) if v > 0], *ends)
    y = linear([signed_root(v) for p in points for v in _ends(p.loss)], plot.top, plot.bottom)
    return Axes(across=lambda value: x(math.log2(value)), down=lambda value: y(signed_root(value)))


def _ends(gap: Against) -> list[float]:
    return [end for end in (gap.low, gap.value, gap.high) if end is not None]


def said(point: Point, choice: Choice) -> str:
    """A point in words, a line each for its name, its two figures and its standing."""
    gain, loss = point.gain, point.loss
    words = [visible(point.line.row.name)]
    if point.teacher:
        return f"{words[0]}\nwhat the others are set against"
    ends = _between(gain, ratio_places(gain.low, gain.high))
    words.append(f"{choice.axis}: {ratio(gain.value, gain.low, gain.high)} the teacher’s{ends}")
    words.append(f"loss: {_loss(loss)} nat/tok")
    if point.loose:
        words.append("simulated" if point.line.row.simulated else f"in doubt: {_doubt(point)}")
    else:
        words.append("beaten by another" if point.dominated else "on the frontier")
    return "\n".join(words)


def _doubt(point: Point) -> str:
    return (point.gain.doubt or point.loss.doubt or "").replace("_", " ")


def _between(gap: Against, decimals: int) -> str:
    if gap.low is None or gap.high is None or gap.low == gap.high:
        return ""
    return f" ({number(gap.low, decimals)} to {number(gap.high, decimals)})"


def _loss(gap: Against) -> str:
    text = figure(gap.value, gap.low, gap.high, BARE, signed=True)
    wide = gap.low is not None and gap.high is not None and gap.high > gap.low
    decimals = places(((gap.high or 0) - (gap.low or 0)) / 2) if wide else 4
    return text + _between(gap, decimals)
