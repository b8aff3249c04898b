"""Who took part in a run: the teacher, its variants, and those that only imitate."""

from __future__ import annotations

from collections.abc import Iterator

from bench.record import Record, Run, Value

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


def measured(run: Run) -> Iterator[Record]:
    """The records that hold figures."""
    return (record for record in run.records if record.figured)
