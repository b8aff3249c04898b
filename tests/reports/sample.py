"""Run files by hand: small, with every case that a report must survive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.reading import run_of
from bench.record import Run
from tests.reports.invented import machine, text

Json = dict[str, Any]

HOSTILE = "</bdi><img src=x onerror=alert(1)></script>\u202egnp[red]\x1b[31m{{7*7}}" + "y" * 90

UNITS = {
    "ready": ("s", "timing", "lower"),
    "disk_bytes": ("B", "exact", "lower"),
    "weight_bytes": ("B", "exact", "lower"),
    "parameters": ("1", "exact", "lower"),
    "first_token": ("s", "timing", "lower"),
    "latency": ("s", "timing", "lower"),
    "decode_rate": ("tok/s", "timing", "higher"),
    "peak_host": ("B", "timing", "lower"),
    "peak_host_absolute": ("B", "timing", "lower"),
    "peak_allocated": ("B", "exact", "lower"),
    "loss": ("nat/tok", "paired", "lower"),
    "perplexity": ("1", "paired", "lower"),
}

WINDOWS = (3.0, 3.4, 3.2, 3.6)
"""The teacher's loss per window: mean 3.3."""


def value(name: str, middle: float | None, half: float | None = None, samples: Any = ()) -> Json:
    """A value `half` wide to either side; exact without it."""
    unit, kind, better = UNITS[name]
    known = middle is not None and half is not None
    return {
        "value": middle,
        "unit": unit,
        "kind": kind,
        "better": better,
        "low": middle - half if known else None,
        "high": middle + half if known else None,
        "samples": list(samples),
        "weights": [],
        "recipe": None,
        "estimator": None,
        "cut": 0,
    }


def record(
    suite: str, variant: str, load: tuple[int, int, int] | None = None, **values: Json
) -> Json:
    """A measured cell."""
    axes = ("batch", "prompt_tokens", "new_tokens")
    return {
        "suite": suite,
        "variant": variant,
        "workload": dict(zip(axes, load, strict=True)) if load else None,
        "status": "measured",
        "message": None,
        "values": values,
        "proof": {"backend": "torch", "linears": {"int8": 24}},
        "warnings": [],
        "facts": {},
    }


def gone(suite: str, variant: str, status: str, message: str, load: Any = None) -> Json:
    """A cell without figures."""
    return {**record(suite, variant, load), "status": status, "message": message, "proof": {}}


def decode(name: str, load: tuple[int, int, int], seconds: float, rate: float) -> Json:
    """A decode cell with 15 samples; its rate is known to ± 1 tok/s a row."""
    samples = [seconds * (1 + 0.01 * ((at * 7) % 5 - 2)) for at in range(15)]
    latency = value("latency", seconds, seconds / 160, samples)
    return record(
        "decode", name, load, latency=latency, decode_rate=value("decode_rate", rate, load[0] * 1.0)
    )


def variant_cells(name: str, rate: float, shift: float, size: float) -> list[Json]:
    """Every default cell of one variant: decode rate ± 1, loss above the teacher's, bytes."""
    windows = [loss + shift + 0.001 * (-1) ** at for at, loss in enumerate(WINDOWS)]
    windows = list(WINDOWS) if name == "teacher" else windows
    loss, first = sum(windows) / 4, 0.8 / rate
    return [
        record(
            "load",
            name,
            ready=value("ready", size / 1e9, 0.01),
            disk_bytes=value("disk_bytes", size),
            weight_bytes=value("weight_bytes", size - 1e6),
            parameters=value("parameters", 124_439_808),
        ),
        record("prefill", name, (1, 32, 0), first_token=value("first_token", first, first / 50)),
        decode(name, (1, 32, 16), 16 / rate, rate),
        decode(name, (8, 32, 16), 128 / rate / 4, rate * 4),
        record(
            "memory",
            name,
            peak_host=value("peak_host", size * 1.5, 2e6),
            peak_host_absolute=value("peak_host_absolute", size * 1.5 + 4e8, 2e6),
            peak_allocated=value("peak_allocated", None),
        ),
        record(
            "quality",
            name,
            loss=value("loss", loss, 0.4, windows),
            perplexity=value("perplexity", 2.718281828**loss),
        ),
    ]


def document(cells: list[Json], simulated: tuple[str, ...] = ()) -> Json:
    """The run file of these cells."""
    timed = [c for c in cells if c["status"] == "measured" and c["workload"]]
    rest = [c for c in cells if c["status"] == "measured" and not c["workload"]]
    about = {
        name: {
            "summary": f"{name[:20]}, in a sample",
            "base": None if name == "teacher" else "teacher",
            "fingerprint": "0123456789abcdef",
            "simulated": name in simulated,
        }
        for name in dict.fromkeys(cell["variant"] for cell in cells)
    }
    return {
        "machine_info": {},
        "commit_info": {},
        "datetime": "2026-03-02T10:00:00+00:00",
        "version": "5.3.0",
        "benchmarks": [{"extra_info": {"bench": c}, "stats": {"data": [1.0]}} for c in timed],
        "weighbridge": {
            "schema": 2,
            "date": "2026-03-02T10:00:00+00:00",
            "machine": machine(),
            "settings": {
                "teacher": "gpt2",
                "seed": 0,
                "command": ["pytest", "suites", "-k", "int8"],
            },
            "text": text(),
            "variants": about,
            "records": rest,
            "absent": [cell for cell in cells if cell["status"] != "measured"],
        },
    }


def full() -> Json:
    """Teacher 100 tok/s, int8 150 (+0.01), int4 206 (+0.03), and what can go wrong."""
    return document(
        [
            *variant_cells("teacher", 100.0, 0.0, 500e6),
            *variant_cells("int8", 150.0, 0.01, 160e6),
            *variant_cells("int4", 206.0, 0.03, 120e6),
            *variant_cells("pruned", 120.0, 0.2, 500e6),
            *variant_cells("imitated", 300.0, 0.01, 499e6),
            *variant_cells(HOSTILE, 90.0, 0.004, 700e6),
            gone(
                "decode", "half", "failed", "RuntimeError: <b>no kernel</b>\nfor Half", (1, 32, 16)
            ),
            *[
                gone(suite, "trt", "skipped", "needs an NVIDIA driver")
                for suite in ("load", "quality")
            ],
        ],
        simulated=("imitated",),
    )


def only(*names: str) -> Json:
    """The full run cut down to some variants."""
    whole = full()
    cells = [row["extra_info"]["bench"] for row in whole["benchmarks"]]
    cells += whole["weighbridge"]["records"] + whole["weighbridge"]["absent"]
    return document([cell for cell in cells if cell["variant"] in names])


def run(data: Json | None = None) -> Run:
    """The run of a document, read as from disk."""
    return run_of(json.loads(json.dumps(data or full())))


def write(path: Path, data: Json | None = None) -> Path:
    """A run file on disk."""
    path.write_text(json.dumps(data or full()))
    return path
