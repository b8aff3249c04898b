"""Weighbridge over the same grid: one pytest session in a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from bench.process import for_libraries
from bench.reading import read
from bench.record import Run
from bench.workload import Workload
from tests.compare.seen import BATCHES, CELLS, NEW, PROMPTS, Asked, Seen, Session, of_value

ROOT = Path(__file__).parents[2]
INI = "[pytest]\naddopts = -p no:cacheprovider\nbench_variants = variants tests.compare.forms\n"
SUITES = ("suites.test_prefill", "suites.test_decode", "suites.test_memory", "tests.compare.within")
WHICH = "hf_generate and within or teacher and not within"
"""Weighbridge's own suites on the teacher, and one generation by transformers' `generate`."""


def session(model: Path, project: Path, asked: Asked) -> Session:
    """Make, prove, measure and report, from an empty folder. Raises where a cell has no figures."""
    project.mkdir()
    (project / "pytest.ini").write_text(INI)
    command = [
        *(sys.executable, "-m", "pytest", "-pbench.plugin", "-preports.plugin"),
        *("-ptests.compare.plugin", "--pyargs", *SUITES, "-k", WHICH),
        *(f"--teacher={model}", "--artifacts=made", f"--threads={asked.threads}", "--device=cpu"),
        *(f"--batch={_words(BATCHES)}", f"--prompt={_words(PROMPTS)}", f"--new={NEW}"),
        *("--variant=teacher,hf_generate", f"--rounds={asked.rounds}", "--benchmark-json=run.json"),
    ]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "WEIGHBRIDGE"))}
    env = {**kept, **for_libraries(asked.threads), "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    with project.with_suffix(".log").open("w") as log:
        start = perf_counter()
        subprocess.run(
            command, cwd=project, env=env, stdout=log, stderr=subprocess.STDOUT, check=True
        )
        wall = perf_counter() - start
    run = read(project / "run.json")
    doubts = tuple(f"{r.cell}: {r.status}" for r in run.records if r.status != "measured")
    return Session(wall=wall, cells={cell: _cell(run, *cell) for cell in CELLS}, doubts=doubts)


def _cell(run: Run, batch: int, prompt: int) -> dict[str, Seen]:
    whole, short = Workload(batch, prompt, NEW), Workload(batch, prompt)
    same = run.by_cell[f"within[hf_generate-{whole}]"].values
    own = run.by_cell[f"decode[teacher-{whole}]"].values
    return {
        "prefill": of_value(same["prefill_within"]),
        "decode": of_value(same["decode_within"]),
        "generate": of_value(same["latency"]),
        "own prefill": of_value(run.by_cell[f"prefill[teacher-{short}]"].values["first_token"]),
        "own decode": of_value(own["decode_within"]),
        "own generate": of_value(own["latency"]),
        "memory": of_value(run.by_cell[f"memory[teacher-{whole}]"].values["peak_host_absolute"]),
    }


def _words(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))
