"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.needs import cpu_flags

PACKAGES = ("torch", "transformers", "safetensors", "tokenizers", "numpy", "onnxruntime",
            "optimum", "tensorrt", "pytest", "pytest-benchmark", "weighbridge")  # fmt: skip


def describe(threads: int, root: Path, device: str = "cpu") -> dict[str, Any]:
    """Everything about the machine that moves a figure, and the commit under `root`."""
    return {
        "cpu": cpu_name(),
        "flags": list(cpu_flags()),
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_bytes": memory_bytes(),
        "gpu": gpu(device),
        "os": platform.platform(),
        "python": platform.python_version(),
        "versions": versions(),
        "commit": _git(root, "rev-parse", "HEAD"),
        "dirty": bool(_git(root, "status", "--porcelain")),
    }


def versions() -> dict[str, str]:
    """The installed versions that matter, read without importing."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def load_average() -> float | None:
    """Processes that wanted a processor over the last minute."""
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


def usable_threads() -> int:
    """Processors that this process may use: its affinity, cut by the container's quota."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return mine
    return mine if quota == "max" else max(1, min(mine, int(quota) // int(period)))


def cpu_name() -> str:
    """The processor's name as the system gives it."""
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def memory_bytes() -> int | None:
    """Physical memory."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def gpu(device: str) -> dict[str, Any] | None:
    """The GPU that `device` means; None on a processor, and where no GPU could be matched."""
    from bench import gpus, process

    # Models are loaded under our own environment, which fixes the order of the GPUs.
    found = gpus.find(device, {**os.environ, **process.QUIET})
    return found.describe() if found else None


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
