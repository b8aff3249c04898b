"""Every figure of a run that there is, one by one, for formats that hold numbers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.errors import Misuse
from bench.record import Record, Run, Value
from reports.doubts import doubt
from reports.roster import imitated, measured

WHOLE = 1000
"""Characters of a name, where two that begin alike must stay two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figured:
    """One figure, its cell, and what a reader must know before believing it."""

    record: Record
    metric: str
    value: Value
    number: float
    caution: str | None


def figures(run: Run) -> Iterator[Figured]:
    """Those that are known, in the run's order; what could not be had is left out, never 0."""
    for record in measured(run):
        for metric, value in record.values.items():
            if value.value is not None:
                doubtful = doubt(record, value)
                caution = f"in doubt: {doubtful}" if doubtful else None
                if imitated(run, record.variant, value):
                    caution = "simulated: its speed is not that of a deployment"
                yield Figured(
                    record=record,
                    metric=metric,
                    value=value,
                    number=value.value,
                    caution=caution,
                )


def only_run(runs: Sequence[Run], report: str) -> Run:
    """The one run. Raises Misuse where there are more: names of two runs' cells are the same."""
    if len(runs) != 1:
        raise Misuse(f"the report {report} holds one run, not {len(runs)}")
    return runs[0]
