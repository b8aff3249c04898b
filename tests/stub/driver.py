"""Builds the stub and runs questions against it, through the real pynvml, in a child process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes._project import ROOT

SOURCE = Path(__file__).with_name("nvml.c")
LIBRARY = "libnvidia-ml.so.1"


def build(folder: Path) -> Path:
    """Compile the stub into `folder`; skips where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("the driver's stub needs Linux and a C compiler")
    command = [compiler, "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O1"]
    subprocess.run([*command, "-o", str(folder / LIBRARY), str(SOURCE)], check=True)
    return folder


@dataclass(frozen=True)
class Driver:
    """A driver that says what `told` says, a line each (see nvml.c)."""

    library: Path
    told: Path

    def tell(self, said: str) -> None:
        """What it is to say."""
        self.told.write_text("\n".join(line.strip() for line in said.strip().splitlines()) + "\n")

    def ask(self, code: str, **environment: str) -> Any:
        """What `code` leaves in `answer`, where pynvml finds this driver; `told` is at hand."""
        setup = f"import json\nfrom pathlib import Path\ntold = Path({str(self.told)!r})\n"
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CUDA", "WEIGHBRIDGE"))}
        done = subprocess.run(
            [sys.executable, "-c", f"{setup}{code}\nprint(json.dumps(answer))"],
            env={
                **env, "PYTHONPATH": str(ROOT), "LD_LIBRARY_PATH": str(self.library),
                "NVML_STUB": str(self.told), **environment,
            },
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])
