"""A comparison in words: the tables that the terminal, Markdown and the page show alike."""

from __future__ import annotations

from collections.abc import Iterator

from reports.changes import is_settled
from reports.comparison import Comparison, Named
from reports.doubts import MARK
from reports.heading import heading
from reports.sheet import View, short
from reports.sheet_cells import cells_sheet, without_sheet
from reports.sheet_variants import pays, runs_sheet, variants_sheet
from reports.units import TIMES
from reports.wording import ELSEWHERE, PAIRED


def view(comparison: Comparison, most: int) -> View:
    """The tables, at most `most` cells long."""
    sheets = (
        runs_sheet(comparison),
        variants_sheet(comparison),
        cells_sheet(comparison, most),
        without_sheet(comparison, most),
    )
    return View(
        heading=tuple(_heading(comparison.runs[0])),
        pays=tuple(pays(comparison)),
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        legend=tuple(_legend(comparison)),
    )


def _heading(first: Named) -> Iterator[str]:
    """Model and text, which all that is compared has in common."""
    machine = {str(part) for part in (first.run.machine.get("cpu"),) if part}
    for part in heading(first.run)[:2]:
        if part not in machine:
            yield part


def _legend(comparison: Comparison) -> Iterator[str]:
    pairs = [
        (row, change)
        for row in comparison.rows
        for change in row.changes
        if change and change.state == "compared"
    ]
    found = [change for _, change in pairs]
    if not found:
        return
    first = short(comparison.runs[0].name)
    yield f"{TIMES} is the ratio to {first}, signed the difference, [95 % interval]."
    ratios = [change for row, change in pairs if row.relation == "ratio"]
    if any(not is_settled(row.value) for row, _ in pairs):
        yield (
            "Times are unpaired unless marked. Their intervals hold what varied within each "
            "session, not from one process to the next, so they are called neither better nor "
            "worse; `weighbridge ab` measures two versions in turns."
        )
    if any(change.paired for change in ratios):
        yield f"{PAIRED}: measured in turns with the teacher, on both sides."
    if len(ratios) < len(found):
        yield "Losses are paired by window of text."
    if not comparison.one_machine:
        yield (
            f"{ELSEWHERE}: of another machine, not comparable as it stands. Times are set against "
            "their own machine's teacher first; bytes and quality compare directly."
        )
    if any(change.doubt for change in found):
        yield f"{MARK} in doubt: neither better nor worse."
