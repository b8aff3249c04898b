"""The report `table`: the variants in a terminal, short enough for 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from bench.record import Run
from reports.care import FAILURES, absent, cells, machine_warnings, proof_warnings
from reports.columns import Column
from reports.grid import filled, fitting, grid, headline, pages, plain, print_line
from reports.heading import heading
from reports.names import sentence, visible
from reports.report import Report
from reports.summary import Summary, others, summarise
from reports.units import TIMES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_GROUPS = 24
"""Suites and workloads that are listed below the variants; a page shows them all."""


def print_tables(run: Run, console: Console) -> None:
    """The variants, the figures that have no column there, and what is absent with its reason."""
    summary = summarise(run)
    print_line(console, plain(", ".join(heading(run)), style="dim"))
    columns = fitting(summary, console.width)
    rest = others(run, [summary.columns[at] for at in columns])
    if columns:
        console.print(headline(summary, columns))
    legend = _legend([summary.columns[at] for at in columns], [summary, *rest])
    print_line(console, plain(" ".join(legend), style="dim"))
    _print_others(rest, console)
    for line in (*_warnings(run), *_absences(run)):
        print_line(console, line)


def _legend(first: Sequence[Column], tables: Sequence[Summary]) -> Iterator[str]:
    columns = [*first, *(column for table in tables[1:] for column in table.columns)]
    relations = {column.relation for column in columns}
    if "ratio" in relations:
        yield f"{TIMES} is the ratio to the teacher, unpaired."
    if "difference" in relations:
        yield "Signed: difference to the teacher, a loss paired by window."
    if columns:
        rows = max(len(filled(table, range(len(table.columns)))) for table in tables)
        bold = "; bold: better than every other" if rows > 1 else ""
        yield f"Digits follow the 95 % intervals, four where there is none{bold}."
    if any(row.simulated for row in tables[0].rows):
        yield "~ simulated: its speed is not that of a deployment."


def _print_others(groups: Sequence[Summary], console: Console) -> None:
    if groups:
        console.print(plain("\nother figures"), style="bold")
    for group in groups[:MOST_GROUPS]:
        for columns in pages(group, console.width):
            console.print(grid(group, columns))
    if len(groups) > MOST_GROUPS:
        more = f"and {len(groups) - MOST_GROUPS} more suites and workloads in the run file"
        console.print(plain(more), style="dim")


def _warnings(run: Run) -> Iterator[Text]:
    for text in machine_warnings(run):
        yield plain(f"warning {text}")
    for warning, names in proof_warnings(run).items():
        yield plain(f"warning {visible(', '.join(names))}: {sentence(warning)}")


def _absences(run: Run) -> Iterator[Text]:
    """One line per failed cell; cells of one variant that were skipped for one reason share one."""
    shared: dict[tuple[str, str], int] = {}
    for record in absent(run):
        reason = sentence(record.message or "no reason given")
        if record.status in FAILURES:
            line = plain(f"{record.status} ", style="bold magenta")
            yield line.append(f"{visible(record.cell)}: {reason}", style="not bold default")
        else:
            key = (visible(record.variant), reason)
            shared[key] = shared.get(key, 0) + 1
    for (name, reason), count in shared.items():
        yield plain(f"skipped {name} ({cells(count)}): {reason}")


def _render(runs: Sequence[Run]) -> str:
    from rich.console import Console

    paper = StringIO()
    console = Console(file=paper, width=100, no_color=True, force_terminal=False, highlight=False)
    for run in runs:
        print_tables(run, console)
    return paper.getvalue()


table = Report(name="table", summary="the terminal's table as plain text", render=_render)
