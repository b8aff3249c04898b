"""Figures in doubt: which they are, and the mark that they carry wherever they are shown."""

from __future__ import annotations

from bench.record import Record, Value

MARK = "?"
PROFILED = "profiled"
SLOWED = ("no_steady_state", "busy", "throttled")
"""What spoils times and moves no byte."""
CLOCKED = (*SLOWED, PROFILED)
"""What spoils times and leaves a loss as it is."""
UNDER_PROFILE = "measured under --profile"
"""Why such a cell's times are compared with nothing."""
LEGEND = f"{MARK} in doubt: the reasons stand below; it wins nothing."


def doubt(record: Record, value: Value) -> str | None:
    """The status that puts this figure in doubt, or None; exact ones never are."""
    if record.status == "measured" or not record.figured or value.kind == "exact":
        return None
    if value.kind == "paired" and record.status in CLOCKED:
        return None
    if value.unit == "B" and record.status in SLOWED:
        return None
    return record.status


def under_profile(run: str, record: Record, value: Value) -> str | None:
    """Why a figure of the run that is called so is compared with no other; None where it may be."""
    return f"{UNDER_PROFILE} in {run}" if timeless(record, value) else None


def timeless(record: Record, value: Value) -> bool:
    """Whether it is a time of a profiled cell, which is compared with nothing."""
    return record.status == PROFILED and value.kind in ("timing", "tail")
