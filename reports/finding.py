"""What a gate found of one metric of one cell, and the exit code that all findings come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reports.left import Left
from reports.verdict import Verdict

PASSED, REGRESSION, CANNOT_TELL, USAGE = 0, 10, 11, 12
"""A gate's exit codes, apart from pytest's own."""
JUDGED: tuple[Verdict, ...] = ("regressed", "improved", "equivalent")
"""Verdicts of what was really measured and compared; without one of them nothing passes."""
UNTOLD: tuple[Verdict, ...] = ("missing", "contaminated")
ORDER: tuple[Verdict, ...] = (
    "regressed",
    "missing",
    "contaminated",
    "incomparable",
    "inconclusive",
    "improved",
    "new",
    "equivalent",
)
"""As they are shown: what needs somebody first."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One verdict with what it rests on."""

    cell: str
    """Or `variant *`: the geometric mean over a variant's cells."""
    variant: str
    metric: str
    verdict: Verdict
    change: float | None = None
    """How much worse: above 0 is bad, whichever way the metric runs."""
    low: float | None = None
    high: float | None = None
    """Its interval at 1 - alpha."""
    relative: bool = True
    """Whether change and interval are shares of the baseline, or in the metric's unit."""
    margin: str = ""
    blocks: bool = True
    pairs: int = 0
    """Process pairs that it rests on."""
    p: float | None = None
    """Of a regression, after Holm."""
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All findings of a gate."""

    findings: tuple[Finding, ...]
    strict: bool = False
    left: tuple[Left, ...] = ()
    """What was asked for, and no finding is about."""

    @property
    def counts(self) -> Counter[Verdict]:
        """How many findings came to each verdict."""
        return Counter(finding.verdict for finding in self.findings)

    @property
    def code(self) -> int:
        """The exit code: a regression before what cannot be told."""
        blocking = [finding.verdict for finding in self.findings if finding.blocks]
        if "regressed" in blocking:
            return REGRESSION
        untold = any(verdict in UNTOLD for verdict in blocking)
        judged = any(finding.verdict in JUDGED for finding in self.findings)
        doubtful = self.strict and {"inconclusive", "incomparable"} & set(blocking)
        return CANNOT_TELL if untold or not judged or doubtful else PASSED

    @property
    def sentence(self) -> str:
        """What it came to, in a line."""
        said = [f"{self.counts[name]} {name}" for name in ORDER if self.counts[name]]
        return f"{_HEADS[self.code]}: {', '.join(said) or 'nothing was measured'}"

    def sorted(self) -> Sequence[Finding]:
        """Those that need somebody first."""
        return sorted(self.findings, key=lambda one: (ORDER.index(one.verdict), one.cell))


_HEADS = {PASSED: "passed", REGRESSION: "regression", CANNOT_TELL: "cannot tell"}
