"""Stored process pairs as arrays: a unit is a metric of a cell, or of all cells of a variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.control import CONTROL
from reports.blocks import block_ratios, pair_ratio
from reports.policy import Policy
from reports.terms import Subject, Terms
from reports.verdict import Bars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Pair = Mapping[str, Any]
"""One pair's `cells` (label -> metric -> base and head turns in seconds) and `failed`."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What one verdict is about."""

    variant: str
    metric: str
    cells: tuple[str, ...]
    """One; or, for the tier, all cells of the variant that have the metric."""
    terms: Terms

    @property
    def name(self) -> str:
        """As findings call it."""
        return self.cells[0] if self.single else f"{self.variant} *"

    @property
    def single(self) -> bool:
        """Whether it is one cell and not a tier."""
        return len(self.cells) == 1

    @property
    def margin(self) -> float:
        """As a log ratio."""
        return self.terms.margin.log if self.single else self.terms.tier.log


def variant_of(cell: str) -> str:
    """The variant in a cell's name: `suite[variant-b1-p8]`; names hold no hyphen."""
    return cell.partition("[")[2].partition("-")[0].rstrip("]")


def subjects_of(pairs: Sequence[Pair]) -> list[Subject]:
    """Every metric of every cell that all `pairs` have."""
    common = set.intersection(*(_keys(pair) for pair in pairs)) if pairs else set()
    return [
        Subject(cell=cell, variant=variant_of(cell), metric=metric, kind="timing", unit="s")
        for cell, metric in sorted(common)
        if cell != CONTROL
    ]


def units_of(pairs: Sequence[Pair], policy: Policy) -> list[Unit]:
    """Cells first, then a tier for every variant and metric that several cells have."""
    found: list[Unit] = []
    tiers: dict[tuple[str, str], list[tuple[str, Terms]]] = {}
    for subject in subjects_of(pairs):
        terms = policy.terms(subject)
        if terms.test != "pairs":
            continue
        found.append(
            Unit(
                variant=subject.variant,
                metric=subject.metric,
                cells=(subject.cell,),
                terms=terms,
            )
        )
        tiers.setdefault((subject.variant, subject.metric), []).append((subject.cell, terms))
    for (variant, metric), several in tiers.items():
        if len(several) > 1:
            cells = tuple(cell for cell, _ in several)
            found.append(Unit(variant=variant, metric=metric, cells=cells, terms=several[0][1]))
    return found


def ratios(pairs: Sequence[Pair], units: Sequence[Unit]) -> Array:
    """Log ratios above 0 where the head is slower: (units, pairs); NaN where a pair lacks one."""
    import numpy

    whole = numpy.full((len(units), len(pairs)), numpy.nan)
    for at, pair in enumerate(pairs):
        seen = {
            (cell, metric): ratio_of(turns)
            for cell, metrics in pair["cells"].items()
            for metric, turns in metrics.items()
        }
        for row, unit in enumerate(units):
            each = [seen.get((cell, unit.metric), numpy.nan) for cell in unit.cells]
            whole[row, at] = numpy.mean(each)
    return whole


def control_ratios(pairs: Sequence[Pair]) -> Array:
    """The control cell's log ratios, (pairs,)."""
    import numpy

    return numpy.array([ratio_of(pair["cells"][CONTROL][CONTROL]) for pair in pairs])


def ratio_of(turns: Mapping[str, Sequence[float]]) -> float:
    """What one pair says of one metric of one cell."""
    import numpy

    base, head = numpy.array(turns["base"]), numpy.array(turns["head"])
    return float(pair_ratio(block_ratios(base, head)))


def bars_of(units: Sequence[Unit], alpha: float) -> Bars:
    """What they are judged by. Cells of one variant and metric lend each other their spread."""
    import numpy

    keys = [(unit.variant, unit.metric, unit.single) for unit in units]
    numbers = {key: at for at, key in enumerate(dict.fromkeys(keys))}
    return Bars(
        margin=numpy.array([unit.margin for unit in units]),
        group=numpy.array([numbers[key] for key in keys], int),
        blocks=numpy.array([unit.terms.blocks for unit in units], bool),
        alpha=alpha,
    )


def _keys(pair: Pair) -> set[tuple[str, str]]:
    return {(cell, metric) for cell, metrics in pair["cells"].items() for metric in metrics}
