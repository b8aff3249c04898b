"""A plain list on the terminal: aligned columns, the last one as wide as the screen lets it be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_rows(
    heads: Sequence[str], rows: Iterable[Sequence[str]], nothing: str = "nothing to show"
) -> None:
    """Print a table through rich, or `nothing` where there are no rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = list(rows)
    if not found:
        print(nothing)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head == heads[0])
    for row in found:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(soft_wrap=False)
    console.print(table)
