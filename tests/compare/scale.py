"""Time and memory of comparing two runs of many cells: python -m tests.compare.scale"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from tests.reports.invented import machine, text

VARIANTS = ("teacher", *(f"variant{at}" for at in range(9)))
METRICS = (
    ("latency", "s", "lower", 1.0),
    ("time_per_token", "s", "lower", 1 / 16),
    ("decode_rate", "tok/s", "higher", 16.0),
    ("decode_rate_per_user", "tok/s", "higher", 16.0),
)
MIB = 1 << 20


def record(dice: random.Random, variant: str, batch: int, metrics: int, samples: int) -> Any:
    """A decode cell as a session writes it, its figures invented."""
    seconds = [0.02 * dice.lognormvariate(0, 0.02) for _ in range(samples)]
    values = {}
    for name, unit, better, scale in METRICS[:metrics]:
        found = [scale * s if better == "lower" else scale / s for s in seconds]
        middle = median(found)
        values[name] = {
            "value": middle, "unit": unit, "kind": "timing", "better": better,
            "low": middle * 0.99, "high": middle * 1.01, "samples": found, "weights": [],
            "recipe": None, "estimator": "median", "cut": 0,
        }  # fmt: skip
    return {
        "suite": "decode",
        "variant": variant,
        "workload": {"batch": batch, "prompt_tokens": 32, "new_tokens": 16},
        "status": "measured",
        "message": None,
        "values": values,
        "proof": {"class": "Invented", "device": "cpu", "threads": 2, "dtype": "float32"},
        "warnings": [],
        "facts": {"sampling": {"laps": samples, "repeats": 1, "cut": 0, "effective": samples}},
    }


def rows(cells: int, metrics: int, samples: int, seed: int) -> Iterator[Any]:
    """pytest-benchmark's rows."""
    dice = random.Random(seed)
    for at in range(cells):
        bench = record(dice, VARIANTS[at % 10], 1 + at // 10, metrics, samples)
        data = bench["values"]["latency"]["samples"]
        stats = {
            "min": min(data), "max": max(data), "mean": fmean(data), "stddev": stdev(data),
            "rounds": samples, "median": median(data), "iterations": 1, "data": data,
        }  # fmt: skip
        yield {"group": "decode", "name": "decode", "extra_info": {"bench": bench}, "stats": stats}


def write(path: Path, cells: int, metrics: int, samples: int, seed: int) -> None:
    """A run file, row by row: this process needs no room for it."""
    about = {"summary": "invented", "base": None, "fingerprint": "0" * 16, "simulated": False}
    ours = {
        "schema": 2, "date": "2026-03-02T10:00:00+00:00", "machine": machine(), "text": text(),
        "settings": {"teacher": "invented", "command": ["pytest"]},
        "variants": dict.fromkeys(VARIANTS, about), "records": [], "absent": [],
    }  # fmt: skip
    head = {"machine_info": {}, "datetime": "2026-03-02T10:00:00+00:00", "version": "5.3.1"}
    with path.open("w") as file:
        file.write(json.dumps(head)[:-1] + ', "benchmarks": [')
        for at, row in enumerate(rows(cells, metrics, samples, seed)):
            file.write(",\n" * bool(at) + json.dumps(row, indent=1))
        file.write('], "weighbridge": ' + json.dumps(ours) + "}")


def measured(words: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds of a child, and the most memory that it held, in MiB."""
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"the comparison ended with {child.returncode}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--metrics", type=int, default=1, choices=range(1, len(METRICS) + 1))
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--json", action="store_true", help="write the comparison as JSON, too")
    chosen = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    print("| cells a run | metrics | samples | MiB a run | wall s | processor s | peak MiB |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(prefix="weighbridge-scale-") as folder:
        for cells in chosen.cells:
            paths = [Path(folder, f"{name}.json") for name in ("base", "head")]
            for seed, path in enumerate(paths):
                write(path, cells, chosen.metrics, chosen.samples, seed)
            size = paths[0].stat().st_size / MIB
            words = ["-m", "reports", "compare", *map(str, paths)]
            words += ["--json", str(Path(folder, "compared.json"))] if chosen.json else []
            wall, cpu, peak = measured(words)
            print(
                f"| {cells:,} | {chosen.metrics} | {chosen.samples} | {size:.0f} | {wall:.1f} "
                f"| {cpu:.1f} | {peak:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
