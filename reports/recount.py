"""Works the figures of a run out again from their samples, and says where another comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isclose
from typing import Any

from bench.estimators import ESTIMATORS
from bench.reading import record_of
from bench.record import Record, Value
from reports.names import sentence

CLOSE = 1e-9
"""Relative: what another version's order of adding may move."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a run, in one line."""

    place: str
    """A cell, or a part of the file."""
    what: str
    metric: str = ""

    def __str__(self) -> str:
        return f"{sentence(f'{self.place} {self.metric}'.strip())}: {self.what}"


def recounted(record: Record) -> Iterator[Finding]:
    """Every figure of one cell that is not what its samples give."""
    for name, value in record.values.items():
        for what in _value(value):
            yield Finding(record.cell, what, name)
    yield from _related(record)


def rows(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Rows of pytest-benchmark that are not their cells', or not what their samples give."""
    for row in document["benchmarks"]:
        record = record_of(row["extra_info"]["bench"])
        if row.get("fullname") != record.cell:
            yield Finding(record.cell, f"its row is called {row.get('fullname')}")
        data = row.get("stats", {}).get("data", [])
        if not any(list(value.samples[value.cut :]) == data for value in record.values.values()):
            yield Finding(record.cell, "the clock's samples in its row are those of no figure")
        for what in _statistics(row.get("stats", {}), data):
            yield Finding(record.cell, what, "row")


def _statistics(stats: Mapping[str, Any], data: Sequence[float]) -> Iterator[str]:
    """pytest-benchmark's own statistics of `data`, by its own code."""
    from pytest_benchmark.stats import Stats  # noqa: PLC0415

    if not data:
        yield "there are no samples"
        return
    counted = Stats()
    for second in data:
        counted.update(second)
    for name, comes_out in counted.as_dict().items():
        stands = stats.get(name)
        same = stands == comes_out
        if not same and isinstance(stands, int | float) and not isinstance(comes_out, str):
            same = isclose(stands, comes_out, rel_tol=CLOSE, abs_tol=CLOSE * max(data))
        if not same:
            yield f"{name} stands as {stands}, comes out as {comes_out}"
    if stats.get("iterations") != 1:
        yield f"iterations stands as {stats.get('iterations')}, and every sample is of one"


def _value(value: Value) -> Iterator[str]:
    ends = [end for end in (value.low, value.high) if end is not None]
    if len(ends) == 1 or (ends and value.value is None):
        yield f"half an interval, or one around nothing: {value.low}, {value.value}, {value.high}"
    elif ends and value.value is not None and not ends[0] <= value.value <= ends[1]:
        yield f"the interval {value.low} to {value.high} does not hold {value.value}"
    if not value.samples:
        if value.estimator:
            yield f"was made by {value.estimator}, and there are no samples"
        return
    if value.estimator not in ESTIMATORS:
        said = "names no estimator" if value.estimator is None else f"names {value.estimator}"
        yield f"{said}: it cannot be worked out again from its {len(value.samples)} samples"
        return
    yield from _against_samples(value)


def _against_samples(value: Value) -> Iterator[str]:
    kept, weights = value.samples[value.cut :], value.weights[value.cut :]
    try:
        middle, interval = ESTIMATORS[value.estimator or ""](kept, weights)
    except (ValueError, ArithmeticError, IndexError) as error:
        yield f"{value.estimator} of its samples does not come out: {error}"
        return
    scale = max(abs(sample) for sample in value.samples)
    word = str(value.estimator).partition("_")[0]
    stand = {word: value.value, "low end": value.low, "high end": value.high}
    low, high = interval or (None, None)
    for (name, stands), comes_out in zip(stand.items(), (middle, low, high), strict=True):
        if not _same(stands, comes_out, scale):
            yield f"{name} stands as {stands}, comes out as {comes_out}"


def _related(record: Record) -> Iterator[Finding]:
    """Figures without samples that follow from others."""
    loss, perplexity = (record.values.get(name) for name in ("loss", "perplexity"))
    if loss and perplexity and loss.recipe == perplexity.recipe:
        comes_out = None if loss.value is None else exp(loss.value)
        if not _same(perplexity.value, comes_out, 1.0):
            what = f"stands as {perplexity.value}, the loss gives {comes_out}"
            yield Finding(record.cell, what, "perplexity")
    weights, stored = record.values.get("weight_bytes"), record.proof.get("weight_bytes")
    if weights and isinstance(stored, Mapping) and sum(stored.values()) != weights.value:
        what = f"stands as {weights.value}, the proof's parts give {sum(stored.values())}"
        yield Finding(record.cell, what, "weight_bytes")


def _same(stands: float | None, comes_out: float | None, scale: float) -> bool:
    if stands is None or comes_out is None:
        return stands is comes_out
    return isclose(stands, comes_out, rel_tol=CLOSE, abs_tol=CLOSE * CLOSE * scale)
