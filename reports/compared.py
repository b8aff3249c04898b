"""A comparison as the page shows it: sizes and quality judged, times side by side without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import log

from reports import changes
from reports.changes import is_settled
from reports.comparison import Comparison, Row, why_nothing
from reports.ratios import Estimate
from reports.sheet import names_of, short
from reports.sheet_cells import apart, few
from reports.sheet_variants import pays_of, ranked, runs_sheet, variants_sheet
from reports.sheets import cautions, heading_of, signs
from reports.tallies import Tally
from reports.trails import trails
from reports.units import MISSING
from reports.versus import Apart, Change, Matrix, Means, Side, Versus, versus_page
from reports.wording import change_words, figure_words, mean_words, metric_words, own_words

UNJUDGED = "unjudged"
"""In the place of a verdict: two sessions cannot say whether a time is better or worse."""
SAID = {"worse": "worse", "better": "better", "same": "the same", "unclear": "unclear"}


def comparison_page(comparison: Comparison) -> str:
    """The page; everything that came with a run is escaped."""
    return versus_page(versus_of(comparison))


def versus_of(comparison: Comparison) -> Versus:
    """All that there is to say, in words."""
    first, *others = (short(named.name) for named in comparison.runs)
    found = tuple(_changes(comparison))
    return Versus(
        title=f"{', '.join(others)} against {first}",
        about=tuple(heading_of(comparison)),
        answer=_answer(comparison, found),
        sides=tuple(_sides(comparison)),
        changes=found,
        apart=tuple(_apart(comparison)),
        notes=tuple(cautions(comparison)),
        signs=tuple(signs(comparison)),
        means=_means(comparison),
        matrices=tuple(_matrices(comparison)),
        trails=tuple(trails(comparison)),
        command=comparison.command,
        more="--json holds them all",
    )


def _answer(comparison: Comparison, found: tuple[Change, ...]) -> str:
    if not comparison.compared:
        why = why_nothing(comparison)
        return f"{why[:1].upper()}{why[1:]}."
    counts = Counter(change.verdict for change in found)
    judged = [f"{counts[one]:,} {said}" for one, said in SAID.items() if counts[one]]
    parts = []
    if judged:
        whole = sum(counts[one] for one in SAID)
        parts.append(f"Of {whole:,} figures of size and quality: {', '.join(judged)}.")
    if counts[UNJUDGED]:
        times = f"{counts[UNJUDGED]:,} time{'s' * (counts[UNJUDGED] > 1)}"
        parts.append(f"{times} side by side, unjudged: two sessions cannot tell.")
    return " ".join(parts)


def _sides(comparison: Comparison) -> Iterator[Side]:
    for row in runs_sheet(comparison).rows:
        name, machine, date, said = (entry.text for entry in row)
        yield Side(name=name, machine=machine, date=date, said=said)


def _changes(comparison: Comparison) -> Iterator[Change]:
    """Those that have two figures; what is only in one run stands by its reason."""
    for row in comparison.rows:
        for at, found in enumerate(row.changes, 1):
            if found and found.state in ("compared", "incomparable"):
                yield _change(comparison, row, at, found)


def _change(comparison: Comparison, row: Row, at: int, found: changes.Change) -> Change:
    pair, compared = comparison.pairs[at - 1], found.state == "compared"
    said = change_words(row, found) + own_words(row, at, found)
    return Change(
        cell=row.cell,
        metric=metric_words(row.metric, row.value),
        run=short(pair.name),
        before=figure_words(row, 0, False),
        after=figure_words(row, at, bool(pair.hardware)),
        change=said if compared else MISSING,
        verdict=_verdict(row, found) if compared else found.state,
        size=_size(row, found.estimate),
        parts=_parts(row, found.estimate),
        why=found.why or (found.doubt or "").replace("_", " "),
    )


def _verdict(row: Row, found: changes.Change) -> str:
    return found.verdict if is_settled(row.value) else UNJUDGED


def _size(row: Row, found: Estimate | None) -> float:
    if found is None:
        return 0.0
    return log(found.value) if row.relation == "ratio" else found.value


def _parts(row: Row, found: Estimate | None) -> bool:
    if found is None or found.low is None or found.high is None:
        return False
    return not found.low <= (1.0 if row.relation == "ratio" else 0.0) <= found.high


def _apart(comparison: Comparison) -> Iterator[Apart]:
    """Whole runs first."""
    for named, pair in zip(comparison.runs[1:], comparison.pairs, strict=True):
        if pair.why:
            which, count = f"every cell of {short(named.name)}", len(named.run.records)
            yield Apart(why=f"incomparable: {pair.why}", which=which, count=count)
    for (state, why), cells in apart(comparison).items():
        yield Apart(why=f"{state}: {why}", which=few(cells), count=len(cells))


def _means(comparison: Comparison) -> Means | None:
    sheet = variants_sheet(comparison, to_teachers=False)
    rows = tuple(tuple(entry.text for entry in row) for row in sheet.rows)
    return Means(heads=sheet.heads, rows=rows) if rows else None


def _matrices(comparison: Comparison) -> Iterator[Matrix]:
    """A table a figure, each variant's ratio to the teacher of each run's own machine."""
    if comparison.one_machine:
        return
    groups: dict[tuple[str, str], list[Tally]] = {}
    for tally in ranked(comparison.tallies):
        if any(tally.own):
            groups.setdefault((tally.suite, tally.metric), []).append(tally)
    live = [0, *(at for at, pair in enumerate(comparison.pairs, 1) if not pair.why)]
    for found in groups.values():
        yield Matrix(
            metric=metric_words(found[0].metric, found[0].value),
            machines=tuple(names_of(comparison)),
            rows=tuple(
                (tally.variant, tuple(mean_words(tally, tally.own[at]) for at in live))
                for tally in found
            ),
            sentences=tuple(text for tally in found for text in pays_of(comparison, tally)),
        )
