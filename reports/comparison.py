"""Runs side by side: every figure of every cell, and what each variant's figures come to."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.errors import BadRun
from bench.record import Record, Run, Value
from reports.changes import (
    Change,
    Figure,
    Own,
    Pair,
    Relation,
    change_of,
    figure_of,
    own_ratio,
    relation_of,
)
from reports.contest import why_incomparable
from reports.hardware import other_hardware
from reports.tallies import Tally, tallies
from reports.unlike import unlike


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A run under the name that it has among the others."""

    name: str
    run: Run


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one cell in every run that is comparable at all."""

    cell: str
    record: Record
    """The first run's that has the cell: suite, variant and workload are everywhere the same."""
    metric: str
    value: Value
    """The first figure that there is: it knows the unit and which way is better."""
    relation: Relation
    values: tuple[Value | None, ...]
    """One per run; None where it has no such figure, or nothing of the run may be compared."""
    changes: tuple[Change | None, ...]
    """One per run but the first; None where nothing of the run may be compared."""
    own: tuple[Own | None, ...] = ()
    """Per run the ratio to its own teacher; nothing where all ran on one kind of machine."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that there is to say of some runs beside the first one."""

    runs: tuple[Named, ...]
    pairs: tuple[Pair, ...]
    """The first run with each of the others."""
    rows: tuple[Row, ...]
    tallies: tuple[Tally, ...]
    nowhere: tuple[str, ...]
    """Cells that have figures in none of the runs that may be compared."""
    command: str = ""
    """How to compare them again; empty where no command did."""

    @property
    def compared(self) -> bool:
        """Whether there is one figure that could be set against another."""
        found = (change for row in self.rows for change in row.changes if change)
        return any(change.state == "compared" for change in found)

    @property
    def one_machine(self) -> bool:
        """Whether every run that may be compared ran on one kind of machine."""
        return all(pair.why or not pair.hardware for pair in self.pairs)


def compare(runs: Sequence[Named]) -> Comparison:
    """The first run with every other. Raises BadRun where a run holds a cell twice."""
    first = runs[0]
    records = [_records(named) for named in runs]
    pairs = tuple(_pair(first, named) for named in runs[1:])
    usable = [found if not at or not pairs[at - 1].why else {} for at, found in enumerate(records)]
    cells = _cells(usable)
    rows = tuple(_rows(runs, pairs, usable, cells))
    told = {row.cell for row in rows}
    return Comparison(
        runs=tuple(runs),
        pairs=pairs,
        rows=rows,
        tallies=tuple(tallies(rows)),
        nowhere=tuple(cell for cell in cells if cell not in told),
    )


def named(found: Sequence[tuple[str, Run]]) -> list[Named]:
    """The runs under their own names, a number behind each that another has, too."""
    taken: set[str] = set()
    runs = []
    for wanted, run in found:
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name)
        runs.append(Named(name=name, run=run))
    return runs


def why_nothing(found: Comparison) -> str:
    """Why no figure could be set against another, in one line."""
    whole = [f"{pair.name}: {pair.why}" for pair in found.pairs if pair.why]
    if len(whole) == len(found.pairs):
        return f"nothing can be compared with {found.runs[0].name}: {'; '.join(whole)}"
    names = " and ".join(one.name for one in found.runs)
    changes = [change for row in found.rows for change in row.changes if change]
    why = next((change.why for change in changes if change.state == "incomparable"), None)
    return f"nothing can be compared: {why or f'{names} have no figure of any cell in common'}"


def _records(named: Named) -> Mapping[str, Record]:
    found = named.run.by_cell
    if len(found) < len(named.run.records):
        seen: set[str] = set()
        twice = next(r.cell for r in named.run.records if r.cell in seen or seen.add(r.cell))  # type: ignore[func-returns-value]
        raise BadRun(f"{named.name} holds {reprlib.repr(twice)} twice; measure again")
    return found


def _pair(first: Named, other: Named) -> Pair:
    return Pair(
        one=first.run,
        other=other.run,
        name=other.name,
        against=first.name,
        why=why_incomparable(first.run, other.run),
        hardware=other_hardware(first.run, other.run),
        notes=tuple(unlike(first.run, other.run)),
    )


def _rows(
    runs: Sequence[Named],
    pairs: Sequence[Pair],
    usable: Sequence[Mapping[str, Record]],
    cells: Iterable[str],
) -> Iterator[Row]:
    shared = any(pair.hardware and not pair.why for pair in pairs)
    for cell in cells:
        beside = [found.get(cell) for found in usable]
        one = next(filter(None, beside))
        for metric in _metrics(beside):
            values = [figure_of(record, metric) for record in beside]
            value = next(filter(None, values), None)
            if value is None:
                continue
            figures = list(zip(beside, values, strict=True))
            changes = [
                None if pair.why else _change(pair, metric, figures[0], figure)
                for pair, figure in zip(pairs, figures[1:], strict=True)
            ]
            own = _own(runs, figures, metric) if shared else ()
            relation = relation_of(metric, value)
            yield Row(cell, one, metric, value, relation, tuple(values), tuple(changes), own)


def _cells(usable: Sequence[Mapping[str, Record]]) -> Mapping[str, None]:
    found: dict[str, None] = {}
    for records in usable:
        found |= dict.fromkeys(records)
    return found


def _change(pair: Pair, metric: str, base: Figure, mine: Figure) -> Change | None:
    """None too where neither run has the figure: a third one does."""
    return change_of(pair, metric, base, mine) if base[1] or mine[1] else None


def _own(runs: Sequence[Named], figures: Sequence[Figure], metric: str) -> tuple[Own | None, ...]:
    return tuple(
        own_ratio(named.run, record, metric) if record and value else None
        for named, (record, value) in zip(runs, figures, strict=True)
    )


def _metrics(beside: Sequence[Record | None]) -> Iterable[str]:
    found: dict[str, Value] = {}
    for record in beside:
        if record:
            found |= record.values
    return found
