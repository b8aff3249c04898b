"""The usual rules beside the gate, on the same stored pairs: what they call, and what they miss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.pairs import Pair, Unit
from reports.resampled import Bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Calls = Callable[["Array", "Array"], "Array"]
"""(base, head) turns of K cells, (K, turns) each -> which are called slower, (K,)"""


def mean_plus_5(base: Array, head: Array) -> Array:
    """`--benchmark-compare-fail=mean:5%` of pytest-benchmark, and every gate of its kind."""
    was, now = base.mean(axis=-1), head.mean(axis=-1)
    called: Array = (now - was) / was * 100 > 5
    return called


def mann_whitney(base: Array, head: Array) -> Array:
    """Slower at 0.05 in each cell by itself."""
    from scipy.stats import mannwhitneyu

    called: Array = (
        mannwhitneyu(head, base, alternative="greater", axis=-1, method="asymptotic").pvalue < 0.05
    )
    return called


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule and what it is given."""

    name: str
    calls: Calls
    apart: bool
    """Whether base and head are of two sessions, as a stored baseline and a new run are."""


RULES = (
    Rule(name="mean + 5 %, measured in turns", calls=mean_plus_5, apart=False),
    Rule(name="Mann-Whitney at 0.05, measured in turns", calls=mann_whitney, apart=False),
    Rule(name="pytest-benchmark mean:5%, stored baseline", calls=mean_plus_5, apart=True),
    Rule(name="Mann-Whitney at 0.05, stored baseline", calls=mann_whitney, apart=True),
)


@dataclass(frozen=True, kw_only=True)
class Naive:
    """What one rule did in many trials."""

    rule: str
    slowed_by: float
    alarms: Bound
    """Trials in which a cell is called that was not slowed."""
    missed: Bound | None
    """Slowed cells that were not called."""


def trials(
    pairs: Sequence[Pair], units: Sequence[Unit], count: int, slowed_by: float = 0.0, seed: int = 0
) -> list[Naive]:
    """Every rule on the same draws; in each a variant drawn by lot is slower, all its cells."""
    import numpy

    dice = numpy.random.default_rng(seed)
    cells = [unit for unit in units if unit.single]
    base, head = (_turns(pairs, cells, side) for side in ("base", "head"))
    variants = numpy.array([unit.variant for unit in cells])
    drawn = [dice.permutation(len(pairs))[:2] for _ in range(count)]
    slowed = variants[None, :] == dice.choice(numpy.unique(variants), count)[:, None]
    slowed &= slowed_by > 0
    found = []
    for rule in RULES:
        called = numpy.array(
            [
                rule.calls(base[:, one], head[:, other if rule.apart else one] * factor[:, None])
                for (one, other), factor in zip(drawn, 1 + slowed * slowed_by, strict=True)
            ]
        )
        missed = Bound.of(int((slowed & ~called).sum()), int(slowed.sum())) if slowed_by else None
        alarms = Bound.of(int((called & ~slowed).any(axis=1).sum()), count)
        found.append(Naive(rule=rule.name, slowed_by=slowed_by, alarms=alarms, missed=missed))
    return found


def _turns(pairs: Sequence[Pair], cells: Sequence[Unit], side: str) -> Array:
    """(cells, pairs, turns) in seconds."""
    import numpy

    rows = [[pair["cells"][unit.cells[0]][unit.metric][side] for pair in pairs] for unit in cells]
    return numpy.array(rows)
