"""Who took part in a run: the teacher, its variants, and those that only imitate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.record import Record, Run, Value
from reports.contest import Against, against

TEACHER = "teacher"


def variant_names(run: Run) -> list[str]:
    """Every variant that the run knows of, the teacher first."""
    names = dict.fromkeys([*run.variants, *(record.variant for record in run.records)])
    return sorted(names, key=lambda name: name != TEACHER)


def simulated(run: Run, name: str) -> bool:
    """Whether the variant only imitates its arithmetic, so that its speed means nothing."""
    return bool(run.variants.get(name, {}).get("simulated"))


def imitated(run: Run, name: str, value: Value) -> bool:
    """Whether the figure is a simulated variant's time, which claims nothing."""
    return simulated(run, name) and value.kind in ("timing", "tail")


def to_teacher(run: Run, name: str, mine: Value, teacher: Value | None) -> Against | None:
    """How a variant's figure stands to the teacher's; imitated times get no verdict."""
    if teacher is None or name == TEACHER:
        return None
    gap = against(mine, teacher)
    return replace(gap, verdict="unclear") if gap and imitated(run, name, mine) else gap


def measured(run: Run) -> Iterator[Record]:
    """The records that hold figures."""
    return (record for record in run.records if record.figured)
