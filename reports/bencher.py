"""The report `bencher`: Bencher Metric Format, every figure with its interval."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bench.record import Run
from reports.figured import WHOLE, Figured, figures, only_run
from reports.names import visible
from reports.report import Report

LONGEST = 40
"""Characters of a metric: a measure's name holds 64, and the unit stands in it too."""


def metrics(run: Run) -> dict[str, dict[str, dict[str, float]]]:
    """Benchmark (a cell) -> measure -> `value`, `lower_value`, `upper_value`.

    https://bencher.dev/docs/reference/bencher-metric-format: the measure's name says the unit, as
    Bencher's own `latency` is in nanoseconds and ours in seconds. What is in doubt or simulated
    has no mark in this format, so it is left out: an alert would take it at its word.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for one in figures(run):
        if one.caution is None:
            found.setdefault(visible(one.record.cell, WHOLE), {})[_measure(one)] = _metric(one)
    return found


def _measure(one: Figured) -> str:
    unit = visible(one.value.unit, 16)
    name = visible(one.metric, LONGEST)
    return name if unit == "1" else f"{name} ({unit})"


def _metric(one: Figured) -> dict[str, float]:
    low, high = one.value.low, one.value.high
    if low is None or high is None:
        return {"value": one.number}
    return {"value": one.number, "lower_value": low, "upper_value": high}


def _render(runs: Sequence[Run]) -> str:
    return json.dumps(metrics(only_run(runs, bencher.name)), indent=1, allow_nan=False) + "\n"


bencher = Report(
    name="bencher", summary="Bencher Metric Format: figures with intervals", render=_render
)
