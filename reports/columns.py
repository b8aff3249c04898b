"""The columns of the variants table: the headline first, then whatever else the run holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.record import Record, Run, Value
from bench.workload import Workload
from reports.contest import is_difference
from reports.relative import DIFFERENCE, SPEEDUP, is_relative
from reports.roster import TEACHER, measured
from reports.units import Scale, scale_for

SPEED = ("decode", "decode_rate")
QUALITY = ("quality", "loss")
FIRST = ("prefill", "first_token")
SIZE = ("load", "disk_bytes")
MEMORY = ("memory", "peak_host")
Key = tuple[str, str]
"""A suite and its metric."""
HEADLINE = (SPEED, FIRST, QUALITY, SIZE, MEMORY)
"""What every table shows first; all other metrics are found in the records."""
GAIN = (SPEEDUP, "decode_speedup")
LOST = ("quality", DIFFERENCE)
KL = ("quality", "kl")
TOP1 = ("quality", "top1")
DEVICE = ("memory", "peak_allocated")
ENERGY = ("decode", "energy_per_token")
SHARE = ("decode", "bandwidth_share")
EXTRA = (ENERGY, SHARE)
"""What only a page has room for."""
COMPARED = (GAIN, (SPEEDUP, "first_token_speedup"), LOST, KL, TOP1, DEVICE)
"""What the board of variants shows besides the headline (reports/board.py)."""

NO_WORKLOAD = Workload(0, 0)
"""Sorts before every other."""


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
    def key(self) -> tuple[str, str]:
        """Suite and metric."""
        return self.suite, self.metric

    @property
    def relation(self) -> str | None:
        """How its figures are set against the teacher's; None where no teacher was measured."""
        if not self.has_teacher or is_relative(self.metric):
            return None
        return "difference" if is_difference(self.value) else "ratio"


def columns_of(run: Run, extra: Iterable[Key] = ()) -> Iterator[Column]:
    """Those that somebody has a figure for; `extra`: more keys to look for."""
    keys = dict.fromkeys([*_keys(run), *extra])
    return (column for key in keys if (column := _column(run, key)))


def other_columns(run: Run, shown: Iterable[Column], loads: bool = True) -> Iterator[Column]:
    """Every figure that stands in none of the columns `shown`: by suite, then by workload.

    Without `loads` only those of suites that have none.
    """
    seen = {(column.suite, column.workload, column.metric) for column in shown}
    found = {
        (record.suite, record.workload, metric): None
        for record in measured(run)
        if loads or record.workload is None
        for metric in record.values
        if _value(record, metric) is not None
    }
    for suite, load, metric in sorted(found, key=lambda key: (key[0], key[1] or NO_WORKLOAD)):
        if (suite, load, metric) not in seen:
            yield _made(run, suite, metric, load)


def _keys(run: Run) -> dict[tuple[str, str], None]:
    found = {
        (record.suite, metric): None
        for record in measured(run)
        if record.workload is None
        for metric in record.values
    }
    return dict.fromkeys([*HEADLINE, *COMPARED, *found])


def _column(run: Run, key: tuple[str, str]) -> Column | None:
    counts = Counter(record.workload for record in _having(run, *key))
    if not counts:
        return None
    # Measured for the most variants, which is all of them wherever one such workload exists;
    # then the smallest. A speed stands where its paired ratio was measured, if it can.
    gain = _column(run, GAIN) if key[0] == SPEED[0] else None
    load = min(counts, key=lambda load: (-counts[load], load or NO_WORKLOAD))
    load = gain.workload if gain and gain.workload in counts else load
    return _made(run, *key, load)


def _made(run: Run, suite: str, metric: str, load: Workload | None) -> Column:
    shown = [record for record in _having(run, suite, metric) if record.workload == load]
    one = shown[0].values[metric]
    return Column(
        suite=suite,
        metric=metric,
        workload=load,
        value=one,
        scale=scale_for(one.unit, [record.values[metric].value for record in shown], metric),
        has_teacher=any(record.variant == TEACHER for record in shown),
        headline=(suite, metric) in HEADLINE,
    )


def _having(run: Run, suite: str, metric: str) -> list[Record]:
    return [r for r in measured(run) if r.suite == suite and _value(r, metric) is not None]


def _value(record: Record, metric: str) -> float | None:
    return record.values[metric].value if metric in record.values else None
