"""A comparison on the terminal: its tables one below the other, folded to the screen's width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.comparison import Comparison
from reports.grid import STYLES, frame, plain, print_line
from reports.sheet import Entry, Sheet
from reports.sheets import view

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST = 40
"""Rows of a table on a terminal."""


def print_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Every table with its title, then what the signs mean."""
    from rich.console import Console

    screen = console or Console(highlight=False)
    found = view(comparison, MOST)
    print_line(screen, plain(", ".join(found.heading), style="dim"))
    for line in found.pays:
        print_line(screen, plain(line))
    for sheet in found.sheets:
        screen.print()
        _print(sheet, screen)
    if found.legend:
        screen.print()
        print_line(screen, plain(" ".join(found.legend), style="dim"))


def _print(sheet: Sheet, screen: Console) -> None:
    table = frame()
    for head in sheet.heads:
        table.add_column(plain(head), overflow="fold", vertical="bottom")
    for row in sheet.rows:
        table.add_row(*map(_text, row))
    screen.print(plain(sheet.title, style="bold"))
    screen.print(table)
    if sheet.more:
        print_line(screen, plain(sheet.more, style="dim"))


def _text(entry: Entry) -> Text:
    return plain(entry.text, style=STYLES.get(entry.verdict or "", ""))
