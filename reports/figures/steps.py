"""Loss over the steps of a distillation: one line a student whose checkpoints were measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.record import Record, Run, Value
from reports.doubts import doubt
from reports.figures.axes import linear, round_ticks, text_at
from reports.figures.labels import Box
from reports.relative import DIFFERENCE
from reports.roster import measured
from reports.units import BARE, MINUS, figure, interval

CHECKPOINT = re.compile(r"(?P<student>.+)\.(?P<step>\d{1,12})")
"""`student.200`: a student as it was after 200 steps."""
WIDTH, HEIGHT = 720, 260
PLOT = Box(66, 28, WIDTH - 20, HEIGHT - 40)
TICKS = 4


@dataclass(frozen=True, kw_only=True)
class Step:
    """One checkpoint."""

    step: int
    loss: Value
    doubt: str | None

    @property
    def said(self) -> str:
        """In a line of text."""
        text = figure(self.loss.value, self.loss.low, self.loss.high, BARE)
        return f"step {self.step}: {text} {interval(self.loss.low, self.loss.high, BARE)}".strip()


@dataclass(frozen=True, kw_only=True)
class Course:
    """One student's way."""

    student: str
    metric: str
    unit: str
    steps: tuple[Step, ...]
    svg: str


def courses(run: Run) -> list[Course]:
    """Students of which at least two checkpoints have a loss, all of the same recipe."""
    found: dict[str, list[tuple[int, Record]]] = {}
    for record in measured(run):
        match = CHECKPOINT.fullmatch(record.variant)
        if match and record.suite == "quality":
            found.setdefault(match["student"], []).append((int(match["step"]), record))
    return [course for name, cells in found.items() for course in _course(name, cells)]


def _course(name: str, cells: list[tuple[int, Record]]) -> Iterator[Course]:
    """Above the teacher's where every checkpoint says so, else as it is."""
    paired = all(DIFFERENCE in record.values for _, record in cells)
    metric = DIFFERENCE if paired else "loss"
    steps = tuple(
        Step(step=step, loss=value, doubt=doubt(record, value))
        for step, record in sorted(cells, key=lambda cell: cell[0])
        if (value := record.values.get(metric)) and value.value is not None
    )
    if len(steps) >= 2 and len({step.loss.recipe for step in steps}) == 1:
        unit = steps[0].loss.unit
        yield Course(student=name, metric=metric, unit=unit, steps=steps, svg=chart(steps))


def chart(steps: Sequence[Step]) -> str:
    """A line through the checkpoints with their intervals; the words stand in a table beside."""
    across = linear([float(step.step) for step in steps], PLOT.left, PLOT.right)
    ends = [end for step in steps for end in _ends(step.loss)]
    down = linear(ends, PLOT.bottom, PLOT.top)
    spots = [(across(step.step), down(step.loss.value or 0.0)) for step in steps]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    bars = "".join(
        f"M{x:.1f} {down(step.loss.low):.1f}V{down(step.loss.high):.1f}"
        for step, (x, _) in zip(steps, spots, strict=True)
        if step.loss.low is not None and step.loss.high is not None
    )
    dots = "".join(
        f'<circle class="mark point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in spots
    )
    return (
        f'<svg class="steps" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f"{''.join(_grid(ends, down))}{''.join(_under(steps, spots))}"
        f'<path class="course" d="{line}"/><path class="bars" d="{bars}"/>{dots}</svg>'
    )


def _ends(value: Value) -> list[float]:
    return [end for end in (value.low, value.value, value.high) if end is not None]


def _grid(ends: Sequence[float], down: Callable[[float], float]) -> Iterator[str]:
    for tick in round_ticks(min(ends), max(ends), TICKS):
        y = down(tick)
        yield f'<path class="grid" d="M{PLOT.left} {y:.1f}H{PLOT.right}"/>'
        yield text_at(PLOT.left - 8, y + 4, f"{tick:.4g}".replace("-", MINUS), "end", "mut")


def _under(steps: Sequence[Step], spots: Sequence[tuple[float, float]]) -> Iterator[str]:
    """The steps under the line, where they do not crowd each other."""
    last = -1e9
    for step, (x, _) in zip(steps, spots, strict=True):
        if x - last >= 44:
            yield text_at(x, PLOT.bottom + 20, str(step.step), "middle", "mut")
            last = x
    yield text_at(PLOT.right, HEIGHT - 4, "step", "end", "")
