"""One whole gate over process pairs: screen every cell, confirm the suspects, come to verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import expm1
from typing import TYPE_CHECKING, Any, Literal

from bench.control import CONTROL
from reports.finding import Finding, Outcome
from reports.pairs import (
    Pair,
    Unit,
    bars_of,
    control_ratios,
    ratios,
    units_of,
    variant_of,
)
from reports.policy import Policy
from reports.verdict import CONFIRM, NAMES, SCREEN, Verdict, judge, moved, suspects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Phase = Literal["screen", "confirm"]
Measurer = Callable[[Phase, int, Sequence[str]], Pair]
"""(phase, number, cells) -> one fresh pair of processes on these cells."""


@dataclass(kw_only=True)
class Trial:
    """Measures and judges; `measure` may take a pair from a journal instead."""

    cells: Sequence[str]
    policy: Policy
    measure: Measurer
    absent: Mapping[str, tuple[Verdict, str]] = field(default_factory=dict)
    """Cells that only one side has, or that one cannot measure, and why."""
    screened: list[Pair] = field(default_factory=list)
    confirmed: list[Pair] = field(default_factory=list)

    def run(self) -> None:
        """All pairs that the gate needs."""
        for number in range(SCREEN):
            self.screened.append(self.measure("screen", number, self.cells))
        if doubted := self.suspected():
            for number in range(CONFIRM):
                self.confirmed.append(self.measure("confirm", number, doubted))

    def suspected(self) -> list[str]:
        """The cells that must be confirmed; the control cell goes with every pair."""
        units = units_of(self.screened, self.policy)
        if not units:
            return []
        found = suspects(ratios(self.screened, units), bars_of(units, self.policy.alpha).margin)
        doubted = {
            c for unit, is_one in zip(units, found, strict=True) if is_one for c in unit.cells
        }
        if not doubted and self._control_doubted():
            return [CONTROL]
        return [cell for cell in self.cells if cell in doubted]

    def pairs_a_cell(self) -> float:
        """What the gate cost."""
        counted = sum(
            len([cell for cell in pair["cells"] if cell != CONTROL])
            for pair in (*self.screened, *self.confirmed)
        )
        return counted / max(len(self.cells), 1)

    def outcome(self, strict: bool = False) -> Outcome:
        """The verdicts."""
        units = units_of(self.screened, self.policy)
        findings = self._judged(units) if units else []
        return Outcome(findings=(*findings, *self._gone()), strict=strict)

    def _judged(self, units: Sequence[Unit]) -> list[Finding]:
        found = judge(
            ratios(self.screened, units),
            self._confirmed_ratios(units),
            bars_of(units, self.policy.alpha),
        )
        away = self.contaminated()
        return [
            Finding(
                cell=unit.name,
                variant=unit.variant,
                metric=unit.metric,
                verdict="contaminated" if away else NAMES[int(found.verdict[at])],
                change=expm1(float(found.mean[at])),
                low=expm1(float(found.low[at])),
                high=expm1(float(found.high[at])),
                margin=str(unit.terms.margin if unit.single else unit.terms.tier),
                blocks=unit.terms.blocks,
                pairs=CONFIRM if found.suspect[at] and self.confirmed else SCREEN,
                p=float(found.p_worse[at]) if found.suspect[at] else None,
                reason="the control cell moved, too" if away else _listed(float(found.q_worse[at]),
                       self.policy.alpha, NAMES[int(found.verdict[at])]),
            )
            for at, unit in enumerate(units)
        ]  # fmt: skip

    def contaminated(self) -> bool:
        """Whether the control cell moved."""
        import numpy

        if not self.screened:
            return False
        fresh = control_ratios(self.confirmed) if self.confirmed else numpy.array([numpy.nan])
        margin = self.policy.control.log
        return bool(moved(control_ratios(self.screened), fresh, margin))

    def _control_doubted(self) -> bool:
        return bool(suspects(control_ratios(self.screened)[None], self._control_margin())[0])

    def _control_margin(self) -> Array:
        import numpy

        return numpy.array([self.policy.control.log])

    def _confirmed_ratios(self, units: Sequence[Unit]) -> Array:
        import numpy

        if len(self.confirmed) < CONFIRM:
            return numpy.full((len(units), CONFIRM), numpy.nan)
        return ratios(self.confirmed, units)

    def _gone(self) -> list[Finding]:
        """A cell without a counterpart is a verdict, not a silence."""
        failed = {
            cell: ("missing", why)
            for pair in (*self.screened, *self.confirmed)
            for cell, why in pair["failed"].items()
        }
        return [
            Finding(
                cell=cell,
                variant=variant_of(cell),
                metric="",
                verdict=verdict,  # type: ignore[arg-type]
                reason=why,
            )
            for cell, (verdict, why) in {**self.absent, **failed}.items()
        ]


def _listed(q: float, alpha: float, verdict: Verdict) -> str | None:
    """Below the list's level and above the blocking one."""
    if verdict == "inconclusive" and q < alpha:
        return f"on the list of slower ones at a false share of {alpha:g}, not sure enough to block"
    return None
