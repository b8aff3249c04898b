"""The reports `github_smaller` and `github_bigger`: github-action-benchmark's custom tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.record import Run
from reports.figured import WHOLE, Figured, figures, only_run
from reports.hardware import hardware_name
from reports.names import visible
from reports.report import Report

LEAST = 1e-300
"""Half-widths below it are written as none: the reader wants two digits at least."""


def entries(run: Run, better: str) -> list[dict[str, Any]]:
    """`name`, `value`, `unit`, and `range` and `extra` where there is something to say.

    https://github.com/benchmark-action/github-action-benchmark, "Custom benchmarks"
    """
    return [_entry(run, found) for found in figures(run) if found.value.better == better]


def _entry(run: Run, found: Figured) -> dict[str, Any]:
    value = found.value
    entry: dict[str, Any] = {
        "name": f"{visible(found.record.cell, WHOLE)} {visible(found.metric, WHOLE)}",
        "value": found.number,
        "unit": visible(value.unit),
        "extra": _extra(run, found),
    }
    if value.low is not None and value.high is not None:
        half = max(found.number - value.low, value.high - found.number)
        if half > LEAST:
            entry["range"] = f"± {half:.6e}"
    return entry


def _extra(run: Run, found: Figured) -> str:
    """One fact a line; the action shows it beside the point."""
    lines = [found.caution, f"recipe: {found.value.recipe}" if found.value.recipe else None]
    return "\n".join(visible(line) for line in (*lines, hardware_name(run.machine)) if line)


def _smaller(runs: Sequence[Run]) -> str:
    return _written(entries(only_run(runs, github_smaller.name), "lower"))


def _bigger(runs: Sequence[Run]) -> str:
    return _written(entries(only_run(runs, github_bigger.name), "higher"))


def _written(found: list[dict[str, Any]]) -> str:
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


github_smaller = Report(
    name="github_smaller",
    summary="figures of which less is better, for github-action-benchmark's customSmallerIsBetter",
    render=_smaller,
)
github_bigger = Report(
    name="github_bigger",
    summary="figures of which more is better, for github-action-benchmark's customBiggerIsBetter",
    render=_bigger,
)
