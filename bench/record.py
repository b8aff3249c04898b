"""One cell's record and the run that holds it: facts, frozen, and their JSON form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from bench.workload import Workload

SCHEMA = 2
"""Raised when a reader of the older form would misread the newer."""

Status = Literal[
    "measured",
    "few_samples",
    "no_steady_state",
    "busy",
    "throttled",
    "profiled",
    "skipped",
    "unsupported",
    "out_of_memory",
    "crashed",
    "failed",
    "proof_failed",
]

FIGURED: tuple[Status, ...] = (
    "measured",
    "few_samples",
    "no_steady_state",
    "busy",
    "throttled",
    "profiled",
)
"""Statuses of cells that have figures: all but the first in doubt, the gravest last."""


COMPARED_BY_SAMPLE = ("paired",)
"""Kinds whose figures are set against one another sample by sample."""


Fact = TypeVar("Fact", "Value", "Record")


@dataclass(frozen=True, kw_only=True)
class Value:
    """One metric of one cell, in the metric's base unit."""

    value: float | None
    """None: it could not be had here; never 0 in its place."""
    unit: str
    kind: str
    better: str
    low: float | None = None
    high: float | None = None
    """The 95 % interval; None where the value is exact or the samples are too few."""
    samples: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    """How much each sample counts in `value`; empty where all count the same."""
    recipe: str | None = None
    """Names how it was worked out, where there is more than one way."""
    estimator: str | None = None
    """Names what made value, low and high of the samples (bench/statistics.py), if anything did."""
    cut: int = 0
    """How many samples at the front came before the steady state and do not count."""

    @property
    def lean(self) -> Value:
        """Without the samples that no comparison needs."""
        if self.kind in COMPARED_BY_SAMPLE:
            return self
        return replace(self, samples=(), weights=(), cut=0)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One cell of the grid: a suite, on one variant, under one workload."""

    suite: str
    variant: str
    workload: Workload | None = None
    status: Status = "measured"
    message: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    proof: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What a reader must know before believing the figures, a sentence each."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What was seen besides figures: `sampling`, the machine's `conditions`, texts."""

    @property
    def lean(self) -> Record:
        """What a comparison needs of it: neither proof nor facts, and few samples."""
        values = {name: value.lean for name, value in self.values.items()}
        return replace(self, values=values, proof={}, facts={})

    @property
    def figured(self) -> bool:
        """Whether it has figures, be they in doubt."""
        return self.status in FIGURED

    @property
    def cell(self) -> str:
        """Its identity, the same in a checkout and wherever the suites are installed."""
        grid = f"-{self.workload}" if self.workload else ""
        return f"{self.suite}[{self.variant}{grid}]"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One session's records, with all that is needed to judge them."""

    machine: Mapping[str, Any]
    settings: Mapping[str, Any]
    text: Mapping[str, Any]
    variants: Mapping[str, Mapping[str, Any]]
    """By name: summary, base, and the fingerprint of the folder that was measured."""
    records: tuple[Record, ...]
    date: str = ""

    @cached_property
    def by_cell(self) -> Mapping[str, Record]:
        """The records by their identity."""
        return {record.cell: record for record in self.records}

    @cached_property
    def by_prompt(self) -> Mapping[tuple[str, str, int, int], Sequence[Record]]:
        """Those with a workload, by suite, variant, batch and prompt tokens."""
        found: dict[tuple[str, str, int, int], list[Record]] = {}
        for record in self.records:
            if load := record.workload:
                key = (record.suite, record.variant, load.batch, load.prompt_tokens)
                found.setdefault(key, []).append(record)
        return found


def built(kind: type[Fact], /, **fields: Any) -> Fact:
    """What `kind(**fields)` gives where every field is named, in a third of the time.

    The constructor of a frozen dataclass sets field by field, which for the many cells of a run
    takes longer than to check them.
    """
    made = object.__new__(kind)
    vars(made).update(fields)
    return made


def to_json(record: Record) -> dict[str, Any]:
    """A record's JSON form: plain types only, every number finite or null."""
    load = record.workload
    return {
        "suite": record.suite,
        "variant": record.variant,
        "workload": dict(vars(load)) if load else None,
        "status": record.status,
        "message": record.message,
        "values": {name: _plain(vars(value)) for name, value in record.values.items()},
        "proof": _plain(record.proof),
        "warnings": list(record.warnings),
        "facts": _plain(record.facts),
    }


def _plain(value: Any) -> Any:
    """Numbers of other libraries as Python's; NaN and infinities as null, which JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    number = float(value)
    return number if math.isfinite(number) else None
