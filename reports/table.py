"""The report `table`: the variants in a terminal, short enough for 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from bench.record import Record, Run
from reports.care import FAILURES, absent, cells, proof_warnings
from reports.columns import Column
from reports.heading import heading
from reports.names import sentence, visible
from reports.report import Report
from reports.roster import measured
from reports.summary import Figure, Row, Summary, summarise
from reports.units import TIMES, figure, quantity, ratio

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

STYLES = {"better": "blue", "worse": "yellow", "unclear": "dim"}
GAP = 2
MOST_CELLS = 40
"""Other cells that are listed; a page shows them all."""


def print_tables(run: Run, console: Console) -> None:
    """The variants, the cells that they do not show, and what is absent with its reason."""
    summary = summarise(run)
    console.print(_plain(", ".join(heading(run))), style="dim")
    if summary.columns:
        columns = _fitting(summary, console.width)
        console.print(_variants(summary, columns))
        console.print(_plain(" ".join(_legend(summary, columns))), style="dim")
        _print_others(run, summary, console)
    for warning, names in proof_warnings(run).items():
        console.print(_plain(f"warning {visible(', '.join(names))}: {sentence(warning)}"))
    for line in _absences(run):
        console.print(line)


def _variants(summary: Summary, columns: Sequence[int]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("variant", vertical="bottom", overflow="fold", min_width=8)
    for at in columns:
        table.add_column(_head(summary.columns[at]), justify="right", vertical="bottom")
    for row in summary.rows:
        if any(row.figures[at].value is not None for at in columns):
            shown = [_cell(row.figures[at], summary.columns[at]) for at in columns]
            table.add_row(_plain(_name(row)), *shown)
    return table


def _head(column: Column) -> Text:
    load = str(column.workload or "")
    return _plain(
        "\n".join(part for part in (_short(column.metric), load, column.scale.unit) if part)
    )


def _short(metric: str) -> str:
    return visible(metric, 24)


def _cell(shown: Figure, column: Column) -> Text:
    if shown.value is None:
        failed = shown.status in FAILURES
        return _plain(shown.status if failed else figure(None, None, None, column.scale))
    text = _plain(figure(shown.value, shown.low, shown.high, column.scale))
    if shown.best:
        text.stylize("bold")
    if shown.against:
        text.append(f" {_against(shown, column)}", style=STYLES[shown.against.verdict])
    return text


def _against(shown: Figure, column: Column) -> str:
    gap = shown.against
    if gap is None:
        return ""
    if column.relation == "difference":
        return figure(gap.value, gap.low, gap.high, column.scale, signed=True)
    return ratio(gap.value, gap.low, gap.high)


def _fitting(summary: Summary, width: int) -> list[int]:
    """The headline columns, then as many of the others as the width holds."""
    used = max(len(_name(row)) for row in summary.rows)
    kept = []
    for at, column in enumerate(summary.columns):
        texts = [_cell(row.figures[at], column).plain for row in summary.rows]
        used += GAP + max(len(text) for text in [*texts, *_head(column).plain.split("\n")])
        if column.headline or used <= width:
            kept.append(at)
    return kept


def _legend(summary: Summary, columns: Sequence[int]) -> Iterator[str]:
    relations = {summary.columns[at].relation for at in columns}
    if "ratio" in relations:
        yield f"{TIMES} is the ratio to the teacher, unpaired."
    if "difference" in relations:
        yield "Signed: difference to the teacher, paired by window."
    yield "Digits follow the 95 % intervals; bold: better than every other."
    if any(row.simulated for row in summary.rows):
        yield "~ simulated: its speed is not that of a deployment."


def _print_others(run: Run, summary: Summary, console: Console) -> None:
    shown = {(column.suite, column.workload) for column in summary.columns}
    others = [record for record in measured(run) if (record.suite, record.workload) not in shown]
    if others:
        console.print(_plain("\nother cells"), style="bold")
        console.print(_other_table(others[:MOST_CELLS]))
    if len(others) > MOST_CELLS:
        console.print(_plain(f"and {len(others) - MOST_CELLS} more in the run file"), style="dim")


def _other_table(records: Sequence[Record]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, show_header=False)
    for record in records:
        figures = ", ".join(
            f"{visible(name, 24)} {quantity(value.value, value.unit)}"
            for name, value in record.values.items()
            if value.value is not None
        )
        table.add_row(_plain(visible(record.cell)), _plain(figures))
    return table


def _absences(run: Run) -> Iterator[Text]:
    """One line per failed cell; cells of one variant that were skipped for one reason share one."""
    shared: dict[tuple[str, str], int] = {}
    for record in absent(run):
        reason = sentence(record.message or "no reason given")
        if record.status in FAILURES:
            line = _plain(f"{record.status} ", style="bold magenta")
            yield line.append(f"{visible(record.cell)}: {reason}", style="not bold default")
        else:
            key = (visible(record.variant), reason)
            shared[key] = shared.get(key, 0) + 1
    for (name, reason), count in shared.items():
        yield _plain(f"skipped {name} ({cells(count)}): {reason}")


def _name(row: Row) -> str:
    return visible(row.name, 32) + (" ~" if row.simulated else "")


def _plain(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _render(runs: Sequence[Run]) -> str:
    from rich.console import Console

    paper = StringIO()
    console = Console(file=paper, width=100, no_color=True, force_terminal=False, highlight=False)
    for run in runs:
        print_tables(run, console)
    return paper.getvalue()


table = Report(name="table", summary="the terminal's table as plain text", render=_render)
