"""The only reader of run files: every field checked, every fault one line."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from sys import intern
from types import NoneType
from typing import Any, get_args

from bench.checking import (
    MOST_WHOLE,
    expect_keys,
    expect_showable,
    facts_of,
    no_constant,
    take,
    taker,
)
from bench.errors import BadRun
from bench.reading_values import value_of
from bench.record import SCHEMA, Record, Run, Status, built
from bench.workload import Workload

STATUSES = frozenset(get_args(Status))
SHAPE: Mapping[str, tuple[type, ...]] = {
    **{"status": (str,), "values": (dict,), "proof": (dict,), "facts": (dict,), "suite": (str,)},
    **{"variant": (str,), "workload": (dict, NoneType), "message": (str, NoneType)},
    "warnings": (list,),
}
"""The types that each field of a record may have."""
SIZES = ("batch", "prompt_tokens", "new_tokens")
_taken, _sizes = taker(SHAPE, exact=False), taker(dict.fromkeys(SIZES, (int,)))


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
    found = _taken(entry) or tuple(take(entry, key, *kinds) for key, kinds in SHAPE.items())
    status, values, proof, facts, suite, variant, load, message, warnings = found
    if status not in STATUSES:
        raise ValueError(f"unknown status {reprlib.repr(status)}")
    expect_showable("proof", proof)
    expect_showable("facts", facts)
    return built(
        Record,
        suite=intern(suite),
        variant=intern(variant),
        workload=_workload_of(load),
        status=status,
        message=message,
        values={intern(name): value_of(name, value, whole) for name, value in values.items()},
        proof=proof if whole else {},
        warnings=_warnings(warnings),
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
    sizes = _sizes(entry)
    if sizes is None:
        expect_keys("workload", entry, Workload)
        sizes = tuple(take(entry, key, int) for key in SIZES)
    return _workload(*sizes)


@lru_cache(maxsize=10_000)
def _workload(batch: int, prompt_tokens: int, new_tokens: int) -> Workload:
    """Every variant's cells have the same ones. Raises ValueError."""
    found = Workload(batch, prompt_tokens, new_tokens)
    for key, size in vars(found).items():
        if not (key != "new_tokens") <= size <= MOST_WHOLE:  # only new tokens may be none
            raise ValueError(f"{key} is {reprlib.repr(size)}")
    return found


def _warnings(found: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(warning, str) for warning in found):
        raise ValueError(f"'warnings' is {reprlib.repr(found)}")
    return tuple(found)
