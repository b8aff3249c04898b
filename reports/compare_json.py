"""A comparison as JSON, whole: every figure of every cell, in base units."""

from __future__ import annotations

from typing import Any

from bench.record import Value
from reports.changes import Change, Own, Pair
from reports.comparison import Comparison, Named, Row
from reports.hardware import hardware_key, hardware_name
from reports.ratios import Estimate
from reports.tallies import Mean, Tally

FORM = 1
"""Raised when a reader of the older form would misread the newer."""
Json = dict[str, Any]


def comparison_json(comparison: Comparison) -> Json:
    """`runs`, `pairs` (each run with the first), `variants` (means) and `cells`."""
    names = [named.name for named in comparison.runs]
    return {
        "weighbridge_comparison": FORM,
        "runs": [_run(named) for named in comparison.runs],
        "pairs": [_pair(pair) for pair in comparison.pairs],
        "variants": [_tally(tally, names) for tally in comparison.tallies],
        "cells": [_row(row, names) for row in comparison.rows],
        "without_figures": list(comparison.nowhere),
    }


def _run(named: Named) -> Json:
    run = named.run
    return {
        "name": named.name,
        "date": run.date,
        "machine": hardware_name(run.machine),
        "hardware_key": hardware_key(run),
        "teacher": run.settings.get("teacher"),
        "text": run.text.get("fingerprint"),
        "recipe": run.text.get("recipe"),
        "cells": len(run.records),
    }


def _pair(pair: Pair) -> Json:
    return {
        "run": pair.name,
        "against": pair.against,
        "incomparable": pair.why,
        "same_hardware": not pair.hardware,
        "hardware": pair.hardware,
        "differs": list(pair.notes),
    }


def _row(row: Row, names: list[str]) -> Json:
    load = row.record.workload
    figures = [
        {"run": name, **_value(value), **_owned(row.own[at] if row.own else None)}
        for at, (name, value) in enumerate(zip(names, row.values, strict=True))
        if value
    ]
    changes = [
        {"run": name, **_change(change)}
        for name, change in zip(names[1:], row.changes, strict=True)
        if change
    ]
    return {
        "cell": row.cell,
        "suite": row.record.suite,
        "variant": row.record.variant,
        "workload": str(load) if load else None,
        "metric": row.metric,
        "unit": row.value.unit,
        "kind": row.value.kind,
        "better": row.value.better,
        "relation": row.relation,
        "figures": figures,
        "changes": changes,
    }


def _value(value: Value) -> Json:
    return {"value": value.value, "low": value.low, "high": value.high, "recipe": value.recipe}


def _owned(own: Own | None) -> Json:
    if own is None:
        return {}
    return {"to_teacher": {**_ends(own.estimate), "paired": own.paired, "in_doubt": own.doubt}}


def _change(change: Change) -> Json:
    return {
        "state": change.state,
        **_ends(change.estimate),
        "verdict": change.verdict if change.state == "compared" else None,
        "paired": change.paired,
        "through_teacher": change.through_teacher,
        "in_doubt": change.doubt,
        "why": change.why,
    }


def _tally(tally: Tally, names: list[str]) -> Json:
    own = zip(names, tally.own, strict=False)
    return {
        "suite": tally.suite,
        "variant": tally.variant,
        "metric": tally.metric,
        "unit": tally.value.unit,
        "better": tally.value.better,
        "relation": tally.relation,
        "to_teacher": [{"run": name, **_mean(mean)} for name, mean in own if mean],
        "changes": [
            {"run": name, **_mean(mean)}
            for name, mean in zip(names[1:], tally.changes, strict=True)
            if mean
        ],
    }


def _mean(mean: Mean) -> Json:
    return {
        **_ends(mean.estimate),
        "cells": mean.cells,
        "paired": mean.paired,
        "in_doubt": mean.doubt,
    }


def _ends(found: Estimate | None) -> Json:
    if found is None:
        return {"value": None, "low": None, "high": None}
    return {"value": found.value, "low": found.low, "high": found.high}
