"""What was asked for and is not judged: counted, with the reason, wherever findings are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.record import Run
from reports.names import sentence, visible

DUEL = (
    "each sets a variant against the teacher within one process; here the head is set against "
    "the base in two"
)
"""Why the pairs have no cells of the fixture `duel`."""
ONE_PROCESS = (
    "one process an arm carries no verdict on them; `weighbridge gate` judges those of fresh "
    'processes (-k cold), or set test = "tolerance" in the policy'
)
"""Why times and peaks of cells without a clock are not judged by one session an arm."""
NO_TIME = "`aa` fits the noise of times; `weighbridge ab` judges sizes and losses"
"""Why an A/A has no cells without a clock."""
MOST = 3
"""Suites that a line names; of more it tells the number."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """Cells, or metrics of cells, that no finding is about."""

    why: str
    cells: Sequence[str] = ()
    metrics: Sequence[str] = ()

    def __str__(self) -> str:
        """In one line, such as `left out: 12 speedup cells: ...`."""
        if self.metrics:
            return sentence(f"not judged: {', '.join(map(visible, self.metrics))}: {self.why}")
        return sentence(f"left out: {len(self.cells)} {_cells(self.cells)}: {self.why}")

    def as_json(self) -> dict[str, Any]:
        """Its plain form."""
        return {"cells": [*self.cells], "metrics": [*self.metrics], "why": self.why}


def _cells(cells: Sequence[str]) -> str:
    """By their suites, such as `load and speedup cells`."""
    suites = sorted({visible(cell.partition("[")[0]) for cell in cells})
    if len(suites) > MOST:
        return f"cells of {len(suites)} suites"
    named = " and ".join(filter(None, [", ".join(suites[:-1]), suites[-1]]))
    return f"{named} cell{'s' if len(cells) > 1 else ''}"


def without(left: Iterable[Left], cells: Iterable[str]) -> tuple[Left, ...]:
    """The same without these cells, which have been told of otherwise."""
    told = {*cells}
    kept = [replace(one, cells=tuple(c for c in one.cells if c not in told)) for one in left]
    return tuple(one for one in kept if one.cells or one.metrics)


def grouped(reasons: Mapping[str, str]) -> tuple[Left, ...]:
    """Cells with their reasons: one line for each reason."""
    found: dict[str, list[str]] = {}
    for cell, why in reasons.items():
        found.setdefault(why, []).append(cell)
    return tuple(Left(why=why, cells=tuple(sorted(cells))) for why, cells in found.items())


def unfigured(base: Run, head: Run, told: Iterable[str] = ()) -> tuple[Left, ...]:
    """Cells that neither run has figures of; those `told` have a finding that says so."""
    known = {**base.by_cell, **head.by_cell}  # the head's reason stands
    figured = {record.cell for run in (base, head) for record in run.records if record.figured}
    heard = figured.union(told)
    silent = {
        cell: f"no figures in either run: {record.status}: {record.message or 'no reason given'}"
        for cell, record in known.items()
        if cell not in heard
    }
    return grouped(silent)
