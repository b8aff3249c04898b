"""The only reader of run files: every field checked, every fault one line."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from sys import intern
from types import NoneType
from typing import Any, get_args, get_type_hints

from bench.checking import (
    MOST_WHOLE,
    expect_keys,
    facts_of,
    no_constant,
    number,
    numbers,
    said_of,
    take,
)
from bench.errors import BadRun
from bench.metric import Metric
from bench.record import COMPARED_BY_SAMPLE, SCHEMA, Record, Run, Status, Value
from bench.workload import Workload

JUDGED = {key: get_args(get_type_hints(Metric)[key]) for key in ("kind", "better")}
"""What decides how a figure is compared, with the words that it may hold."""
STATUSES = frozenset(get_args(Status))
NEVER_NEGATIVE = ("s", "tok/s")
"""Units of time and pace; bytes and joules above a baseline may come out below it."""


def read(path: Path) -> Run:
    """Read a run file. Raises BadRun with one line that says what is wrong with it."""
    return run_of(parse(path), path)


def parse(path: Path) -> Any:
    """A run file as JSON has it, NaN refused. Raises BadRun."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=no_constant)
    except OSError as error:
        raise BadRun(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadRun(f"{path} is not JSON: {error}") from None


def run_of(data: Any, path: Path | str = "the run") -> Run:
    """The run in a parsed document. Raises BadRun."""
    return assembled(data, path, lambda ours: map(record_of, _rows(data, ours)))


def assembled(
    data: Any, path: Path | str, records: Callable[[Mapping[str, Any]], Iterable[Record]]
) -> Run:
    """The same with the records that `records` finds in our part of it. Raises BadRun."""
    ours = data.get("weighbridge") if isinstance(data, dict) else None
    if not isinstance(ours, dict):
        raise BadRun(
            f"{path} holds no Weighbridge run; `pytest suites --benchmark-json=run.json` writes one"
        )
    if ours.get("schema") != SCHEMA:
        raise BadRun(
            f"{path} has schema {reprlib.repr(ours.get('schema'))}, this version reads "
            f"{SCHEMA}; measure again, or read it with the version that wrote it"
        )
    try:
        return Run(
            machine=facts_of(ours, "machine", gpu=(dict, NoneType)),
            settings=facts_of(ours, "settings", command=(list,), order=(list,)),
            text=facts_of(ours, "text"),
            variants=_variants(ours),
            records=tuple(records(ours)),
            date=take(ours, "date", str),
        )
    except (ValueError, OverflowError) as error:
        raise BadRun(f"{path} is damaged: {error}") from None


def record_of(entry: Any, whole: bool = True) -> Record:
    """A record from its JSON form. Raises ValueError with one line that says what is damaged.

    All of it is checked; unless `whole`, only what a comparison needs is kept: see Record.lean.
    """
    status = take(entry, "status", str)
    if status not in STATUSES:
        raise ValueError(f"unknown status {reprlib.repr(status)}")
    values = take(entry, "values", dict)
    proof, facts = facts_of(entry, "proof"), facts_of(entry, "facts")
    return Record(
        suite=intern(take(entry, "suite", str)),
        variant=intern(take(entry, "variant", str)),
        workload=_workload_of(take(entry, "workload", dict, NoneType)),
        status=status,
        message=take(entry, "message", str, NoneType),
        values={intern(name): _value_of(name, value, whole) for name, value in values.items()},
        proof=proof if whole else {},
        warnings=_warnings(entry),
        facts=facts if whole else {},
    )


def _rows(data: Mapping[str, Any], ours: Mapping[str, Any]) -> list[Any]:
    benchmarks = take(data, "benchmarks", list)
    rows = [take(take(row, "extra_info", dict), "bench", dict) for row in benchmarks]
    return [*rows, *take(ours, "records", list), *take(ours, "absent", list)]


def _variants(ours: Mapping[str, Any]) -> dict[str, Any]:
    found = facts_of(ours, "variants")
    return {name: take(found, name, dict) for name in found}


def _workload_of(entry: Mapping[str, Any] | None) -> Workload | None:
    if entry is None:
        return None
    expect_keys("workload", entry, Workload)
    for key in entry:
        size = take(entry, key, int)
        if not (key != "new_tokens") <= size <= MOST_WHOLE:  # only new tokens may be none
            raise ValueError(f"{key} is {reprlib.repr(size)}")
    return Workload(**entry)


def _value_of(name: str, entry: Any, whole: bool) -> Value:
    said = said_of(name)
    if not isinstance(entry, dict):
        raise ValueError(f"{said} is {reprlib.repr(entry)}")
    expect_keys(said, entry, Value)
    for key, known in JUDGED.items():
        if take(entry, key, str) not in known:
            raise ValueError(f"{key} of {said} is {reprlib.repr(entry[key])}")
    value = number(entry["value"], "value", said)
    low, high = number(entry["low"], "low", said), number(entry["high"], "high", said)
    if low is not None and high is not None and low > high:
        raise ValueError(f"the interval of {said} ends before it begins")
    samples, weights = _samples(said, entry)
    unit = take(entry, "unit", str)
    if unit in NEVER_NEGATIVE and (least := min((value or 0, *samples))) < 0:
        raise ValueError(f"{said} has {reprlib.repr(least)} {unit}: no time is negative")
    cut = _cut(said, entry)
    kept = whole or entry["kind"] in COMPARED_BY_SAMPLE
    return Value(
        value=value,
        unit=intern(unit),
        kind=intern(entry["kind"]),
        better=intern(entry["better"]),
        low=low,
        high=high,
        samples=samples if kept else (),
        weights=weights if kept else (),
        recipe=take(entry, "recipe", str, NoneType),
        estimator=take(entry, "estimator", str, NoneType),
        cut=cut if kept else 0,
    )


def _cut(said: str, entry: Mapping[str, Any]) -> int:
    cut: int = take(entry, "cut", int)
    if not 0 <= cut <= len(entry["samples"]):
        raise ValueError(f"{said} cuts {reprlib.repr(cut)} of {len(entry['samples'])} samples")
    return cut


def _warnings(entry: Any) -> tuple[str, ...]:
    found = take(entry, "warnings", list)
    if not all(isinstance(warning, str) for warning in found):
        raise ValueError(f"'warnings' is {reprlib.repr(found)}")
    return tuple(found)


def _samples(said: str, entry: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The samples and their weights; none where one is null, as the others then stand askew."""
    samples = numbers(take(entry, "samples", list), "a sample", said)
    weights = numbers(take(entry, "weights", list), "a weight", said)
    if weights and len(weights) != len(samples):
        raise ValueError(f"{said} has {len(samples)} samples and {len(weights)} weights")
    if not all(0 < (weight or 0) <= MOST_WHOLE for weight in weights):
        raise ValueError(f"{said} has a weight that counts nothing")
    return ((), ()) if None in samples else (tuple(samples), tuple(weights))
