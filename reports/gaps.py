"""How each figure of a run stands to the teacher's: paired where that was measured."""

from __future__ import annotations

from dataclasses import replace

from bench.record import Record, Run, Value
from reports.contest import Against, against, refusal
from reports.doubts import UNDER_PROFILE, doubt, timeless
from reports.relative import is_relative, paired_gap, trusted
from reports.roster import TEACHER, imitated


def to_teacher(run: Run, record: Record, metric: str) -> Against | None:
    """The comparison that a figure is shown with; imitated times and doubts get no verdict."""
    mine = record.values[metric]
    if record.variant == TEACHER or mine.value is None or is_relative(metric):
        return None
    gap = paired_gap(run, record, metric) or _unpaired(run, record, metric)
    return claimed(run, record, mine, gap)


def claimed(run: Run, record: Record, mine: Value, gap: Against | None) -> Against | None:
    """The same; a simulated variant's times claim nothing."""
    return replace(gap, verdict="unclear") if gap and imitated(run, record.variant, mine) else gap


def refused(run: Run, record: Record, metric: str) -> str | None:
    """Why a figure is not set against the teacher's, where both have one."""
    mine, beside = record.values[metric], teachers_cell(run, record)
    if record.variant == TEACHER or is_relative(metric) or beside is None:
        return None
    other = beside.values.get(metric)
    if other is None or other.value is None or mine.value is None:
        return None
    if paired_gap(run, record, metric):
        return None
    if timeless(record, mine) or timeless(beside, other):
        return UNDER_PROFILE
    return refusal(mine, other)


def _unpaired(run: Run, record: Record, metric: str) -> Against | None:
    beside = teachers_cell(run, record)
    if beside is None or metric not in beside.values:
        return None
    mine, other = record.values[metric], beside.values[metric]
    if timeless(record, mine) or timeless(beside, other):
        return None
    gap = against(mine, other)
    found = doubt(record, mine) or doubt(beside, other)
    return trusted(replace(gap, doubt=found)) if gap else None


def teachers_cell(run: Run, record: Record) -> Record | None:
    """The teacher's cell of the same suite and workload."""
    grid = f"-{record.workload}" if record.workload else ""
    found = run.by_cell.get(f"{record.suite}[{TEACHER}{grid}]")
    return found if found and found.figured else None
