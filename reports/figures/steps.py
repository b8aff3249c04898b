"""Loss over the steps of a distillation: one line a student whose checkpoints were measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench.record import Record, Run, Value
from reports.doubts import doubt
from reports.figures.course import Spot, course
from reports.relative import DIFFERENCE
from reports.roster import measured
from reports.units import BARE, figure, interval

CHECKPOINT = re.compile(r"(?P<student>.+)\.(?P<step>\d{1,12})")
"""`student.200`: a student as it was after 200 steps."""


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
        svg = course([_spot(step) for step in steps], "step")
        yield Course(
            student=name,
            metric=metric,
            unit=unit,
            steps=steps,
            svg=svg,
        )


def _spot(step: Step) -> Spot:
    value = step.loss
    return Spot(float(step.step), str(step.step), value.value or 0.0, value.low, value.high)
