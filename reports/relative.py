"""Figures that are comparisons themselves: measured beside the teacher, and better than a ratio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.record import Record, Run, Value
from reports.contest import Against, measured_gap
from reports.doubts import doubt, timeless

SPEEDUP = "speedup"
"""The suite that measures variant and teacher in turns."""
STANDS_FOR = {
    "decode_rate": "decode_speedup",
    "decode_rate_per_user": "decode_speedup",
    "time_per_token": "decode_speedup",
    "prefill_rate": "first_token_speedup",
    "first_token": "first_token_speedup",
    "latency": "latency_speedup",
}
"""The paired ratio that replaces a figure's unpaired one."""
TIMED_ALONE = ("decode", "prefill")
"""The suites whose cells the speed-up suite measures again, beside the teacher."""
DIFFERENCE = "loss_difference"
OF_THE_TEACHER = frozenset(
    {
        *(DIFFERENCE, "kl", "kl_median", "kl_p99", "top1", "rms_probability"),
        *("equal_tokens", "first_difference", "equal_tokens_sampled", "first_difference_sampled"),
    }
)
OF_ITSELF = frozenset({"cache_gap", "batch_gap"})
"""How far a variant is from its own scores, whatever the teacher's distance."""
OF_EITHER = OF_THE_TEACHER | OF_ITSELF


def is_relative(metric: str) -> bool:
    """Whether the figure compares already, so that no ratio to the teacher's is taken of it."""
    return metric in OF_EITHER or metric.endswith("_speedup")


def gap_of(record: Record, metric: str) -> Against | None:
    """A speed-up or a loss difference as the comparison that it is."""
    value = record.values.get(metric)
    if value is None or value.value is None or timeless(record, value):
        return None
    if metric.endswith("_speedup"):
        gap = measured_gap(value.value, (value.low, value.high), 1.0, value.better)
    elif metric == DIFFERENCE:
        gap = measured_gap(value.value, (value.low, value.high), 0.0, value.better)
    else:
        return None
    return trusted(replace(gap, doubt=doubt(record, value)))


def trusted(gap: Against) -> Against:
    """The same, but that what is in doubt is neither better nor worse."""
    return replace(gap, verdict="unclear") if gap.doubt else gap


def paired_gap(run: Run, record: Record, metric: str) -> Against | None:
    """The paired comparison that was measured for a figure; None where there is none."""
    if metric == "loss":
        return gap_of(record, DIFFERENCE)
    if record.suite not in TIMED_ALONE or metric not in STANDS_FOR:
        return None
    if timeless(record, record.values[metric]):
        return None
    found = (gap_of(cell, STANDS_FOR[metric]) for cell in _beside(run, record))
    gap = next((gap for gap in found if gap), None)
    return turned(gap) if gap and _is_time(record.values[metric]) else gap


def _beside(run: Run, record: Record) -> Iterator[Record]:
    """The speed-up cells of the same work; a prefill is the first token of any of them."""
    load = record.workload
    if load is None:
        return
    key = (SPEEDUP, record.variant, load.batch, load.prompt_tokens)
    for cell in run.by_prompt.get(key, ()):
        if cell.figured and (cell.workload == load or record.suite == "prefill"):
            yield cell


def _is_time(value: Value) -> bool:
    return value.better == "lower"


def turned(gap: Against) -> Against | None:
    """A ratio of speeds as a ratio of times."""
    if gap.value <= 0:
        return None
    known = gap.low is not None and gap.high is not None and gap.low > 0
    low, high = (1 / gap.high, 1 / gap.low) if known and gap.low and gap.high else (None, None)
    return replace(gap, value=1 / gap.value, low=low, high=high)
