"""A plain list on the terminal: aligned columns that fold on words, and a path stays whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GAP = 2


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
    screen = Console().width
    wide = widths([heads, *found], screen)
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for head, width in zip(heads, wide, strict=True):
        table.add_column(head, width=width)
    for row in found:
        table.add_row(*(Text(cell) for cell in row))
    # A word that is longer than the screen is left to the terminal, which can still copy it whole.
    Console(width=max(screen, sum(wide) + GAP * len(wide))).print(table)


def widths(rows: Sequence[Sequence[str]], screen: int) -> list[int]:
    """Each column as wide as its text; the widest give way, none below its longest word."""
    columns = list(zip(*rows, strict=True))
    wide = [max(map(len, column)) for column in columns]
    least = [max((len(word) for cell in column for word in cell.split()), default=0)
             for column in columns]  # fmt: skip
    while sum(wide) + GAP * (len(wide) - 1) > screen:
        able = [at for at, width in enumerate(wide) if width > least[at]]
        if not able:
            break
        wide[max(able, key=wide.__getitem__)] -= 1
    return wide
