"""Weighbridge over the same grid: a pytest session in a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

from bench.process import for_libraries
from bench.reading import read
from bench.record import Run
from bench.workload import Workload
from tests.compare.seen import (
    BATCHES,
    CELLS,
    HEAP,
    NEW,
    PROMPTS,
    Asked,
    Seen,
    Session,
    of_value,
)

ROOT = Path(__file__).parents[2]
INI = "[pytest]\naddopts = -p no:cacheprovider\nbench_variants = variants tests.compare.forms\n"


def shipped(model: Path, project: Path, asked: Asked) -> Session:
    """The suites as they are, on the teacher: by Weighbridge's own greedy loop."""
    words = ("suites.test_prefill", "suites.test_decode", "suites.test_memory")
    run, wall = _run([*words, "--variant=teacher", f"--teacher={model}"], project, asked, {})
    return _session(run, wall, _shipped)


def same_path(model: Path, project: Path, asked: Asked) -> Session:
    """transformers' `generate`, timed by Weighbridge's sampler and cut as the rival cuts it."""
    words = ("-ptests.compare.plugin", "tests.compare.within", "--variant=hf_generate")
    run, wall = _run([*words, f"--teacher={model}"], project, asked, HEAP)
    return _session(run, wall, _same)


def _run(
    words: list[str], project: Path, asked: Asked, more: Mapping[str, str]
) -> tuple[Run, float]:
    """Make, prove, measure and report, from an empty folder: the run and the command's seconds.

    Raises CalledProcessError where a cell has no figures.
    """
    project.mkdir()
    (project / "pytest.ini").write_text(INI)
    command = [
        *(sys.executable, "-m", "pytest", "-pbench.plugin", "-preports.plugin", "--pyargs", *words),
        *("--artifacts=made", f"--threads={asked.threads}", "--device=cpu"),
        *(f"--batch={_words(BATCHES)}", f"--prompt={_words(PROMPTS)}", f"--new={NEW}"),
        *(f"--rounds={asked.rounds}", "--benchmark-json=run.json"),
    ]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "WEIGHBRIDGE"))}
    env = {
        **kept,
        **for_libraries(asked.threads),
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        **more,
    }
    with project.with_suffix(".log").open("w") as log:
        start = perf_counter()
        subprocess.run(
            command, cwd=project, env=env, stdout=log, stderr=subprocess.STDOUT, check=True
        )
        wall = perf_counter() - start
    return read(project / "run.json"), wall


def _session(run: Run, wall: float, cell: Callable[[Run, int, int], dict[str, Seen]]) -> Session:
    doubts = tuple(f"{r.cell}: {r.status}" for r in run.records if r.status != "measured")
    return Session(wall=wall, cells={key: cell(run, *key) for key in CELLS}, doubts=doubts)


def _shipped(run: Run, batch: int, prompt: int) -> dict[str, Seen]:
    whole, short = Workload(batch, prompt, NEW), Workload(batch, prompt)
    decode = run.by_cell[f"decode[teacher-{whole}]"].values
    memory = run.by_cell[f"memory[teacher-{whole}]"].values
    return {
        "prefill": of_value(run.by_cell[f"prefill[teacher-{short}]"].values["first_token"]),
        "decode": of_value(decode["decode_rate"]),
        "generate": of_value(decode["latency"]),
        "memory": of_value(memory["peak_host_absolute"]),
    }


def _same(run: Run, batch: int, prompt: int) -> dict[str, Seen]:
    values = run.by_cell[f"within[hf_generate-{Workload(batch, prompt, NEW)}]"].values
    names = {"prefill": "prefill_within", "decode": "decode_within", "generate": "latency"}
    return {part: of_value(values[name]) for part, name in names.items()}


def _words(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))
