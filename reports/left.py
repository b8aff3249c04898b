"""What was asked for and is not judged: counted, with the reason, wherever findings are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
        suites = sorted({cell.partition("[")[0] for cell in self.cells})
        cells = "cell" if len(self.cells) == 1 else "cells"
        named = " and ".join(filter(None, [", ".join(suites[:-1]), suites[-1]]))
        return sentence(f"left out: {len(self.cells)} {visible(named)} {cells}: {self.why}")

    def as_json(self) -> dict[str, Any]:
        """Its plain form."""
        return {"cells": [*self.cells], "metrics": [*self.metrics], "why": self.why}


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
