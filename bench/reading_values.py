"""How the reader takes one figure of a run file apart: its shape, its numbers, its samples."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from types import NoneType
from typing import Any, get_args, get_type_hints

from bench.checking import MOST_WHOLE, expect_keys, number, numbers, said_of, take
from bench.metric import Metric
from bench.record import COMPARED_BY_SAMPLE, Value

JUDGED = {key: get_args(get_type_hints(Metric)[key]) for key in ("kind", "better")}
"""What decides how a figure is compared, with the words that it may hold."""
NUMBER, TEXT = (float, int, NoneType), (str, NoneType)
SHAPE: Mapping[str, tuple[type, ...]] = {
    **{"kind": (str,), "better": (str,), "value": NUMBER, "low": NUMBER, "high": NUMBER},
    **{"samples": (list,), "weights": (list,), "unit": (str,), "recipe": TEXT},
    **{"estimator": TEXT, "cut": (int,)},
}
"""The types that each field of a value may have; True is no number."""
NEVER_NEGATIVE = ("s", "tok/s")
"""Units of time and pace; bytes and joules above a baseline may come out below it."""


def value_of(name: str, entry: Any, whole: bool) -> Value:
    """One figure from its JSON form. Raises ValueError with one line that says what is damaged."""
    said = said_of(name)
    if not isinstance(entry, dict):
        raise ValueError(f"{said} is {reprlib.repr(entry)}")
    if not _is_shaped(tuple(entry), tuple(map(type, entry.values()))):
        _refuse_shape(said, entry)
    for key, known in JUDGED.items():
        if entry[key] not in known:
            raise ValueError(f"{key} of {said} is {reprlib.repr(entry[key])}")
    value = number(entry["value"], "value", said)
    low, high = number(entry["low"], "low", said), number(entry["high"], "high", said)
    if low is not None and high is not None and low > high:
        raise ValueError(f"the interval of {said} ends before it begins")
    samples, weights = _samples(said, entry)
    unit, cut = entry["unit"], entry["cut"]
    if unit in NEVER_NEGATIVE and (least := min(value or 0, min(samples, default=0))) < 0:
        raise ValueError(f"{said} has {reprlib.repr(least)} {unit}: no time is negative")
    if not 0 <= cut <= len(entry["samples"]):
        raise ValueError(f"{said} cuts {reprlib.repr(cut)} of {len(entry['samples'])} samples")
    kept = whole or entry["kind"] in COMPARED_BY_SAMPLE
    return Value(
        value=value,
        unit=intern(unit),
        kind=intern(entry["kind"]),
        better=intern(entry["better"]),
        low=low,
        high=high,
        samples=tuple(samples) if kept else (),
        weights=tuple(weights) if kept else (),
        recipe=entry["recipe"],
        estimator=entry["estimator"],
        cut=cut if kept else 0,
    )


@lru_cache(maxsize=1000)
def _is_shaped(keys: tuple[str, ...], kinds: tuple[type, ...]) -> bool:
    """Whether a value has the keys and types of one: few shapes make up a run of many cells."""
    found = dict(zip(keys, kinds, strict=True))
    return found.keys() == SHAPE.keys() and all(found[key] in SHAPE[key] for key in SHAPE)


def _refuse_shape(said: str, entry: Mapping[str, Any]) -> None:
    expect_keys(said, entry, Value)
    for key, kinds in SHAPE.items():
        if float in kinds:
            number(entry[key], key, said)
        take(entry, key, *kinds)


def _samples(said: str, entry: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """The samples and their weights; none where one is null, as the others then stand askew."""
    samples = numbers(entry["samples"], "a sample", said)
    weights = numbers(entry["weights"], "a weight", said)
    if weights and len(weights) != len(samples):
        raise ValueError(f"{said} has {len(samples)} samples and {len(weights)} weights")
    if not all(0 < (weight or 0) <= MOST_WHOLE for weight in weights):
        raise ValueError(f"{said} has a weight that counts nothing")
    return ([], []) if None in samples else (samples, weights)
