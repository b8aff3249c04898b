"""Sizes and losses of both arms: an ordinary session each, judged as stored runs are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.armed import Arm, ordinary
from bench.progress import progress
from bench.reading import parse, run_of
from bench.record import Run
from reports.care import FAILURES
from reports.finding import Finding
from reports.judge import findings_of, subjects_of
from reports.left import ONE_PROCESS, Left, unfigured, without
from reports.pairing import Pairing
from reports.policy import Policy
from reports.stored import Book

ALONE = ("tolerance", "samples")
"""Tests that ask for no process pairs: one session an arm is enough for them."""


@dataclass(frozen=True, kw_only=True)
class Clockless:
    """What the cells without a clock came to."""

    findings: Sequence[Finding] = ()
    left: Sequence[Left] = ()
    """Metrics that only process pairs could judge, and cells without figures in both arms."""

    @classmethod
    def weighed(cls, pairing: Pairing, book: Book, policy: Policy) -> Clockless:
        """Measured where the book has no run of an arm, and judged. Raises ArmFailed."""
        if not pairing.clockless:
            return cls()
        with progress("sizes and losses", len(pairing.arms)) as advance:
            base, head = (run_of(_document(arm, book, advance), arm.name) for arm in pairing.arms)
        found, gone = judged(base, head, policy), {*pairing.absent}
        named = {cell for left in pairing.left for cell in left.cells}
        return cls(
            findings=[one for one in found.findings if one.metric or one.cell not in gone],
            left=without(found.left, gone | named),
        )


def judged(base: Run, head: Run, policy: Policy) -> Clockless:
    """Exact figures and losses by the policy; the rest is named."""
    subjects = {(s.cell, s.metric): s for run in (base, head) for s in subjects_of(run)}
    tests = {key: policy.terms(subject).test for key, subject in subjects.items()}
    alone = [subject for key, subject in subjects.items() if tests[key] in ALONE]
    findings = [*findings_of(base, head, policy, alone), *_failed(base, head)]
    unjudged = sorted({metric for (_, metric), test in tests.items() if test == "pairs"})
    left = [Left(why=ONE_PROCESS, metrics=unjudged)] if unjudged else []
    left += unfigured(base, head, {finding.cell for finding in findings})
    return Clockless(findings=findings, left=left)


def _failed(base: Run, head: Run) -> Iterator[Finding]:
    """Cells that failed in both arms have no figure that anybody could miss."""
    for record in head.records:
        other = base.by_cell.get(record.cell)
        if record.status in FAILURES and (other is None or not other.figured):
            yield Finding(
                cell=record.cell,
                variant=record.variant,
                metric="",
                verdict="missing",
                reason=f"head: {record.status}: {record.message or 'no reason given'}",
            )


def _document(arm: Arm, book: Book, advance: Any) -> Any:
    """The arm's run file as JSON has it."""
    if arm.name not in book.runs:
        with TemporaryDirectory(prefix="weighbridge-") as folder:
            run = Path(folder, "run.json")
            ordinary(arm, run)
            book.keep_run(arm.name, parse(run))
    advance(arm.name)
    return book.runs[arm.name]
