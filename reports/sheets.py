"""A comparison in words: the tables of the terminal and of Markdown, and what signs mean."""

from __future__ import annotations

from collections.abc import Iterator

from reports.changes import Change, is_settled
from reports.comparison import Comparison, Row
from reports.doubts import MARK
from reports.heading import heading
from reports.sheet import View, short
from reports.sheet_cells import cells_sheet, without_sheet
from reports.sheet_variants import pays, runs_sheet, variants_sheet
from reports.units import TIMES
from reports.wording import ELSEWHERE, PAIRED

UNJUDGED = (
    "Times are unpaired unless marked. Their intervals hold what varied within each session, not "
    "from one process to the next, so they are called neither better nor worse; `weighbridge ab` "
    "measures two versions in turns."
)


def view(comparison: Comparison, most: int) -> View:
    """The tables, at most `most` cells long."""
    sheets = (
        runs_sheet(comparison),
        variants_sheet(comparison),
        cells_sheet(comparison, most),
        without_sheet(comparison, most),
    )
    return View(
        heading=tuple(heading_of(comparison)),
        pays=tuple(pays(comparison)),
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        legend=(*signs(comparison), *cautions(comparison)),
    )


def heading_of(comparison: Comparison) -> Iterator[str]:
    """Model and text, which all that is compared has in common."""
    first = comparison.runs[0].run
    machine = {str(part) for part in (first.machine.get("cpu"),) if part}
    for part in heading(first)[:2]:
        if part not in machine:
            yield part


def signs(comparison: Comparison) -> Iterator[str]:
    """What the signs at the changes mean."""
    found = list(_compared(comparison))
    ratios = [change for row, change in found if row.relation == "ratio"]
    if found:
        first = short(comparison.runs[0].name)
        yield f"{TIMES} is the ratio to {first}, signed the difference, [95 % interval]."
    if any(change.paired for change in ratios):
        yield f"{PAIRED}: measured in turns with the teacher, on both sides."
    if len(ratios) < len(found):
        yield "Losses are paired by window of text."


def cautions(comparison: Comparison) -> Iterator[str]:
    """What must be read with care."""
    found = list(_compared(comparison))
    if any(not is_settled(row.value) for row, _ in found):
        yield UNJUDGED
    if found and not comparison.one_machine:
        yield (
            f"{ELSEWHERE}: of another machine, not comparable as it stands. Times are set against "
            "their own machine's teacher first; bytes and quality compare directly."
        )
    if any(change.doubt for _, change in found):
        yield f"{MARK} in doubt: neither better nor worse."


def _compared(comparison: Comparison) -> Iterator[tuple[Row, Change]]:
    for row in comparison.rows:
        for change in row.changes:
            if change and change.state == "compared":
                yield row, change
