"""The report `json_rows`: one flat JSON object per figure, for spreadsheets and scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bench.record import Record, Run
from reports.doubts import doubt
from reports.report import Report


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """One row per metric of each cell; a cell without figures has one row without a metric."""
    for record in run.records:
        cell = {"date": run.date, **_cell(record)}
        for name, value in record.values.items():
            figure = {key: item for key, item in vars(value).items() if key != "samples"}
            doubtful = doubt(record, value) is not None
            count = len(value.samples)
            yield {**cell, "metric": name, **figure, "samples": count, "in_doubt": doubtful}
        if not record.values:
            yield {**cell, "metric": None}


def _cell(record: Record) -> dict[str, Any]:
    load = record.workload
    return {
        "suite": record.suite,
        "variant": record.variant,
        "workload": str(load) if load else None,
        "batch": load.batch if load else None,
        "prompt_tokens": load.prompt_tokens if load else None,
        "new_tokens": load.new_tokens if load else None,
        "status": record.status,
        "message": record.message,
        "warnings": list(record.warnings),
    }


def _render(runs: Sequence[Run]) -> str:
    return json.dumps([row for run in runs for row in rows(run)], indent=1) + "\n"


json_rows = Report(
    name="json_rows", summary="flat rows as JSON, one per figure, in base units", render=_render
)
