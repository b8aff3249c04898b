"""One cell's record, and the run file that holds them: the only format, and its only reader."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from bench.errors import BadRun
from bench.workload import Workload

SCHEMA = 1
"""Raised when a reader of the older form would misread the newer."""

Status = Literal[
    "measured",
    "skipped",
    "unsupported",
    "out_of_memory",
    "crashed",
    "failed",
    "proof_failed",
]


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

    @classmethod
    def read(cls, path: Path) -> Run:
        """Read a run file. Raises BadRun with one line that says what is wrong with it."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
        except OSError as error:
            raise BadRun(f"{path} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise BadRun(f"{path} is not JSON: {error}") from None
        return cls.of(data, path)

    @classmethod
    def of(cls, data: Any, path: Path | str = "the run") -> Run:
        """The run in a parsed document."""
        ours = data.get("weighbridge") if isinstance(data, dict) else None
        if not isinstance(ours, dict):
            raise BadRun(
                f"{path} holds no Weighbridge run; `pytest suites --benchmark-json=run.json` "
                "writes one"
            )
        if ours.get("schema") != SCHEMA:
            raise BadRun(
                f"{path} has schema {ours.get('schema')!r}, this version reads {SCHEMA}; "
                "measure again, or read it with the version that wrote it"
            )
        try:
            rows = [row["extra_info"]["bench"] for row in data["benchmarks"]]
            return cls(
                machine=ours["machine"],
                settings=ours["settings"],
                text=ours["text"],
                variants=ours["variants"],
                records=tuple(record_of(row) for row in [*rows, *ours["records"], *ours["absent"]]),
                date=ours["date"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadRun(f"{path} is damaged: {type(error).__name__} {error}") from None


def record_of(entry: Mapping[str, Any]) -> Record:
    """A record from its JSON form."""
    workload = Workload(**entry["workload"]) if entry["workload"] else None
    if entry["status"] not in get_args(Status):
        raise ValueError(f"unknown status {entry['status']!r}")
    return Record(
        suite=str(entry["suite"]),
        variant=str(entry["variant"]),
        workload=workload,
        status=entry["status"],
        message=entry["message"],
        values={name: _value_of(value) for name, value in entry["values"].items()},
        proof=entry["proof"],
    )


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
    }


def _value_of(entry: Mapping[str, Any]) -> Value:
    lists = {key: tuple(entry[key]) for key in ("samples", "weights")}
    return Value(**{**entry, **lists})


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


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that JSON knows")
