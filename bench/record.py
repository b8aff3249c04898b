"""One cell's record, and the run file that holds them: the only format, and its only reader."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_type_hints

from bench.errors import BadRun
from bench.metric import Metric
from bench.workload import Workload

SCHEMA = 1
"""Raised when a reader of the older form would misread the newer."""

JUDGED = {key: get_args(get_type_hints(Metric)[key]) for key in ("kind", "better")}
"""What decides how a figure is compared, with the words that it may hold."""
DEEPEST = 20
"""Levels of objects and lists that a fact of a run file may hold."""
MOST_WHOLE = 2**53
"""Beyond it a float cannot hold every whole number."""

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
        except (ValueError, RecursionError) as error:
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
                f"{path} has schema {reprlib.repr(ours.get('schema'))}, this version reads "
                f"{SCHEMA}; measure again, or read it with the version that wrote it"
            )
        try:
            return cls(
                machine=_facts(ours, "machine", gpu=(dict, NoneType)),
                settings=_facts(ours, "settings", command=(list,), order=(list,)),
                text=_facts(ours, "text"),
                variants=_variants(ours),
                records=tuple(record_of(row) for row in _rows(data, ours)),
                date=_take(ours, "date", str),
            )
        except (ValueError, OverflowError) as error:
            raise BadRun(f"{path} is damaged: {error}") from None


def record_of(entry: Any) -> Record:
    """A record from its JSON form. Raises ValueError with one line that says what is damaged."""
    status = _take(entry, "status", str)
    if status not in get_args(Status):
        raise ValueError(f"unknown status {reprlib.repr(status)}")
    values = _take(entry, "values", dict)
    return Record(
        suite=_take(entry, "suite", str),
        variant=_take(entry, "variant", str),
        workload=_workload_of(_take(entry, "workload", dict, NoneType)),
        status=status,
        message=_take(entry, "message", str, NoneType),
        values={name: _value_of(name, value) for name, value in values.items()},
        proof=_facts(entry, "proof"),
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


def _rows(data: Mapping[str, Any], ours: Mapping[str, Any]) -> list[Any]:
    benchmarks = _take(data, "benchmarks", list)
    rows = [_take(_take(row, "extra_info", dict), "bench", dict) for row in benchmarks]
    return [*rows, *_take(ours, "records", list), *_take(ours, "absent", list)]


def _variants(ours: Mapping[str, Any]) -> dict[str, Any]:
    found = _facts(ours, "variants")
    return {name: _take(found, name, dict) for name in found}


def _workload_of(entry: Mapping[str, Any] | None) -> Workload | None:
    if entry is None:
        return None
    _expect_keys("workload", entry, Workload)
    sizes = {key: _take(entry, key, int) for key in entry}
    for key, size in sizes.items():
        if not (key != "new_tokens") <= size <= MOST_WHOLE:  # only new tokens may be none
            raise ValueError(f"{key} is {reprlib.repr(size)}")
    return Workload(**sizes)


def _value_of(name: str, entry: Any) -> Value:
    said = reprlib.repr(name)
    if not isinstance(entry, dict):
        raise ValueError(f"{said} is {reprlib.repr(entry)}")
    _expect_keys(said, entry, Value)
    for key, known in JUDGED.items():
        if _take(entry, key, str) not in known:
            raise ValueError(f"{key} of {said} is {reprlib.repr(entry[key])}")
    value, low, high = (_number(f"{key} of {said}", entry[key]) for key in ("value", "low", "high"))
    if low is not None and high is not None and low > high:
        raise ValueError(f"the interval of {said} ends before it begins")
    samples, weights = _samples(said, entry)
    return Value(
        value=value,
        unit=_take(entry, "unit", str),
        kind=entry["kind"],
        better=entry["better"],
        low=low,
        high=high,
        samples=samples,
        weights=weights,
        recipe=_take(entry, "recipe", str, NoneType),
    )


def _samples(said: str, entry: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The samples and their weights; none where one is null, as the others then stand askew."""
    samples = [_number(f"a sample of {said}", item) for item in _take(entry, "samples", list)]
    weights = [_number(f"a weight of {said}", item) or 0 for item in _take(entry, "weights", list)]
    if weights and len(weights) != len(samples):
        raise ValueError(f"{said} has {len(samples)} samples and {len(weights)} weights")
    if not all(0 < weight <= MOST_WHOLE for weight in weights):
        raise ValueError(f"{said} has a weight that counts nothing")
    whole = tuple(item for item in samples if item is not None)
    return (whole, tuple(weights)) if len(whole) == len(samples) else ((), ())


def _number(what: str, found: Any) -> float | None:
    """A finite number or None; a whole one stays whole as far as a float could hold it."""
    if found is None:
        return None
    if type(found) not in (int, float) or not math.isfinite(found):
        raise ValueError(f"{what} is {reprlib.repr(found)}")
    return found if abs(found) <= MOST_WHOLE else float(found)


def _facts(entry: Any, key: str, **kinds: tuple[type, ...]) -> dict[str, Any]:
    """An object that is shown as it is; `kinds` names what a reader takes apart."""
    found: dict[str, Any] = _take(entry, key, dict)
    for name in kinds.keys() & found.keys():
        _take(found, name, *kinds[name])
    _expect_showable(key, found, DEEPEST)
    return found


def _expect_showable(what: str, found: Any, levels: int) -> None:
    if not levels:
        raise ValueError(f"{what} is nested deeper than {DEEPEST} levels")
    if isinstance(found, dict | list):
        inner: Iterable[Any] = found.values() if isinstance(found, dict) else found
        for item in inner:
            _expect_showable(what, item, levels - 1)
    elif not isinstance(found, bool | str):
        _number(f"a number in {what}", found)


def _expect_keys(what: str, entry: Mapping[str, Any], kind: Any) -> None:
    wanted = {one.name for one in fields(kind)}
    if wrong := entry.keys() ^ wanted:
        first = min(wrong)
        raise ValueError(f"{what} {'lacks' if first in wanted else 'has'} {reprlib.repr(first)}")


def _take(entry: Any, key: str, *kinds: type) -> Any:
    """`entry[key]`, if it is exactly of one of these kinds: True is no number."""
    if not isinstance(entry, dict):
        raise ValueError(f"{reprlib.repr(entry)} stands where an object with {key!r} should")
    if key not in entry:
        raise ValueError(f"{key!r} is missing")
    if type(entry[key]) not in kinds:
        raise ValueError(f"{reprlib.repr(key)} is {reprlib.repr(entry[key])}")
    return entry[key]


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
