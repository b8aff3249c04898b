"""What two runs must share before a figure of one may be set against the other's."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from bench.record import Run
from reports.hardware import other_hardware

CONTENT = "teacher_content"
"""The digest of the teacher's files: a path says little of what lay there."""
TEXT = ("fingerprint", "recipe", "tokenizer")


def other_teacher(base: Run, candidate: Run) -> str | None:
    """Why nothing of the two can be compared; None where it can."""
    known = base.settings.get(CONTENT) and candidate.settings.get(CONTENT)
    keys = (CONTENT if known else "teacher", "teacher_dtype")
    return _differs("the {}", keys, base.settings, candidate.settings)


def other_text(base: Run, candidate: Run) -> str | None:
    """Why no quality of the two can be compared; None where it can."""
    return _differs("the text's {}", TEXT, base.text, candidate.text)


def why_not(kind: str, base: Run, candidate: Run) -> str | None:
    """Why a metric of that kind cannot be compared at all; None where it can."""
    if why := other_teacher(base, candidate):
        return why
    if kind in ("timing", "tail"):
        return other_hardware(base, candidate)
    return other_text(base, candidate) if kind == "paired" else None


def _differs(
    what: str, keys: tuple[str, ...], one: Mapping[str, Any], other: Mapping[str, Any]
) -> str | None:
    for key in keys:
        was, now = one.get(key), other.get(key)
        if was != now:
            name = what.format(key.replace("_", "-"))
            return f"{name} was {reprlib.repr(was)} and is {reprlib.repr(now)}"
    return None
