"""What became of a cell: its status and one line for whoever has to mend it."""

from __future__ import annotations

import pytest

from bench.cell import Cell
from bench.errors import BenchError, ProofFailed, Unsupported
from bench.record import FIGURED, Record, Status

OUT_OF_MEMORY = (
    "can't allocate memory",
    "cannot allocate memory",
    "out of memory",
    "not enough memory",
    "bad_alloc",
    "memory allocation still failed",
)
LONGEST = 500


def conclude(cell: Cell, report: pytest.TestReport, error: BaseException | None) -> Record | None:
    """The cell's record once its fate is known; None before."""
    if report.skipped:
        return _record(cell, "skipped", _reason(report))
    if report.failed and error is not None:
        status = status_of(error)
        if isinstance(error, BenchError) or status == "out_of_memory":
            report.longrepr = f"{status}: {line_of(error)}"  # our own words need no traceback
        return _record(cell, status, line_of(error))
    if report.when == "call" and cell.known is not None:
        return cell.known
    if report.when == "call":
        return _record(cell, *_doubt(cell))
    return None


def status_of(error: BaseException) -> Status:
    """The status that an exception stands for."""
    if isinstance(error, ProofFailed):
        return "proof_failed"
    if isinstance(error, (Unsupported, NotImplementedError)):
        return "unsupported"
    if isinstance(error, MemoryError) or of_memory(str(error)):
        return "out_of_memory"
    return "failed"


def of_memory(said: str) -> bool:
    """Whether what a library said means that memory ran out."""
    words = said.lower()
    return any(sign in words for sign in OUT_OF_MEMORY)


def line_of(error: BaseException) -> str:
    """One line, of bounded length."""
    text = " ".join(str(error).split())
    if not isinstance(error, BenchError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _record(cell: Cell, status: Status, message: str | None) -> Record:
    return Record(
        suite=cell.suite,
        variant=cell.variant,
        workload=cell.workload,
        status=status,
        message=message,
        values=dict(cell.values) if status in FIGURED else {},
        warnings=tuple(dict.fromkeys(cell.warnings)),
        facts=dict(cell.facts),
    )


def _doubt(cell: Cell) -> tuple[Status, str | None]:
    """The gravest doubt is the status; the message tells them all."""
    status = max(cell.doubts, key=FIGURED.index, default=FIGURED[0])
    return status, "; ".join(cell.doubts.values()) or None


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)
