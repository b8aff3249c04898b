"""What cells warn of and why figures are in doubt: equal reasons said once, with their cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.record import Record, Run
from reports.doubts import MARK
from reports.gaps import refused
from reports.names import Name, sentence
from reports.roster import measured

Note = tuple[str, ...]
"""One sentence in pieces; those that are a Name came with the run."""

MOST_REASONS, MOST_CELLS = 12, 3
"""How many are written out; the others are counted."""


@dataclass(frozen=True)
class Said:
    """One reason, of one cell."""

    cell: str
    reason: str
    status: str | None = None
    """The status in doubt that it explains."""


def cautions(run: Run) -> list[Note]:
    """Doubts first, then refusals, then warnings; reasons that differ in numbers only are one."""
    groups: dict[tuple[str | None, str], list[Said]] = {}
    for said in (*_doubts(run), *_refusals(run), *_warnings(run), *_proofs(run)):
        groups.setdefault((said.status, _gist(said.reason)), []).append(said)
    notes = [_note(group) for group in groups.values()]
    more = len(notes) - MOST_REASONS
    return notes[:MOST_REASONS] + [(f"And {more} more warnings, in the run file.",)] * (more > 0)


def nowhere(run: Run) -> Iterator[tuple[str, list[str]]]:
    """Per suite: the metrics that could not be had in any cell."""
    had: dict[tuple[str, str], bool] = {}
    for record in measured(run):
        for metric, value in record.values.items():
            key = (record.suite, metric)
            had[key] = had.get(key, False) or value.value is not None
    for suite in dict.fromkeys(suite for suite, _ in had):
        if gone := [metric for (of, metric), there in had.items() if of == suite and not there]:
            yield suite, gone


def _gist(reason: str) -> str:
    return re.sub(r"\d+(?:\.\d+)?", "#", reason)


def _note(group: Sequence[Said]) -> Note:
    first = group[0]
    names = list(dict.fromkeys(said.cell for said in group))
    shown: list[str] = [Name(", ".join(names[:MOST_CELLS]))]
    if len(names) > MOST_CELLS:
        shown.append(f" and {len(names) - MOST_CELLS} more")
    reason = f": {sentence(first.reason)}" if first.reason else ""
    unlike = " (the first of them)" if len({said.reason for said in group}) > 1 else ""
    if first.status is None:
        return *shown, reason, unlike
    count = f"{len(names)} cell{'' if len(names) == 1 else 's'}"
    return f"{MARK} {count} {first.status.replace('_', ' ')}", reason, unlike, " (", *shown, ")"


def _doubts(run: Run) -> Iterator[Said]:
    for record in measured(run):
        if record.status != "measured":
            yield Said(record.cell, record.message or "", record.status)


def _refusals(run: Run) -> Iterator[Said]:
    for record in measured(run):
        for metric in record.values:
            if reason := refused(run, record, metric):
                yield Said(f"{metric} of {record.variant}", f"not compared, {reason}")


def _warnings(run: Run) -> Iterator[Said]:
    for record in measured(run):
        for warning in filter(None, (*_message(record), *record.warnings)):
            yield Said(record.cell, warning)


def _message(record: Record) -> tuple[str | None, ...]:
    return (record.message,) if record.status == "measured" else ()


def _proofs(run: Run) -> Iterator[Said]:
    seen = {
        (record.variant, str(record.proof["warning"])): None
        for record in measured(run)
        if record.proof.get("warning")
    }
    return (Said(variant, warning) for variant, warning in seen)
