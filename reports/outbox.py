"""What every tracker is told of a run: its settings, its figures, a table a variant, its origin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from bench.record import Record, Run, Value
from reports.doubts import doubt
from reports.gaps import to_teacher
from reports.html import html
from reports.names import sentence, visible
from reports.roster import measured, variant_names

LONGEST = 100
"""Characters of a name that a tracker gets."""
PAGE = "report.html"
COLUMNS = (
    "suite", "workload", "metric", "value", "low", "high", "unit",
    "against_teacher", "against_low", "against_high", "paired", "status", "in_doubt", "message",
)  # fmt: skip
"""Of a variant's table; one row a figure, and one for each cell that has none."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One figure as a tracker has it, in base units."""

    variant: str
    path: str
    """suite/workload/metric, of letters that every tracker takes."""
    value: float
    low: float | None
    high: float | None


def figures(run: Run) -> Iterator[Sent]:
    """Every figure that could be had."""
    for record in measured(run):
        for metric, value in record.values.items():
            if value.value is not None:
                yield Sent(
                    variant=record.variant,
                    path="/".join(plain(part) for part in (*_place(record), metric)),
                    value=value.value,
                    low=value.low,
                    high=value.high,
                )


def table(run: Run, variant: str) -> list[list[Any]]:
    """The rows of a variant's table, by COLUMNS."""
    mine = [record for record in run.records if record.variant == variant]
    return [row for record in mine for row in _rows(run, record)]


def settings(run: Run) -> dict[str, str]:
    """Every option as it was resolved, the text and its recipe: what a tracker calls parameters."""
    found = {**run.settings, **{f"text_{key}": item for key, item in run.text.items()}}
    return {plain(key): _word(item) for key, item in found.items()}


def origin(run: Run) -> dict[str, str]:
    """Machine and commit: what a tracker calls tags; what the run does not know is left out."""
    machine, gpu = run.machine, run.machine.get("gpu") or {}
    keys = ("cpu", "cores", "threads", "memory_bytes", "os", "python", "commit", "dirty")
    found = {key: machine.get(key) for key in keys}
    found |= {"gpu": gpu.get("name"), "driver": gpu.get("driver")}
    found |= {f"version_{name}": said for name, said in _inside(machine, "versions")}
    found |= {f"weighbridge_{name}": said for name, said in _inside(machine, "harness")}
    known = {**found, "date": run.date or None}
    return {plain(key): _word(item) for key, item in known.items() if item is not None}


def in_doubt(run: Run) -> str:
    """The cells whose figures are in doubt or missing, each with its status, in a line."""
    found = [f"{r.cell}: {r.status}" for r in run.records if r.status != "measured"]
    return sentence("; ".join(found))


def page(run: Run) -> str:
    """The HTML page."""
    assert html.render is not None
    return html.render([run])


def began(run: Run) -> datetime:
    """When the run was written, or now where it does not say so readably."""
    try:
        return datetime.fromisoformat(run.date).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def title(run: Run) -> str:
    """A name by which people find it again."""
    return f"{visible(run.settings.get('teacher') or 'run')} {began(run):%Y-%m-%d %H:%M:%S}"


def plain(name: object) -> str:
    """A name in letters that every tracker and file system takes; never empty, `.` or `..`."""
    found = re.sub(r"[^A-Za-z0-9_+.-]", "_", str(name))[:LONGEST]
    return found if found.strip(".") else f"_{found}"


def apart(names: Iterable[str]) -> dict[str, str]:
    """Each name in plain letters; those that would come out alike are numbered."""
    found: dict[str, str] = {}
    for name in names:
        short, again = plain(name), 2
        while short in found.values():
            short, again = f"{plain(name)}_{again}", again + 1
        found[name] = short
    return found


def variants(run: Run) -> dict[str, str]:
    """The variants' names, each with the one that trackers and files get."""
    return apart(variant_names(run))


def _place(record: Record) -> tuple[str, ...]:
    return (record.suite, str(record.workload)) if record.workload else (record.suite,)


def _rows(run: Run, record: Record) -> Iterator[list[Any]]:
    load = str(record.workload) if record.workload else None
    names = {"suite": visible(record.suite), "workload": load, "status": record.status}
    cell = {**names, "message": sentence(record.message) if record.message else None}
    for metric, value in record.values.items() if record.figured else ():
        row = {**cell, "metric": visible(metric), **_figure(run, record, metric, value)}
        yield [row.get(column) for column in COLUMNS]
    if not record.figured or not record.values:
        yield [cell.get(column) for column in COLUMNS]


def _figure(run: Run, record: Record, metric: str, value: Value) -> dict[str, Any]:
    shown = {"value": value.value, "low": value.low, "high": value.high, "unit": value.unit}
    doubtful = doubt(record, value) is not None
    gap = to_teacher(run, record, metric)
    if gap is None:
        return {**shown, "in_doubt": doubtful}
    ends = {"against_teacher": gap.value, "against_low": gap.low, "against_high": gap.high}
    # A ratio of extreme figures may be too large for a number.
    beside = {key: end for key, end in ends.items() if end is not None and isfinite(end)}
    return {**shown, **beside, "paired": gap.paired, "in_doubt": doubtful or bool(gap.doubt)}


def _inside(machine: Any, key: str) -> list[tuple[str, Any]]:
    found = machine.get(key)
    return list(found.items()) if isinstance(found, dict) else []


def _word(item: object) -> str:
    return sentence(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False))
