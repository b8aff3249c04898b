"""Child processes of ours: they find what this process found, and end when it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

PARENT = "WEIGHBRIDGE_PARENT"
QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TQDM_DISABLE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
}
"""Set for us and our children: no chatter between a progress bar's lines, NVML's GPU order."""
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_PR_SET_PDEATHSIG = 1


def for_libraries(threads: int) -> dict[str, str]:
    """What frameworks read when they are first imported."""
    return {**QUIET, **dict.fromkeys(_THREADS, str(threads))}


def environment(threads: int, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child that imports a framework on `threads` threads."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    ours = {"PYTHONPATH": path, PARENT: str(os.getpid())}
    return {**os.environ, **for_libraries(threads), **ours, **(extra or {})}


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Where what a child says goes, and what it holds of ours; its input is closed."""

    output: int | IO[str]
    errors: IO[str] | None = None
    """None: where ours go."""
    keep: tuple[int, ...] = ()
    """Descriptors that stay open in it."""


def start(
    module: str, arguments: Sequence[str], env: Mapping[str, str], ends: Ends
) -> subprocess.Popen[str]:
    """`python -m module`."""
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
    return subprocess.Popen(
        command,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=ends.output,
        stderr=ends.errors,
        text=True,
        pass_fds=ends.keep,
    )


def is_child() -> bool:
    """Whether a session or command of ours started this one, whose run is a part of its own."""
    return PARENT in os.environ


def end_with_parent() -> None:
    """Called first in a child: the kernel ends it when its parent dies (Linux)."""
    parent = os.environ.get(PARENT)
    if not sys.platform.startswith("linux") or parent is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before we asked
        os._exit(1)


def stop(process: subprocess.Popen[str]) -> None:
    """End a child and wait for it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
