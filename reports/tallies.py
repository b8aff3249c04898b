"""What the cells of one variant come to: the mean of each figure's changes over all workloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.record import Value
from reports.changes import Change, Own, Relation
from reports.ratios import Estimate, finite, geometric_mean, mean

if TYPE_CHECKING:
    from reports.comparison import Row


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over cells: geometric where ratios are taken, else of differences."""

    estimate: Estimate
    cells: int
    paired: bool
    """Whether every one of them is."""
    doubt: bool
    """Whether one of them is in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One metric of one suite and variant, over the workloads that were measured."""

    suite: str
    variant: str
    metric: str
    value: Value
    relation: Relation
    own: tuple[Mean | None, ...]
    """Per run, to its own teacher, over the cells where every run has that; or nothing."""
    changes: tuple[Mean | None, ...]
    """Per run but the first; None where nothing could be compared."""


def tallies(rows: Sequence[Row]) -> Iterator[Tally]:
    """Those of variants of which something could be compared, in the rows' order."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        key = (row.record.suite, row.record.variant, row.metric)
        groups.setdefault(key, []).append(row)
    for (suite, variant, metric), found in groups.items():
        changes = tuple(_changes(column, found[0].relation) for column in _changed(found))
        if any(changes):
            yield Tally(
                suite=suite,
                variant=variant,
                metric=metric,
                value=found[0].value,
                relation=found[0].relation,
                own=tuple(_owns(found)),
                changes=changes,
            )


def _changed(rows: Sequence[Row]) -> Iterator[list[Change]]:
    for column in zip(*(row.changes for row in rows), strict=True):
        yield [change for change in column if change and change.state == "compared"]


def _changes(found: Sequence[Change], relation: Relation) -> Mean | None:
    paired, doubt = all(change.paired for change in found), any(change.doubt for change in found)
    return _mean([change.estimate for change in found], relation, paired, doubt)


def _owns(rows: Sequence[Row]) -> Iterator[Mean | None]:
    """Over the cells that every run with any has, so that all means are of the same cells."""
    columns = list(zip(*(row.own for row in rows), strict=True))
    live = [at for at, column in enumerate(columns) if any(column)]
    whole = [row.own for row in rows if row.own and all(row.own[at] for at in live)]
    for at in range(len(columns)):
        yield _own([own[at] for own in whole], rows[0].relation) if at in live else None


def _own(found: Iterable[Own | None], relation: Relation) -> Mean | None:
    known = [own for own in found if own]
    paired, doubt = all(own.paired for own in known), any(own.doubt for own in known)
    return _mean([own.estimate for own in known], relation, paired, doubt)


def _mean(
    found: Sequence[Estimate | None], relation: Relation, paired: bool, doubt: bool
) -> Mean | None:
    known = [one for one in found if one]
    if not known:
        return None
    if relation == "ratio" and any(one.value <= 0 for one in known):
        return None
    middle = geometric_mean(known) if relation == "ratio" else finite(mean(known))
    return Mean(middle, len(known), paired, doubt) if middle else None
