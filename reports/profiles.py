"""Profiles in the terminal: what the longest operators of each profiled cell took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.record import Record, Run
from reports.grid import plain
from reports.names import visible
from reports.roster import measured
from reports.units import quantity

if TYPE_CHECKING:
    from rich.console import Console

FACT = "profile"
MOST = 8
"""Operators of a cell that are shown; the run file holds more."""


def print_profiles(run: Run, console: Console) -> None:
    """A small table for each profiled cell; nothing where there is none."""
    from rich.table import Table

    for record, told in profiled(run):
        shown = Table(box=None, pad_edge=False)
        shown.add_column("operator", overflow="fold")
        for head in ("calls", "cpu", "device"):
            shown.add_column(head, justify="right", no_wrap=True)
        for row in rows(told)[:MOST]:
            shown.add_row(*(plain(word) for word in row))
        console.print(plain(f"\nprofile {visible(record.cell)}"), style="bold")
        console.print(shown)
        console.print(plain(f"trace: {visible(told.get('trace'))}"))


def profiled(run: Run) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """The records that hold a profile."""
    for record in measured(run):
        told = record.facts.get(FACT)
        if isinstance(told, dict):
            yield record, told


def rows(told: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Operator, calls, CPU and device time in words; what is no such row is left out."""
    found = told.get("operators")
    listed = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return [
        (
            visible(row.get("operator")),
            visible(row.get("calls")),
            _seconds(row.get("cpu_seconds")),
            _seconds(row.get("device_seconds")),
        )
        for row in listed
    ]


def _seconds(found: object) -> str:
    return quantity(found, "s") if type(found) in (int, float) else "–"  # type: ignore[arg-type]
