"""The columns of the variants table: the headline first, then whatever else the run holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bench.record import Record, Run, Value
from bench.workload import Workload
from reports.contest import is_difference
from reports.roster import TEACHER, measured
from reports.units import Scale, scale_for

SPEED = ("decode", "decode_rate")
QUALITY = ("quality", "loss")
HEADLINE = (
    SPEED,
    ("prefill", "first_token"),
    QUALITY,
    ("load", "disk_bytes"),
    ("memory", "peak_host"),
)
"""What every table shows first; all other metrics are found in the records."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One metric of one suite, under the one workload that its rows share."""

    suite: str
    metric: str
    workload: Workload | None
    value: Value
    """One of the column's values: it knows the unit, the kind and which way is better."""
    scale: Scale
    has_teacher: bool
    headline: bool

    @property
    def relation(self) -> str | None:
        """How its figures are set against the teacher's; None where no teacher was measured."""
        if not self.has_teacher:
            return None
        return "difference" if is_difference(self.value) else "ratio"


def columns_of(run: Run) -> Iterator[Column]:
    """Those that somebody has a figure for."""
    return (column for key in _keys(run) if (column := _column(run, key)))


def _keys(run: Run) -> dict[tuple[str, str], None]:
    found = {
        (record.suite, metric): None
        for record in measured(run)
        if record.workload is None
        for metric in record.values
    }
    return dict.fromkeys([*HEADLINE, *found])


def _column(run: Run, key: tuple[str, str]) -> Column | None:
    suite, metric = key
    having = [r for r in measured(run) if r.suite == suite and _value(r, metric) is not None]
    if not having:
        return None
    counts = Counter(record.workload for record in having)
    # Measured for the most variants, which is all of them wherever one such workload exists;
    # then the smallest.
    load = min(counts, key=lambda load: (-counts[load], load or Workload(0, 0)))
    shown = [record for record in having if record.workload == load]
    one = shown[0].values[metric]
    return Column(
        suite=suite,
        metric=metric,
        workload=load,
        value=one,
        scale=scale_for(one.unit, [record.values[metric].value for record in shown]),
        has_teacher=any(record.variant == TEACHER for record in shown),
        headline=key in HEADLINE,
    )


def _value(record: Record, metric: str) -> float | None:
    return record.values[metric].value if metric in record.values else None
