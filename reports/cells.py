"""Every figure of every cell, as lines for a table: a new metric or suite shows up by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.record import Record, Run, Value
from bench.workload import Workload
from reports.contest import Against
from reports.doubts import doubt
from reports.figures.dots import reach_of, strip
from reports.gaps import refused, to_teacher
from reports.roster import measured, variant_names


@dataclass(frozen=True, kw_only=True)
class Line:
    """One metric of one cell."""

    record: Record
    metric: str
    value: Value
    against: Against | None
    doubt: str | None
    refused: str | None
    strip: str
    """SVG of its samples, or nothing."""
    first: bool
    """Whether it begins a group of lines that may be compared with one another."""


def lines(run: Run) -> Iterator[Line]:
    """Grouped by suite, metric and workload, so that variants stand under one another."""
    order = {name: at for at, name in enumerate(variant_names(run))}
    for (_, metric, _), group in sorted(_groups(run).items(), key=lambda item: _rank(item[0])):
        reach = reach_of(record.values[metric] for record in group)
        for at, record in enumerate(sorted(group, key=lambda record: order[record.variant])):
            value = record.values[metric]
            yield Line(
                record=record,
                metric=metric,
                value=value,
                against=to_teacher(run, record, metric),
                doubt=doubt(record, value),
                refused=refused(run, record, metric),
                strip=strip(value, reach),
                first=not at,
            )


Key = tuple[str, str, Workload | None]


def _groups(run: Run) -> dict[Key, list[Record]]:
    groups: dict[Key, list[Record]] = {}
    for record in measured(run):
        for metric in record.values:
            groups.setdefault((record.suite, metric, record.workload), []).append(record)
    return groups


def _rank(key: Key) -> tuple[str, str, Workload]:
    suite, metric, load = key
    return suite, metric, load or Workload(0, 0)
