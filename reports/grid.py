"""One Summary as a grid on the terminal: variants as rows, a figure and its comparison a cell."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from reports.care import FAILURES
from reports.columns import Column
from reports.doubts import MARK
from reports.names import visible
from reports.summary import Figure, Row, Summary
from reports.units import MISSING, figure, ratio

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

STYLES = {"better": "blue", "worse": "yellow", "unclear": "dim"}
GAP = 2
PAIRED = "p"
"""Marks a ratio that was measured side by side, among those that were not."""
NARROWEST = 8
"""Columns that a name has at least."""


def print_line(console: Console, line: Text) -> None:
    """Fold on words; a longer word, such as a path, is left whole for the terminal to wrap."""
    folds, begin = [], 0
    for word in re.finditer(r"\S+", line.plain):
        if word.end() - begin > console.width and word.start() > begin:
            begin = word.start()
            folds.append(begin)
    for part in line.divide(folds) if line.plain else ():
        part.rstrip()
        console.print(part, overflow="ignore", crop=False)


def headline(summary: Summary, columns: Sequence[int]) -> Table:
    """Each column under its metric, its workload and its unit."""
    table = frame()
    table.add_column("variant", vertical="bottom", overflow="fold", min_width=NARROWEST)
    for at in columns:
        table.add_column(_head(summary.columns[at]), justify="right", vertical="bottom")
    _fill(table, summary, columns)
    return table


def frame() -> Table:
    """An empty table without lines."""
    from rich.table import Table

    return Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")


def _fill(table: Table, summary: Summary, columns: Sequence[int]) -> None:
    for row in filled(summary, columns):
        shown = [_cell(row.figures[at], summary.columns[at]) for at in columns]
        table.add_row(plain(row_name(row)), *shown)


def filled(summary: Summary, columns: Sequence[int]) -> list[Row]:
    """The rows that have a figure in one of the columns."""
    return [row for row in summary.rows if any(row.figures[at].value is not None for at in columns)]


def _head(column: Column) -> Text:
    load = str(column.workload or "")
    return plain(
        "\n".join(part for part in (_short(column.metric), load, column.scale.unit) if part)
    )


def _short(metric: str) -> str:
    return visible(metric, 24)


def _cell(shown: Figure, column: Column) -> Text:
    text = figure_text(shown, column)
    if shown.against:
        text.append(f" {_against(shown, column)}", style=STYLES[shown.against.verdict])
    elif shown.refused:
        text.append(f" {MISSING}")
    return text


def figure_text(shown: Figure, column: Column) -> Text:
    """A figure with its mark, or what became of it."""
    if shown.value is None:
        gone = shown.status in (*FAILURES, "unavailable")
        return plain(shown.status if gone else MISSING)
    text = plain(figure(shown.value, shown.low, shown.high, column.scale))
    if shown.best:
        text.stylize("bold")
    return text.append(MARK if shown.doubt else "")


def _against(shown: Figure, column: Column) -> str:
    gap = shown.against
    if gap is None:
        return ""
    mark = MARK if gap.doubt else ""
    if column.relation == "difference":
        return figure(gap.value, gap.low, gap.high, column.scale, signed=True) + mark
    return ratio(gap.value, gap.low, gap.high) + (PAIRED if gap.paired else "") + mark


def fitting(summary: Summary, width: int, told: Container[Column] = ()) -> list[int]:
    """The columns that the width holds; names fold before a headline column has to go.

    Those that were `told` already are left out.
    """
    names = max([NARROWEST, *(len(row_name(row)) for row in summary.rows)])
    used = 0
    kept: list[int] = []
    for at, column in enumerate(summary.columns):
        head = (len(text) for text in _head(column).plain.split("\n"))
        wide = GAP + max(*head, *_widths(summary, at))
        if column in told:
            continue
        if not kept or used + wide + (NARROWEST if column.headline else names) <= width:
            kept.append(at)
            used += wide
    return kept


def grid(group: Summary, columns: Sequence[int]) -> Table:
    """The variants at one workload of one suite, which stands at the head of their names."""
    table = frame()
    table.add_column(plain(_title(group)), overflow="fold", min_width=NARROWEST)
    for at in columns:
        table.add_column(plain(_short_head(group.columns[at])), justify="right")
    _fill(table, group, columns)
    return table


def pages(group: Summary, width: int) -> Iterator[list[int]]:
    """The columns, as many at a time as the width holds."""
    begin = max([NARROWEST, *map(len, [_title(group), *map(row_name, group.rows)])])
    page: list[int] = []
    used = begin
    for at, column in enumerate(group.columns):
        wide = GAP + max(len(_short_head(column)), *_widths(group, at))
        if page and used + wide > width:
            yield page
            page, used = [], begin
        page.append(at)
        used += wide
    yield page


def _title(group: Summary) -> str:
    column = group.columns[0]
    return f"{visible(column.suite, 24)} {column.workload or ''}".rstrip()


def _short_head(column: Column) -> str:
    return f"{_short(column.metric)} {column.scale.unit}".rstrip()


def _widths(summary: Summary, at: int) -> Iterator[int]:
    return (len(_cell(row.figures[at], summary.columns[at]).plain) for row in summary.rows)


def row_name(row: Row) -> str:
    """A variant's name, marked where it is simulated."""
    return visible(row.name, 32) + (" ~" if row.simulated else "")


def plain(text: str, style: str = "") -> Text:
    """Text in which rich looks for no markup."""
    from rich.text import Text

    return Text(text, style=style)
