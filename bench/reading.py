"""The only reader of run files: every field checked, every fault one line."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from bench.errors import BadRun
from bench.metric import Metric
from bench.record import SCHEMA, Record, Run, Status, Value
from bench.workload import Workload

JUDGED = {key: get_args(get_type_hints(Metric)[key]) for key in ("kind", "better")}
"""What decides how a figure is compared, with the words that it may hold."""
DEEPEST = 20
"""Levels of objects and lists that a fact of a run file may hold."""
MOST_WHOLE = 2**53
"""Beyond it a float cannot hold every whole number."""


def read(path: Path) -> Run:
    """Read a run file. Raises BadRun with one line that says what is wrong with it."""
    return run_of(parse(path), path)


def parse(path: Path) -> Any:
    """A run file as JSON has it, NaN refused. Raises BadRun."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise BadRun(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadRun(f"{path} is not JSON: {error}") from None


def run_of(data: Any, path: Path | str = "the run") -> Run:
    """The run in a parsed document. Raises BadRun."""
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
        warnings=_warnings(entry),
        facts=_facts(entry, "facts"),
    )


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
        estimator=_take(entry, "estimator", str, NoneType),
        cut=_cut(said, entry),
    )


def _cut(said: str, entry: Mapping[str, Any]) -> int:
    cut: int = _take(entry, "cut", int)
    if not 0 <= cut <= len(entry["samples"]):
        raise ValueError(f"{said} cuts {reprlib.repr(cut)} of {len(entry['samples'])} samples")
    return cut


def _warnings(entry: Any) -> tuple[str, ...]:
    found = _take(entry, "warnings", list)
    if not all(isinstance(warning, str) for warning in found):
        raise ValueError(f"'warnings' is {reprlib.repr(found)}")
    return tuple(found)


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


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that JSON knows")
