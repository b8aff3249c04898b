"""How the reader takes one figure of a run file apart: its shape, its numbers, its samples."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from sys import intern
from types import NoneType
from typing import Any, NoReturn, get_args, get_type_hints

from bench.checking import MOST_WHOLE, expect_keys, number, numbers, said_of, take, taker
from bench.metric import Metric
from bench.record import COMPARED_BY_SAMPLE, Value, built

JUDGED = {key: get_args(get_type_hints(Metric)[key]) for key in ("kind", "better")}
"""What decides how a figure is compared, with the words that it may hold."""
NUMBER, TEXT = (float, int, NoneType), (str, NoneType)
SHAPE: Mapping[str, tuple[type, ...]] = {
    **{"kind": (str,), "better": (str,), "value": NUMBER, "low": NUMBER, "high": NUMBER},
    **{"samples": (list,), "weights": (list,), "unit": (str,), "recipe": TEXT},
    **{"estimator": TEXT, "cut": (int,)},
}
"""The types that each field of a value may have; True is no number."""
_taken = taker(SHAPE)
NEVER_NEGATIVE = ("s", "tok/s")
"""Units of time and pace; bytes and joules above a baseline may come out below it."""


def value_of(name: str, entry: Any, whole: bool) -> Value:
    """One figure from its JSON form. Raises ValueError with one line that says what is damaged."""
    said = said_of(name)
    found = _taken(entry) or _refuse_shape(said, entry)
    kind, better, value, low, high, samples, weights, unit, recipe, estimator, cut = found
    if kind not in JUDGED["kind"] or better not in JUDGED["better"]:
        _refuse_words(said, entry)
    value = number(value, "value", said)
    low, high = number(low, "low", said), number(high, "high", said)
    if low is not None and high is not None and low > high:
        raise ValueError(f"the interval of {said} ends before it begins")
    count = len(samples)
    samples, weights = _samples(said, samples, weights)
    if unit in NEVER_NEGATIVE and (least := min(value or 0, min(samples, default=0))) < 0:
        raise ValueError(f"{said} has {reprlib.repr(least)} {unit}: no time is negative")
    if not 0 <= cut <= count:
        raise ValueError(f"{said} cuts {reprlib.repr(cut)} of {count} samples")
    kept = whole or kind in COMPARED_BY_SAMPLE
    return built(
        Value,
        value=value,
        unit=intern(unit),
        kind=intern(kind),
        better=intern(better),
        low=low,
        high=high,
        samples=tuple(samples) if kept else (),
        weights=tuple(weights) if kept else (),
        recipe=recipe,
        estimator=estimator,
        cut=cut if kept else 0,
    )


def _refuse_shape(said: str, entry: Any) -> NoReturn:
    if not isinstance(entry, dict):
        raise ValueError(f"{said} is {reprlib.repr(entry)}")
    expect_keys(said, entry, Value)
    for key, kinds in SHAPE.items():
        if float in kinds:
            number(entry[key], key, said)
        take(entry, key, *kinds)
    raise ValueError(f"{said} is no figure")


def _refuse_words(said: str, entry: Mapping[str, Any]) -> None:
    for key, known in JUDGED.items():
        if entry[key] not in known:
            raise ValueError(f"{key} of {said} is {reprlib.repr(entry[key])}")


def _samples(said: str, found: list[Any], weighed: list[Any]) -> tuple[list[float], list[float]]:
    """The samples and their weights; none where one is null, as the others then stand askew."""
    samples = numbers(found, "a sample", said)
    weights = numbers(weighed, "a weight", said) if weighed else []
    if weights and len(weights) != len(samples):
        raise ValueError(f"{said} has {len(samples)} samples and {len(weights)} weights")
    if weights and not all(0 < (weight or 0) <= MOST_WHOLE for weight in weights):
        raise ValueError(f"{said} has a weight that counts nothing")
    askew = samples is not found and None in samples  # as they were, all are floats
    return ([], []) if askew else (samples, weights)
