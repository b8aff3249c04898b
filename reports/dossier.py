"""What a page tells of one variant on demand: its cells in numbers, warnings, proof and origin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.record import Record, Run
from reports.cells import Line
from reports.names import sentence
from reports.verdicts import Tally, Verdict, tallies

MOST_WARNINGS = 20


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """One variant."""

    said: tuple[Verdict, ...]
    """How often its cells are better, worse, in doubt, failed."""
    warnings: tuple[str, ...]
    proofs: Mapping[str, str]
    """Each distinct proof, under the first cell that gave it."""
    about: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What there is to open."""
        count = len(self.warnings)
        found = [
            "proof" if self.proofs else "",
            "origin" if self.about else "",
            f"{count} warning{'' if count == 1 else 's'}" if count else "",
        ]
        return ", ".join(filter(None, found))


def dossiers(run: Run, lines: Sequence[Line]) -> dict[str, Dossier]:
    """By variant, for every variant of the run."""
    counted = tallies(run, ((line.record, line.verdict) for line in lines))
    by_variant: dict[str, list[Record]] = {name: [] for name in run.variants}
    for record in run.records:
        by_variant.setdefault(record.variant, []).append(record)
    return {
        name: Dossier(
            said=_said(counted.get(name)),
            warnings=_warnings(records),
            proofs=_proofs(records),
            about=run.variants.get(name, {}),
        )
        for name, records in by_variant.items()
    }


def _said(tally: Tally | None) -> tuple[Verdict, ...]:
    return tuple(tally.said) if tally else ()


def _warnings(records: Sequence[Record]) -> tuple[str, ...]:
    found = dict.fromkeys(
        f"{record.cell}: {warning}" for record in records for warning in _of(record)
    )
    shown = [sentence(warning) for warning in list(found)[:MOST_WARNINGS]]
    more = len(found) - MOST_WARNINGS
    return (*shown, f"and {more} more, in the run file") if more > 0 else tuple(shown)


def _of(record: Record) -> tuple[str, ...]:
    said = record.proof.get("warning") if isinstance(record.proof, Mapping) else None
    return (*record.warnings, str(said)) if said else record.warnings


def _proofs(records: Sequence[Record]) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in records:
        if record.figured and record.proof:
            text = json.dumps(record.proof, indent=1, ensure_ascii=False)
            found.setdefault(text, record.cell)
    return {cell: text for text, cell in found.items()}


def facts_of(record: Record, without: str) -> dict[str, str]:
    """What a cell says besides its figures, shortly; `without` is shown elsewhere."""
    return {
        key: sentence(brief(fact)) for key, fact in record.facts.items() if key != without and fact
    }


def brief(fact: object) -> str:
    """A fact in a line: long lists of numbers are counted, not written."""
    if isinstance(fact, Mapping):
        return ", ".join(f"{key} {brief(item)}" for key, item in fact.items() if item is not None)
    if isinstance(fact, (list, tuple)):
        return f"{len(fact)} values" if len(fact) > 8 else " ".join(brief(item) for item in fact)
    if isinstance(fact, float):
        return f"{fact:.4g}"
    return str(fact)
