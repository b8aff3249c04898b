"""From log ratios of process pairs to verdicts: screened by two pairs, confirmed by fresh ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reports.correction import benjamini_hochberg, holm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Verdict = Literal[
    "regressed",
    "improved",
    "equivalent",
    "inconclusive",
    "missing",
    "new",
    "incomparable",
    "contaminated",
]
INCONCLUSIVE, EQUIVALENT, IMPROVED, REGRESSED = range(4)
NAMES: tuple[Verdict, ...] = ("inconclusive", "equivalent", "improved", "regressed")
"""What the codes in `Judged.verdict` stand for."""
SCREEN, CONFIRM = 2, 8
"""Process pairs that every unit gets, and fresh ones that a suspect gets."""
SUSPECT = 0.85
"""Share of its margin from which a unit's screened mean makes it a suspect."""
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Bars:
    """What K units are judged by. A unit is a metric of a cell, or of a variant's cells at once."""

    margin: Array
    """(K,) How much worse is bad, as a log ratio above 0."""
    group: Array
    """(K,) Whole numbers: units of one number have one spread."""
    blocks: Array
    """(K,) Whether a regression blocks."""
    alpha: float = ALPHA


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of K units, in any number of gates at once: every array is (..., K)."""

    verdict: Array
    """Codes: `NAMES` has their words."""
    mean: Array
    low: Array
    high: Array
    """The interval at 1 - alpha: `equivalent` means that it lies inside the margins."""
    p_worse: Array
    """After Holm; 1 where it was not confirmed."""
    q_worse: Array
    """After Benjamini and Hochberg: for the list of what else looks slower."""
    suspect: Array


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A mean, its standard error and the degrees of freedom, (..., K) each."""

    mean: Array
    error: Array
    degrees: Array


def suspects(screen: Array, margin: Array) -> Array:
    """Which units of `screen` (..., K, pairs) must be confirmed: for better or for worse."""
    import numpy

    found: Array = numpy.abs(screen.mean(axis=-1)) >= SUSPECT * margin
    return found


def judge(screen: Array, confirm: Array, bars: Bars) -> Judged:
    """Verdicts of units from log ratios above 0 where the head is worse, (..., K, pairs) each.

    `confirm` is NaN where a unit was not confirmed; a suspect without it stays inconclusive. A
    suspect is judged by its fresh pairs alone: a t-test against the margin in either direction,
    Holm over all suspects. The others can only be equivalent, with the larger of their own spread
    and their group's. Equivalence is two one-sided tests (Schuirmann 1987, J. Pharmacokinetics
    and Biopharmaceutics 15:6) at half of alpha, for a unit has two chances of it.
    """
    import numpy

    doubted = suspects(screen, bars.margin)
    fresh, first = _of_confirmed(confirm), _of_screened(screen, bars.group)
    has = doubted & ~numpy.isnan(fresh.mean)
    seen = _Seen(
        mean=numpy.where(has, fresh.mean, first.mean),
        error=numpy.where(has, fresh.error, first.error),
        degrees=numpy.where(has, fresh.degrees, first.degrees),
    )
    worse, better = _above(seen, bars.margin, 1), _above(seen, bars.margin, -1)
    level, half = bars.alpha, _quantile(seen, bars.alpha / 2) * seen.error
    p_worse = _over_families(worse, has, bars.blocks)
    inside = (numpy.minimum(worse, better) > 1 - level / 2) & (has | ~doubted)
    verdict = numpy.where(inside, EQUIVALENT, INCONCLUSIVE)
    verdict = numpy.where(_over_families(better, has, bars.blocks) < level, IMPROVED, verdict)
    return Judged(
        verdict=numpy.where(p_worse < level, REGRESSED, verdict),
        mean=seen.mean,
        low=seen.mean - half,
        high=seen.mean + half,
        p_worse=p_worse,
        q_worse=benjamini_hochberg(worse, has),
        suspect=doubted,
    )


def moved(screen: Array, confirm: Array, margin: float) -> Array:
    """Whether a control cell moved, (..., pairs) each: then the session says nothing of others.

    Suspected as any cell, then by the mean of its fresh pairs; unconfirmed it counts as moved.
    """
    import numpy

    doubted = numpy.abs(screen.mean(axis=-1)) >= SUSPECT * margin
    found: Array = doubted & ~(numpy.abs(confirm.mean(axis=-1)) < margin)
    return found


def _over_families(p: Array, has: Array, blocks: Array) -> Array:
    """Holm, apart for what blocks and what only warns: the second must not weaken the first."""
    import numpy

    return numpy.minimum(holm(p, has & blocks), holm(p, has & ~blocks))


def _of_confirmed(confirm: Array) -> _Seen:
    import numpy

    pairs = confirm.shape[-1]
    with numpy.errstate(invalid="ignore"):
        error = confirm.std(axis=-1, ddof=1) / pairs**0.5
    return _Seen(mean=confirm.mean(axis=-1), error=error, degrees=numpy.array(pairs - 1.0))


def _of_screened(screen: Array, group: Array) -> _Seen:
    """Two pairs know little of their spread, so the units of a group lend each other theirs."""
    import numpy

    pairs = screen.shape[-1]
    own = screen.var(axis=-1, ddof=1)
    members = group[:, None] == numpy.unique(group)[None, :]
    sizes = members.sum(axis=0)
    pooled = ((own @ members) / sizes) @ members.T
    return _Seen(
        mean=screen.mean(axis=-1),
        error=numpy.sqrt(numpy.maximum(own, pooled) / pairs),
        degrees=(members @ sizes) * (pairs - 1.0),
    )


def _above(seen: _Seen, margin: Array, side: int) -> Array:
    """p of "at most the margin", in the direction of `side`."""
    import numpy
    from scipy.special import stdtr

    over = side * seen.mean - margin
    with numpy.errstate(divide="ignore", invalid="ignore"):
        p = stdtr(seen.degrees, -over / seen.error)
    return numpy.where(seen.error > 0, p, numpy.where(over > 0, 0.0, 1.0))


def _quantile(seen: _Seen, alpha: float) -> Array:
    from scipy.special import stdtrit

    found: Array = stdtrit(seen.degrees, 1 - alpha)
    return found
