"""Many gates from stored pairs, each pair drawn once in a gate: conditional on these pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING, Any

from reports.pairs import Pair, Unit, bars_of, control_ratios, ratios
from reports.policy import Policy
from reports.verdict import (
    CONFIRM,
    EQUIVALENT,
    IMPROVED,
    REGRESSED,
    SCREEN,
    Bars,
    Judged,
    judge,
    moved,
    suspects,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

NEEDED = SCREEN + CONFIRM
"""Pairs on every cell that there must be at least."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A share of trials, and where it ends with 95 % confidence (Clopper and Pearson)."""

    hits: int
    trials: int
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, trials: int) -> Bound:
        """The exact binomial interval."""
        from scipy.stats import binomtest

        found = binomtest(hits, trials).proportion_ci(0.95, method="exact")
        return cls(hits=hits, trials=trials, low=float(found.low), high=float(found.high))

    def __str__(self) -> str:
        return (
            f"{self.hits} of {self.trials} ({100 * self.hits / self.trials:.3g} %, "
            f"exactly [{100 * self.low:.3g}, {100 * self.high:.3g}] %)"
        )


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """What came of many gates in which some variant was slowed, or none."""

    slowed_by: float
    alarms: Bound
    """Gates in which anything is called slower that was not slowed: any cell, any tier."""
    found: Bound | None
    """Slowed cells that are called slower; None where none was slowed."""
    blocked: Bound | None
    """Gates that a regression of the slowed variant blocks, by a cell or by its tier."""
    equivalent: float
    """Share of unslowed cells found equivalent."""
    improved: Bound
    """Gates in which anything is called faster."""
    contaminated: Bound
    """Gates in which the control cell moved."""
    pairs_a_cell: float


@dataclass(frozen=True, kw_only=True)
class Store:
    """Stored pairs of an A/A, all on every cell, as arrays."""

    units: Sequence[Unit]
    seen: Array
    """(units, pairs) log ratios."""
    control: Array
    """(pairs,)"""
    bars: Bars
    control_margin: float

    @classmethod
    def of(cls, pairs: Sequence[Pair], units: Sequence[Unit], policy: Policy) -> Store:
        """From whole pairs."""
        return cls(
            units=units,
            seen=ratios(pairs, units),
            control=control_ratios(pairs),
            bars=bars_of(units, policy.alpha),
            control_margin=policy.control.log,
        )

    @property
    def single(self) -> Array:
        """(units,) which are cells and not tiers."""
        import numpy

        return numpy.array([unit.single for unit in self.units])

    def gates(self, count: int, slowed_by: float = 0.0, seed: int = 0) -> Resampled:
        """`count` gates; in each a variant drawn by lot is slower by `slowed_by`, all its cells."""
        import numpy

        dice = numpy.random.default_rng(seed)
        pairs = self.seen.shape[1]
        drawn = numpy.array([dice.permutation(pairs)[:NEEDED] for _ in range(count)])
        slowed = (
            self._slowed(count, dice) if slowed_by else numpy.zeros((count, len(self.units)), bool)
        )
        whole = numpy.moveaxis(self.seen[:, drawn], 0, 1) + (slowed * log1p(slowed_by))[..., None]
        screen, confirm = whole[..., :SCREEN], whole[..., SCREEN:]
        doubted = suspects(screen, self.bars.margin)
        judged = judge(screen, numpy.where(doubted[..., None], confirm, numpy.nan), self.bars)
        away = moved(self.control[drawn][:, :SCREEN], self.control[drawn][:, SCREEN:],
                     self.control_margin)  # fmt: skip
        return self._summed(judged, slowed, away, slowed_by)

    def _slowed(self, count: int, dice: Any) -> Array:
        import numpy

        variants = numpy.array([unit.variant for unit in self.units])
        chosen = dice.choice(numpy.unique(variants), count)
        mask: Array = variants[None, :] == chosen[:, None]
        return mask

    def _summed(self, judged: Judged, slowed: Array, away: Array, slowed_by: float) -> Resampled:
        called, single = judged.verdict == REGRESSED, self.single
        count = len(slowed)
        cells = slowed & single
        quiet = ~slowed & single
        return Resampled(
            slowed_by=slowed_by,
            alarms=Bound.of(int((called & ~slowed).any(axis=1).sum()), count),
            found=Bound.of(int((called & cells).sum()), int(cells.sum())) if slowed_by else None,
            blocked=Bound.of(int((called & slowed).any(axis=1).sum()), count)
            if slowed_by
            else None,
            equivalent=float(((judged.verdict == EQUIVALENT) & quiet).sum() / max(quiet.sum(), 1)),
            improved=Bound.of(int((judged.verdict == IMPROVED).any(axis=1).sum()), count),
            contaminated=Bound.of(int(away.sum()), count),
            pairs_a_cell=SCREEN + CONFIRM * self._confirmed_share(judged.suspect),
        )

    def _confirmed_share(self, suspect: Array) -> float:
        """Of cells: those suspected in any metric, and those whose tier is."""
        import numpy

        names = sorted({cell for unit in self.units for cell in unit.cells})
        inside = numpy.array([[cell in unit.cells for cell in names] for unit in self.units])
        return float((suspect @ inside > 0).mean())
