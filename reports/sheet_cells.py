"""The cells of a comparison, what changed most first, and those without a counterpart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import nsmallest
from itertools import islice
from math import log

from reports.changes import Change
from reports.comparison import Comparison, Row
from reports.names import sentence, visible
from reports.sheet import Entry, Sheet, names_of
from reports.wording import change_words, figure_words, metric_words, own_words

MOST_NAMES = 3
"""Cells that a reason names before it counts."""


def cells_sheet(comparison: Comparison, most: int) -> Sheet:
    first, *others = names_of(comparison)
    live = [at for at, pair in enumerate(comparison.pairs) if not pair.why]
    compared = [row for row in comparison.rows if any(map(_shown, row.changes))]
    heads = ["cell", "figure", first]
    for name in others:
        heads += [name, f"{name} against {first}"]
    rows = [_cell(row, comparison, live) for row in nsmallest(most, compared, key=_weight)]
    left = len(compared) - len(rows)
    more = f"and {left:,} more figures: --json holds them all"
    return Sheet("by cell", tuple(heads), tuple(rows), more if left else "")


def _shown(change: Change | None) -> bool:
    return change is not None and change.state in ("compared", "incomparable")


def _weight(row: Row) -> tuple[int, float]:
    """What got worse first, then better, then what parts, then the rest; the largest first."""
    return min(_grade(change, row) for change in row.changes if change)


def _grade(change: Change, row: Row) -> tuple[int, float]:
    found, middle = change.estimate, 1.0 if row.relation == "ratio" else 0.0
    if found is None:
        return 9, 0.0
    far = log(found.value) if middle else found.value
    unsure = found.low is None or found.high is None or found.low <= middle <= found.high
    order = {"worse": 0, "better": 1, "unclear": 2 + unsure, "same": 4}
    return order[change.verdict], -abs(far)


def _cell(row: Row, comparison: Comparison, live: Sequence[int]) -> tuple[Entry, ...]:
    apart = [False, *(bool(pair.hardware) for pair in comparison.pairs)]
    fields = [Entry(visible(row.cell)), Entry(metric_words(row.metric, row.value))]
    fields.append(Entry(figure_words(row, 0, False)))
    for at in live:
        change = row.changes[at]
        fields.append(Entry(figure_words(row, at + 1, apart[at + 1])))
        text = change_words(row, change) + own_words(row, at + 1, change)
        fields.append(Entry(text, change.verdict if change else None))
    return tuple(fields)


def without_sheet(comparison: Comparison, most: int) -> Sheet:
    """Every figure that could not be set against another, by the reason."""
    groups = apart(comparison)
    rows = [
        tuple(map(Entry, (state, why, f"{len(cells):,}", few(cells))))
        for (state, why), cells in islice(groups.items(), most)
    ]
    left = len(groups) - len(rows)
    heads = ("verdict", "why", "cells", "which")
    more = f"and {left:,} more reasons: --json holds them all" if left > 0 else ""
    return Sheet("not compared", heads, tuple(rows), more)


def apart(comparison: Comparison) -> Mapping[tuple[str, str], Collection[str]]:
    """By verdict and reason, the cells with a figure that could not be set against another."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for row in comparison.rows:
        for change in row.changes:
            if change and change.state != "compared":
                key = (change.state, sentence(change.why or ""))
                groups.setdefault(key, {})[row.cell] = None
    if comparison.nowhere:
        groups["no figures", "in none of the runs"] = dict.fromkeys(comparison.nowhere)
    return groups


def few(cells: Collection[str]) -> str:
    """The first ones' names, and how many more there are."""
    shown = ", ".join(visible(cell) for cell in islice(cells, MOST_NAMES))
    rest = len(cells) - MOST_NAMES
    return shown + (f" and {rest:,} more" if rest > 0 else "")
