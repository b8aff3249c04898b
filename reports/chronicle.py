"""Runs over time: each figure's course, apart by hardware and by what was measured on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.record import Record, Run
from reports.changes import own_ratio, relation_of
from reports.doubts import doubt, timeless
from reports.figured import figures
from reports.hardware import hardware_key, hardware_name
from reports.ratios import Estimate
from reports.roster import TEACHER

RATIO, IN_TURNS, DIFFERENCE, FIGURE = "ratio", "ratio in turns", "difference", "figure"
"""What a point may be: see Point.relation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One figure of one run, as plain values that a table can hold."""

    run: str
    """Names the run by its content: the same run is never told twice."""
    name: str
    date: str
    subject: str
    """Of teacher, text, tokenizer and recipe: other subjects' figures make another course."""
    hardware: str
    machine: str
    cell: str
    metric: str
    unit: str
    better: str
    relation: str
    """How `value` is meant: to the teacher's as `ratio`, `ratio in turns` or `difference`; or as
    the `figure` itself."""
    recipe: str
    """How it was worked out, where there is more than one way; else empty."""
    value: float
    low: float | None
    high: float | None
    doubt: str | None


@dataclass(frozen=True, slots=True)
class Course:
    """One metric of one cell on one kind of machine, oldest first."""

    points: tuple[Point, ...]

    @property
    def last(self) -> Point:
        """The newest, which says what all have in common."""
        return self.points[-1]


def points(name: str, run: Run) -> Iterator[Point]:
    """Every figure that is known: to the run's own teacher where that may be said, else itself.

    A profiled cell's times stand in no course: they are compared with nothing.
    """
    about = {
        "run": identity(run),
        "name": name,
        "date": run.date,
        "subject": subject(run),
        "hardware": hardware_key(run),
        "machine": hardware_name(run.machine),
    }
    for found in figures(run):
        if timeless(found.record, found.value):
            continue
        relation, estimate, doubtful = _told(run, found.record, found.metric)
        yield Point(
            **about,
            cell=found.record.cell,
            metric=found.metric,
            unit=found.value.unit,
            better=found.value.better,
            relation=relation,
            recipe=found.value.recipe or "",
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            doubt=doubtful,
        )


def courses(found: Iterable[Point]) -> list[Course]:
    """By machine, cell and metric; within one, by date and each run once."""
    groups: dict[tuple[str, ...], dict[str, Point]] = {}
    for point in found:
        key: tuple[str, ...] = (point.hardware, point.subject, point.cell, point.metric)
        key += (point.relation, point.recipe, point.unit)
        groups.setdefault(key, {})[point.run] = point
    return [
        Course(tuple(sorted(group.values(), key=lambda point: (point.date, point.run))))
        for _, group in sorted(groups.items(), key=lambda item: item[0])
    ]


def identity(run: Run) -> str:
    """Of when, where and what: two files of one session are one run."""
    cells = [(record.cell, record.status) for record in run.records]
    figures_ = [
        (name, value.value) for record in run.records for name, value in record.values.items()
    ]
    return _digest([run.date, hardware_key(run), cells, figures_])


def subject(run: Run) -> str:
    """What the figures are of."""
    settings, text = run.settings, run.text
    teacher = settings.get("teacher_content") or settings.get("teacher")
    parts = [teacher, settings.get("teacher_dtype")]
    return _digest([*parts, *(text.get(key) for key in ("fingerprint", "tokenizer", "recipe"))])


def _told(run: Run, record: Record, metric: str) -> tuple[str, Estimate, str | None]:
    value = record.values[metric]
    own = own_ratio(run, record, metric) if record.variant != TEACHER else None
    if own and value.kind != "exact":
        ratio = IN_TURNS if own.paired else RATIO
        relation = DIFFERENCE if relation_of(metric, value) == DIFFERENCE else ratio
        return relation, own.estimate, own.doubt
    return FIGURE, Estimate(value.value or 0.0, value.low, value.high), doubt(record, value)


def _digest(found: object) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]
