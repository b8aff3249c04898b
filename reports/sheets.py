"""A comparison in words: the tables that the terminal, Markdown and the page show alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import log

from reports.changes import Change, Verdict, is_settled
from reports.columns import FIRST, GAIN, HEADLINE, KL, SPEED, TOP1
from reports.comparison import Comparison, Named, Row
from reports.doubts import MARK
from reports.hardware import hardware_name
from reports.heading import heading
from reports.names import sentence, visible
from reports.tallies import Tally
from reports.units import TIMES
from reports.wording import (
    ELSEWHERE,
    PAIRED,
    change_words,
    figure_words,
    mean_words,
    metric_words,
    own_words,
    parts,
)

SHOWN = (*HEADLINE, GAIN, KL, TOP1)
"""The suites and metrics that stand for a variant; the others are in the JSON."""
PACES = (SPEED, FIRST)
"""Those that say whether a variant pays on one machine as it does on another."""
MOST_NAMES = 3
"""Cells that a reason names before it counts."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a table."""

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    more: str = ""
    """What is left out, and where it stands."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is shown of a comparison."""

    heading: tuple[str, ...]
    pays: tuple[str, ...]
    """Which variants gain more on one machine than on another, a sentence each."""
    sheets: tuple[Sheet, ...]
    legend: tuple[str, ...]


def view(comparison: Comparison, most: int) -> View:
    """The tables, at most `most` cells long."""
    sheets = (
        _runs(comparison),
        _variants(comparison),
        _cells(comparison, most),
        _without(comparison, most),
    )
    return View(
        heading=tuple(_heading(comparison.runs[0])),
        pays=tuple(_pays(comparison)),
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        legend=tuple(_legend(comparison)),
    )


def names_of(comparison: Comparison) -> list[str]:
    """The runs of which anything may be compared, the first one first."""
    live = [pair.name for pair in comparison.pairs if not pair.why]
    return [visible(name, 24) for name in (comparison.runs[0].name, *live)]


def _heading(first: Named) -> Iterator[str]:
    """Model and text, which all that is compared has in common."""
    machine = {str(part) for part in (first.run.machine.get("cpu"),) if part}
    for part in heading(first.run)[:2]:
        if part not in machine:
            yield part


def _pays(comparison: Comparison) -> Iterator[str]:
    """The interaction of machine and variant, where it is sure."""
    for tally in comparison.tallies:
        if (tally.suite, tally.metric) not in PACES or not tally.own:
            continue
        for at, (pair, mean) in enumerate(zip(comparison.pairs, tally.changes, strict=True), 1):
            if pair.hardware and mean and not mean.doubt and parts(mean):
                here, there = tally.own[0], tally.own[at]
                yield (
                    f"{visible(tally.variant, 32)} {visible(tally.metric, 32)}: "
                    f"{mean_words(tally, here)} on {_name(pair.against)}, "
                    f"{mean_words(tally, there)} on {_name(pair.name)}."
                )


def _runs(comparison: Comparison) -> Sheet:
    first, *others = comparison.runs
    rows = [_run(first, "the others are set against it")]
    for named, pair in zip(others, comparison.pairs, strict=True):
        said = "the same kind of machine"
        if pair.why:
            said = f"incomparable: {sentence(pair.why)}"
        elif pair.hardware:
            said = f"another machine: {sentence(pair.hardware)}"
        notes = f"; {sentence('; '.join(pair.notes))}" if pair.notes else ""
        rows.append(_run(named, said + notes))
    return Sheet("runs", ("run", "machine", "date", f"against {_name(first.name)}"), tuple(rows))


def _run(named: Named, said: str) -> tuple[Entry, ...]:
    machine, date = visible(hardware_name(named.run.machine)), visible(named.run.date[:16], 16)
    return tuple(map(Entry, (_name(named.name), machine, date, said)))


def _variants(comparison: Comparison) -> Sheet:
    first, *others = names_of(comparison)
    live = [at for at, pair in enumerate(comparison.pairs) if not pair.why]
    own = [] if comparison.one_machine else [0, *(at + 1 for at in live)]
    heads = ["variant", "figure", "cells"]
    heads += [f"{name}: to its teacher" for name in (first, *others)] if own else []
    heads += [f"{name} against {first}" for name in others]
    rows = [_variant(tally, own, live) for tally in _ranked(comparison.tallies)]
    return Sheet("by variant", tuple(heads), tuple(rows))


def _ranked(found: Iterable[Tally]) -> list[Tally]:
    order = {key: at for at, key in enumerate(SHOWN)}
    kept = [tally for tally in found if (tally.suite, tally.metric) in order]
    return sorted(kept, key=lambda tally: order[tally.suite, tally.metric])


def _variant(tally: Tally, own: Sequence[int], live: Sequence[int]) -> tuple[Entry, ...]:
    counts = {mean.cells for mean in tally.changes if mean}
    cells = "–".join(str(count) for count in sorted({min(counts), max(counts)}))
    fields = [visible(tally.variant, 32), metric_words(tally.metric, tally.value), cells]
    fields += [mean_words(tally, tally.own[at]) for at in own if tally.own]
    fields += [mean_words(tally, tally.changes[at]) for at in live]
    return tuple(map(Entry, fields))


def _cells(comparison: Comparison, most: int) -> Sheet:
    first, *others = names_of(comparison)
    live = [at for at, pair in enumerate(comparison.pairs) if not pair.why]
    compared = [row for row in comparison.rows if any(map(_shown, row.changes))]
    heads = ["cell", "figure", first]
    for name in others:
        heads += [name, f"{name} against {first}"]
    rows = [_cell(row, comparison, live) for row in sorted(compared, key=_weight)[:most]]
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


def _without(comparison: Comparison, most: int) -> Sheet:
    """Every figure that could not be set against another, by the reason."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for row in comparison.rows:
        for change in row.changes:
            if change and change.state != "compared":
                key = (change.state, sentence(change.why or ""))
                groups.setdefault(key, {})[row.cell] = None
    rows = []
    for (state, why), cells in islice(groups.items(), most):
        shown = ", ".join(visible(cell) for cell in islice(cells, MOST_NAMES))
        rest = len(cells) - MOST_NAMES
        shown += f" and {rest:,} more" if rest > 0 else ""
        rows.append(tuple(map(Entry, (state, why, f"{len(cells):,}", shown))))
    left = len(groups) - len(rows)
    heads = ("verdict", "why", "cells", "which")
    more = f"and {left:,} more reasons: --json holds them all" if left > 0 else ""
    return Sheet("not compared", heads, tuple(rows), more)


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
    first = _name(comparison.runs[0].name)
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


def _name(name: str) -> str:
    return visible(name, 24)
