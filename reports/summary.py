"""One row per variant: the headline figures of a run, each beside the teacher's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from bench.record import Record, Run, Value
from reports.columns import Column, columns_of, other_columns
from reports.contest import Against, winner
from reports.doubts import doubt, timeless
from reports.gaps import claimed, refused, to_teacher
from reports.relative import gap_of, is_relative
from reports.roster import TEACHER, imitated, simulated, variant_names


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of one variant; `status` says why where there is no value.

    `unavailable`: its cell was measured, and this could not be had there.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    against: Against | None = None
    best: bool = False
    status: str = "missing"
    message: str | None = None
    doubt: str | None = None
    """The status that puts it in doubt."""
    refused: str | None = None
    """Why it is not set against the teacher's."""
    own: Against | None = None
    """What it says itself, where it is a comparison: a speed-up, a loss difference."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One variant, its figures in the order of the columns."""

    name: str
    summary: str
    simulated: bool
    status: str
    """`measured` where anything was, else what became of it."""
    message: str | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The variants table, before anybody prints it."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def column(self, key: tuple[str, str]) -> Column | None:
        """The column of a (suite, metric); None where nobody has it."""
        return self.columns[self.places[key]] if key in self.places else None

    def figure(self, row: Row, key: tuple[str, str]) -> Figure | None:
        """The row's figure for a (suite, metric); None where nobody has it."""
        return row.figures[self.places[key]] if key in self.places else None


def summarise(run: Run, extra: Iterable[tuple[str, str]] = ()) -> Summary:
    """The headline columns that the run has, then every metric of suites without workload.

    `extra`: more suites and metrics that the reader has room for.
    """
    return _summary(run, tuple(columns_of(run, extra)))


def others(run: Run, shown: Iterable[Column]) -> list[Summary]:
    """All figures that the columns `shown` do not hold: one Summary a suite and workload."""
    groups = groupby(other_columns(run, shown), lambda column: (column.suite, column.workload))
    return [_summary(run, tuple(columns)) for _, columns in groups]


def unloaded(run: Run, shown: Iterable[Column]) -> list[Summary]:
    """The same of suites without workload only: one Summary a suite."""
    groups = groupby(other_columns(run, shown, loads=False), lambda column: column.suite)
    return [_summary(run, tuple(columns)) for _, columns in groups]


def _summary(run: Run, columns: tuple[Column, ...]) -> Summary:
    names = variant_names(run)
    table = [_figures(run, names, column) for column in columns]
    rows = tuple(
        _row(run, name, tuple(figures[at] for figures in table)) for at, name in enumerate(names)
    )
    places = {(column.suite, column.metric): at for at, column in enumerate(columns)}
    return Summary(columns=columns, rows=rows, places=places)


def _figures(run: Run, names: list[str], column: Column) -> list[Figure]:
    cells = {
        record.variant: record
        for record in run.records
        if record.suite == column.suite and record.workload == column.workload
    }
    values = {
        name: record.values[column.metric]
        for name, record in cells.items()
        if record.figured and column.metric in record.values
    }
    best = _best(run, cells, values, column.metric)
    return [
        _figure(run, cells[name], column.metric, name == best)
        if name in values
        else _hole(cells.get(name))
        for name in names
    ]


def _best(
    run: Run, cells: Mapping[str, Record], values: Mapping[str, Value], metric: str
) -> str | None:
    """Who stands out; nobody where that is a doubt, imitated, or the teacher beside itself."""
    rivals = {name: value for name, value in values.items() if not is_relative(metric)
              or name != TEACHER}  # fmt: skip
    best = winner(rivals)
    if any(timeless(cells[name], value) for name, value in rivals.items()):
        return None
    if best is None or imitated(run, best, values[best]) or doubt(cells[best], values[best]):
        return None
    return best


def _figure(run: Run, cell: Record, metric: str, best: bool) -> Figure:
    mine = cell.values[metric]
    return Figure(
        value=mine.value,
        low=mine.low,
        high=mine.high,
        against=to_teacher(run, cell, metric),
        best=best,
        status=cell.status if mine.value is not None else "unavailable",
        message=cell.message,
        doubt=doubt(cell, mine),
        refused=refused(run, cell, metric),
        own=claimed(run, cell, mine, gap_of(cell, metric)),
    )


def _hole(cell: Record | None) -> Figure:
    if cell is None or cell.figured:
        return Figure()
    return Figure(status=cell.status, message=cell.message)


def _row(run: Run, name: str, figures: tuple[Figure, ...]) -> Row:
    mine = [record for record in run.records if record.variant == name]
    shown = next((record for record in mine if record.figured), None)
    figured = shown is not None
    shown = shown or next(iter(mine), None)
    return Row(
        name=name,
        summary=str(run.variants.get(name, {}).get("summary") or ""),
        simulated=simulated(run, name),
        status="measured" if figured else shown.status if shown else "missing",
        message=shown.message if shown else None,
        figures=figures,
    )
