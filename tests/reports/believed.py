"""A run by hand with paired speed-ups, quality beside the teacher, doubts and texts."""

from __future__ import annotations

from typing import Any

from tests.reports import sample
from tests.reports.sample import Json

EVIL = "</details><script>alert(1)</script>\u202e\x1b[31m{{7*7}}"

KINDS = {
    "decode_speedup": ("1", "timing", "higher"),
    "first_token_speedup": ("1", "timing", "higher"),
    "latency_speedup": ("1", "timing", "higher"),
    "loss_difference": ("nat/tok", "paired", "lower"),
    "kl": ("nat/tok", "paired", "lower"),
    "kl_p99": ("nat/tok", "paired", "lower"),
    "top1": ("1", "paired", "higher"),
    "energy_per_token": ("J", "timing", "lower"),
    "bandwidth_share": ("1", "timing", "higher"),
    "nvml_process": ("B", "exact", "lower"),
    "bits_per_weight": ("1", "exact", "lower"),
}


def value(name: str, middle: float | None, half: float | None = None) -> Json:
    """A value of one of the metrics above."""
    unit, kind, better = KINDS[name]
    figure = sample.value("ready", middle, half)
    return {**figure, "unit": unit, "kind": kind, "better": better}


def speedup(name: str, ratio: float, half: float = 0.03) -> Json:
    """A speed-up cell at the smallest workload."""
    return sample.record(
        "speedup",
        name,
        (1, 32, 16),
        decode_speedup=value("decode_speedup", ratio, half),
        first_token_speedup=value("first_token_speedup", ratio / 2, half / 2),
        latency_speedup=value("latency_speedup", ratio, half),
    )


def facts() -> dict[str, Any]:
    """What a cell may say besides its figures."""
    return {
        "sampling": {"samples": 32, "effective": 21.5, "stopped": "precision"},
        "conditions": {"load": 0.4, "mhz": 2600},
    }


def texts(hostile: str = "") -> list[Json]:
    """Two prompts: one where the texts part, one where they never do."""
    return [
        {
            "prompt": f"The bridge{hostile}",
            "teacher": f" is old and\nheavy{hostile}",
            "variant": f" is old but\nlight{hostile}",
            "first_difference": 3,
            "equal_tokens": 0.75,
        },
        {
            "prompt": "A scale",
            "teacher": " weighs",
            "variant": " weighs",
            "first_difference": None,
            "equal_tokens": 1.0,
        },
    ]


def quality(cells: list[Json], name: str, shift: float) -> None:
    """Put the paired figures into a variant's quality cell."""
    cell = next(c for c in cells if c["suite"] == "quality" and c["variant"] == name)
    cell["values"].update(
        loss_difference=value("loss_difference", shift, 0.002),
        kl=value("kl", shift / 3, 0.001),
        kl_p99=value("kl_p99", shift * 9),
        top1=value("top1", 1 - 2 * shift, 0.004),
    )


def cells() -> list[Json]:
    """Teacher, int8, int4 and pruned; int4 is 1.83 times as fast, int8 1.4 times."""
    found = [
        *sample.variant_cells("teacher", 100.0, 0.0, 500e6),
        *sample.variant_cells("int8", 150.0, 0.01, 160e6),
        *sample.variant_cells("int4", 206.0, 0.03, 120e6),
        *sample.variant_cells("pruned", 90.0, 0.2, 500e6),
        speedup("int8", 1.40),
        speedup("int4", 1.83),
        speedup("pruned", 0.95),
    ]
    for name, shift in (("int8", 0.01), ("int4", 0.03), ("pruned", 0.2)):
        quality(found, name, shift)
    for cell in found:
        cell["facts"] = facts()
        if cell["suite"] == "memory":
            cell["values"]["nvml_process"] = value("nvml_process", None)
    found.append({**sample.record("samples", "int4"), "facts": {"texts": texts(EVIL)}})
    return found


def run_file() -> Json:
    """The run file of these cells."""
    return sample.document(cells())


def doubted(status: str, *which: str, message: str = "load 2.31 on 2 cores") -> Json:
    """The same with these cells in doubt, each named as `suite[variant`."""
    found = cells()
    for cell in found:
        if f"{cell['suite']}[{cell['variant']}" in which:
            cell.update(status=status, message=message)
    data = sample.document([{**cell, "status": "measured"} for cell in found])
    by_place = {(c["suite"], c["variant"], str(c["workload"])): c["status"] for c in found}
    rows = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    for row in [*rows, *data["weighbridge"]["records"]]:
        row["status"] = by_place[row["suite"], row["variant"], str(row["workload"])]
    return data
