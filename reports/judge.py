"""Judges two stored runs, for what stored runs can carry: a finding for every metric of a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.record import Record, Run, Value
from reports.correction import holm
from reports.doubts import doubt, under_profile
from reports.evidence import Evidence, Untold, weigh
from reports.finding import Finding, Outcome
from reports.left import unfigured
from reports.likeness import why_not
from reports.policy import Policy
from reports.terms import Subject, Terms
from reports.verdict import Verdict

DOUBTFUL = ("busy", "throttled")
"""Statuses of cells that something else than the code has slowed."""


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One metric of one cell in both runs, where they have it."""

    subject: Subject
    terms: Terms
    base: tuple[Record, Value] | None
    head: tuple[Record, Value] | None
    gone: str | None = None
    """Why the candidate has no figure."""
    incomparable: str | None = None


def judge_runs(base: Run, candidate: Run, policy: Policy, strict: bool = False) -> Outcome:
    """Every metric of every cell of either run; no finding at all where they share no cell.

    Raises Misuse for a policy that fits nothing.
    """
    subjects = {(s.cell, s.metric): s for run in (base, candidate) for s in subjects_of(run)}
    if not set(base.by_cell) & set(candidate.by_cell):
        return Outcome(findings=(), strict=strict)
    policy.check(subjects.values())
    findings = findings_of(base, candidate, policy, list(subjects.values()))
    return Outcome(findings=tuple(findings), strict=strict, left=unfigured(base, candidate))


def findings_of(
    base: Run, candidate: Run, policy: Policy, subjects: Sequence[Subject]
) -> list[Finding]:
    """What the policy says of these: one family of tests."""
    cases = [_case(base, candidate, policy, subject) for subject in subjects]
    told = [
        (case, _evidence(case))
        for case in cases
        if case.terms.test != "none" and (case.base or case.head)
    ]
    adjusted = _adjusted(told)
    return [
        evidence if isinstance(evidence, Finding) else _finding(case, evidence, p, policy.alpha)
        for (case, evidence), p in zip(told, adjusted, strict=True)
    ]


def subjects_of(run: Run) -> Iterator[Subject]:
    """What a policy can be asked of."""
    for record in run.records:
        for name, value in record.values.items() if record.figured else ():
            yield Subject(
                cell=record.cell,
                variant=record.variant,
                metric=name,
                kind=value.kind,
                unit=value.unit,
            )


def _case(base: Run, candidate: Run, policy: Policy, subject: Subject) -> _Case:
    sides = [_side(run, subject) for run in (base, candidate)]
    return _Case(
        subject=subject,
        terms=policy.terms(subject),
        base=sides[0],
        head=sides[1],
        gone=_gone(candidate, subject),
        incomparable=why_not(subject.kind, base, candidate) or _unfit(subject, *sides),
    )


def _side(run: Run, subject: Subject) -> tuple[Record, Value] | None:
    record = run.by_cell.get(subject.cell)
    value = record.values.get(subject.metric) if record and record.figured else None
    return (record, value) if record and value and value.value is not None else None


def _gone(run: Run, subject: Subject) -> str:
    record = run.by_cell.get(subject.cell)
    if record is None:
        return "the candidate has no such cell"
    if not record.figured:
        return f"{record.status}: {record.message or 'no reason given'}"
    return "the candidate could not measure it"


def _unfit(subject: Subject, *sides: tuple[Record, Value] | None) -> str | None:
    """Figures that cannot be what they are called, and times that a profiler slowed."""
    for name, side in zip(("the baseline", "the candidate"), sides, strict=True):
        if side and (why := under_profile(name, *side)):
            return why
    values = [side[1] for side in sides if side]
    if len({(value.unit, value.better, value.kind) for value in values}) > 1:
        return "the two runs do not mean the same by this name"
    for value in values if subject.unit in ("s", "B", "tok/s", "J") else ():
        numbers = (value.value or 0, *value.samples)
        if min(numbers) < 0 or (subject.unit == "s" and 0 in numbers):
            return f"{min(numbers):g} {subject.unit} is no such figure"
    return None


def _evidence(case: _Case) -> Evidence | Finding:
    """What can be said of a case, or the finding that nothing can be."""
    if case.head is None:
        return _silent(case, "missing", case.gone)
    if case.base is None:
        return _silent(case, "new", None)
    if case.incomparable:
        return _silent(case, "incomparable", case.incomparable)
    try:
        found = weigh(case.base, case.head, case.terms)
    except Untold as why:  # also on a quiet machine
        recipe = str(why).startswith("the recipe")
        return _silent(case, "incomparable" if recipe else "inconclusive", str(why))
    statuses = [doubt(*side) for side in (case.base, case.head)]
    doubts = [status for status in DOUBTFUL if status in statuses]
    if case.terms.test == "pairs" and doubts:
        return _silent(case, "contaminated", f"the machine was {', '.join(doubts)}")
    return found


def _adjusted(told: list[tuple[_Case, Evidence | Finding]]) -> list[tuple[float, float]]:
    """p for worse and for better, in order: by Holm, apart for what blocks and what only warns.

    A bare tolerance leaves nothing to chance, so it takes no part.
    """
    import numpy

    found = [(e.p_worse, e.p_better) if isinstance(e, Evidence) else (1.0, 1.0) for _, e in told]
    for blocks in (True, False):
        family = [
            at
            for at, (case, evidence) in enumerate(told)
            if isinstance(evidence, Evidence)
            and case.terms.test != "tolerance"
            and case.terms.blocks is blocks
        ]
        both = numpy.array([found[at] for at in family]).reshape(-1, 2).T
        for at, worse, better in zip(
            family, *holm(both, numpy.ones(both.shape, bool)), strict=True
        ):
            found[at] = (float(worse), float(better))
    return found


def _finding(case: _Case, evidence: Evidence, p: tuple[float, float], alpha: float) -> Finding:
    verdict: Verdict = "equivalent" if evidence.inside else "inconclusive"
    verdict = "improved" if p[1] < alpha else "regressed" if p[0] < alpha else verdict
    return Finding(
        cell=case.subject.cell,
        variant=case.subject.variant,
        metric=case.subject.metric,
        verdict=verdict,
        change=evidence.change,
        low=evidence.low,
        high=evidence.high,
        relative=evidence.relative,
        margin=str(case.terms.margin),
        blocks=case.terms.blocks,
        p=p[0],
    )


def _silent(case: _Case, verdict: Verdict, reason: str | None) -> Finding:
    return Finding(
        cell=case.subject.cell,
        variant=case.subject.variant,
        metric=case.subject.metric,
        verdict=verdict,
        margin=str(case.terms.margin),
        blocks=case.terms.blocks,
        reason=reason,
    )
