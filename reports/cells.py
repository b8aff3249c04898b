"""Every cell as a row: its leading figure with all samples, and its other figures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.record import Record, Run, Value
from bench.workload import Workload
from reports.columns import COMPARED, HEADLINE
from reports.contest import Against, is_difference
from reports.doubts import MARK, doubt
from reports.figures.dots import reach_of, strip
from reports.gaps import refused, to_teacher
from reports.names import sentence
from reports.relative import gap_of
from reports.roster import measured, variant_names
from reports.units import figure, interval, ratio, scale_for, span
from reports.verdicts import Verdict, verdict_of

RANKED = [metric for _, metric in (*HEADLINE, *COMPARED)]
"""What leads a cell, if it has one of them; else its first figure does."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One metric of one cell."""

    metric: str
    value: Value
    against: Against | None
    doubt: str | None
    refused: str | None

    @property
    def said(self) -> str:
        """Its figure and how it stands to the teacher's, as plain text."""
        value = self.value
        if value.value is None:
            return "unavailable"
        scale = scale_for(value.unit, [value.value], self.metric)
        words = [
            figure(value.value, value.low, value.high, scale),
            interval(value.low, value.high, scale),
            scale.unit,
            MARK if self.doubt else "",
            f"({_standing(self.against, value)})" if self.against else "",
            f"(not compared: {sentence(self.refused)})" if self.refused else "",
        ]
        return " ".join(filter(None, words))


def _standing(gap: Against, value: Value) -> str:
    if is_difference(value):
        scale = scale_for(value.unit, [1.0])
        shown = figure(gap.value, gap.low, gap.high, scale, signed=True)
        return f"{shown} to the teacher’s, {gap.verdict}"
    mark = MARK if gap.doubt else ""
    text = f"{ratio(gap.value, gap.low, gap.high)}{mark} {span(gap.low, gap.high)}".rstrip()
    return f"{text} the teacher’s, {gap.verdict}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One cell."""

    record: Record
    lead: Item
    verdict: Verdict
    others: tuple[Item, ...]
    strip: str
    """SVG of the leading figure's samples, or nothing."""


def lines(run: Run) -> list[Line]:
    """Grouped by suite and workload, so that variants stand under one another."""
    order = {name: at for at, name in enumerate(variant_names(run))}
    cells = [record for record in measured(run) if record.values]
    cells.sort(key=lambda record: (*_place(record), order[record.variant]))
    leads = [_leading(record) for record in cells]
    reaches = _reaches(cells, leads)
    return [
        _line(run, record, lead, reaches[record.suite, lead])
        for record, lead in zip(cells, leads, strict=True)
    ]


def _place(record: Record) -> tuple[str, Workload]:
    return record.suite, record.workload or Workload(0, 0)


def _leading(record: Record) -> str:
    """The metric that a cell is about: of those with a figure, a ranked one, else the first."""
    known = [name for name, value in record.values.items() if value.value is not None]
    ranked = (name for name in RANKED if name in known)
    return next(ranked, next(iter(known or record.values)))


def _reaches(cells: Sequence[Record], leads: Sequence[str]) -> dict[tuple[str, str], float]:
    """One scale for all variants and workloads of a suite's leading metric."""
    groups: dict[tuple[str, str], list[Value]] = {}
    for record, lead in zip(cells, leads, strict=True):
        groups.setdefault((record.suite, lead), []).append(record.values[lead])
    return {key: reach_of(values) for key, values in groups.items()}


def _line(run: Run, record: Record, lead: str, reach: float) -> Line:
    first = _item(run, record, lead)
    return Line(
        record=record,
        lead=first,
        verdict=verdict_of(run, record, lead, first.against),
        others=tuple(_others(run, record, lead)),
        strip=strip(first.value, reach),
    )


def _others(run: Run, record: Record, lead: str) -> Iterator[Item]:
    return (_item(run, record, metric) for metric in record.values if metric != lead)


def _item(run: Run, record: Record, metric: str) -> Item:
    value = record.values[metric]
    return Item(
        metric=metric,
        value=value,
        against=to_teacher(run, record, metric) or gap_of(record, metric),
        doubt=doubt(record, value),
        refused=refused(run, record, metric),
    )
