"""One pytest item of ours: which cell it stands for, and what has been found out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bench.record import Record, Status, Value
from bench.workload import Workload

CELL = pytest.StashKey["Cell"]()
"""A cell's identity and findings, in its item's stash."""
PARAMETER = "bench_variant"
"""The fixture that is parametrized; a name that no other project's tests have."""
ISOLATED = "isolated"
"""The mark of suites whose cells run in a child process, one child a variant."""

ON_REQUEST = "on_request"
"""The mark of slow suites that run only where they are named: by file, by -k, -m or --all."""
UNTIMED = "untimed"
"""The mark of suites without a clock: the next child may start beside their cells."""


@dataclass
class Cell:
    """One item's identity and what has been found out about it so far."""

    suite: str
    variant: str
    workload: Workload | None
    values: dict[str, Value] = field(default_factory=dict)
    doubts: dict[Status, str] = field(default_factory=dict)
    """Statuses that its figures deserve instead of `measured`, each with the reason."""
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    clocked: bool = False
    known: Record | None = None
    """Its record, where it was measured elsewhere: in a child, or in a session that broke off."""

    @property
    def label(self) -> str:
        """Its identity, as the record will have it."""
        return Record(suite=self.suite, variant=self.variant, workload=self.workload).cell


def cell_of(item: pytest.Item) -> Cell | None:
    """The cell that an item stands for, or None for a test of somebody else's."""
    params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    name = params.get(PARAMETER)
    if not isinstance(name, str) or PARAMETER not in getattr(item, "fixturenames", ()):
        return None
    workload = params.get("workload")
    return Cell(
        suite=str(getattr(item, "originalname", item.name)).removeprefix("test_"),
        variant=name,
        workload=workload if isinstance(workload, Workload) else None,
    )


def callspec_id(item: pytest.Item) -> str | None:
    """What stands between the brackets of an item's name."""
    found: str | None = getattr(getattr(item, "callspec", None), "id", None)
    return found


def isolated(item: pytest.Item) -> bool:
    """Whether its cell runs in a child process."""
    return item.get_closest_marker(ISOLATED) is not None
