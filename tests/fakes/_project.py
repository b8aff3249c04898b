"""A user's project in a temporary folder: its ini file, its checkpoint, and pytest run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.reading import read
from bench.record import Record
from tests.fakes.recipes import checkpoint

ROOT = Path(__file__).parents[2]
PLUGINS = ("-pbench.plugin", "-preports.plugin", "-pno:anyio", "-pno:hypothesispytest")
SMALL = ("--batch=1", "--prompt=8", "--new=4")
"""The smallest grid."""
SUITES = ("memory", "load", "decode", "prefill", "quality", "speedup")
"""Those that the fakes are measured by unless a test says otherwise."""
HEAVY = ("torch", "transformers", "tokenizers", "numpy", "scipy", "safetensors", "rich", "jinja2",
         "onnxruntime", "pynvml", "huggingface_hub", "datasets", "optimum")  # fmt: skip
"""What collecting must not import."""
INI = """[pytest]
addopts = -p no:cacheprovider
bench_variants = {packages}
bench_default_variants = teacher int8 int4
bench_teacher = checkpoint
bench_artifacts = artifacts
bench_eval_tokens = 200
bench_window = 64
bench_stride = 32
bench_rounds = 32
bench_precision = 99%
bench_threads = 1
bench_busy_share = 100%
bench_device = cpu
"""


@dataclass(frozen=True)
class Ended:
    """How a session ended."""

    code: int
    said: str
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        """The run file, parsed."""
        parsed: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        return parsed

    @property
    def cells(self) -> dict[str, Record]:
        """The run's records by cell."""
        return dict(read(self.folder / "run.json").by_cell)

    def cell(self, suite: str, variant: str) -> Record:
        """That variant's only cell in that suite."""
        (found,) = (r for r in self.cells.values() if (r.suite, r.variant) == (suite, variant))
        return found

    @property
    def made(self) -> list[str]:
        """Variants that have a folder."""
        return made_in(self.folder)


def lay_out(folder: Path, packages: str = "tests.fakes") -> Path:
    """Write the project into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pytest.ini").write_text(INI.format(packages=packages))
    checkpoint.write(folder / "checkpoint")
    return folder


def environment() -> dict[str, str]:
    """Ours without what the session that tests set for itself."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WEIGHBRIDGE", "PYTEST"))}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def command(*words: str) -> list[str]:
    """pytest on the installed suites."""
    return [sys.executable, "-m", "pytest", *PLUGINS, "--pyargs", "suites", *words]


def weigh(folder: Path, *words: str, env: dict[str, str] | None = None) -> Ended:
    """Run the suites there, in a process of their own."""
    done = subprocess.run(
        command(*words),
        cwd=folder,
        env={**environment(), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return Ended(done.returncode, done.stdout, folder)


def made_in(folder: Path) -> list[str]:
    """Variants that have a whole folder there."""
    found = (folder / "artifacts").glob("*/manifest.json")
    return sorted(path.parent.name.rpartition("-")[0] for path in found)
