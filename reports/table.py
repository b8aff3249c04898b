"""The report `table`: the variants in a terminal, short enough for 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from bench.record import Run
from reports.board import board_of
from reports.board_grid import board_fitting, board_legend, board_table
from reports.care import FAILURES, absent, cells, machine_warnings
from reports.cautions import cautions, nowhere
from reports.columns import Column
from reports.doubts import LEGEND
from reports.grid import PAIRED, filled, fitting, grid, headline, pages, plain, print_line
from reports.heading import heading
from reports.names import TEXT_LIMIT, sentence, visible
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
    board = board_of(summary)
    print_line(console, plain(", ".join(heading(run)), style="dim"))
    topics = board_fitting(board, console.width) if board.compares else []
    told = [column for at in topics for column in board.heads[at].told]
    columns = fitting(summary, console.width, told)
    rest = others(run, [*told, *(summary.columns[at] for at in columns)])
    if topics:
        console.print(board_table(board, topics))
        print_line(console, plain(" ".join(board_legend(board, topics)), style="dim"))
        console.print()
    if columns:
        console.print(headline(summary, columns))
    legend = _legend([summary.columns[at] for at in columns], [summary, *rest])
    print_line(console, plain(" ".join(legend), style="dim"))
    _print_others(rest, console)
    for line in (*_nowhere(run), *_warnings(run), *_absences(run)):
        print_line(console, line)


def _legend(first: Sequence[Column], tables: Sequence[Summary]) -> Iterator[str]:
    columns = [*first, *(column for table in tables[1:] for column in table.columns)]
    relations = {column.relation for column in columns}
    figures = [figure for table in tables for row in table.rows for figure in row.figures]
    if "ratio" in relations:
        yield f"{TIMES} is the ratio to the teacher, unpaired{_paired(tables)}."
    if "difference" in relations:
        yield "Signed: difference to the teacher, a loss paired by window."
    if columns:
        rows = max(len(filled(table, range(len(table.columns)))) for table in tables)
        bold = "; bold: better than every other" if rows > 1 else ""
        yield f"Digits follow the 95 % intervals, four where there is none{bold}."
    if any(figure.doubt or (figure.against and figure.against.doubt) for figure in figures):
        yield LEGEND
    if any(row.simulated for row in tables[0].rows):
        yield "~ simulated: its speed is not that of a deployment."


def _paired(tables: Sequence[Summary]) -> str:
    found = any(
        figure.against.paired
        for table in tables
        for row in table.rows
        for figure, column in zip(row.figures, table.columns, strict=True)
        if figure.against and column.relation == "ratio"
    )
    return f"; {TIMES}{PAIRED} paired, as measured in turns" if found else ""


def _print_others(groups: Sequence[Summary], console: Console) -> None:
    if groups:
        console.print(plain("\nother figures"), style="bold")
    for group in groups[:MOST_GROUPS]:
        for columns in pages(group, console.width):
            console.print(grid(group, columns))
    if len(groups) > MOST_GROUPS:
        more = f"and {len(groups) - MOST_GROUPS} more suites and workloads in the run file"
        console.print(plain(more), style="dim")


def _nowhere(run: Run) -> Iterator[Text]:
    for suite, metrics in nowhere(run):
        said = visible(f"{suite} {', '.join(metrics)}", TEXT_LIMIT)
        yield plain(f"unavailable: {said}", style="dim")


def _warnings(run: Run) -> Iterator[Text]:
    for text in machine_warnings(run):
        yield plain(f"warning {text}")
    for note in cautions(run):
        yield plain("warning " + "".join(visible(piece, TEXT_LIMIT) for piece in note))


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
