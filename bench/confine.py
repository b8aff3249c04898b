"""A memory budget: how large it is by default, and how a process is held to it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.errors import Misuse
from bench.machine import gpu, memory_bytes
from bench.metrics.memory import peak_bytes, resident_bytes
from bench.model import Model

SHARE = 4
"""The default budget is this part of the memory: one quarter."""
_STATUS = Path("/proc/self/status")
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True, kw_only=True)
class Confined:
    """What this process may hold, and how it is known."""

    device: str
    budget: int
    full: str | None = None
    """Why nothing fits, where the budget is gone before anything is loaded."""

    def peak(self, model: Model | None) -> int | None:
        """On the host the process's own peak, the framework's included; else what is reserved."""
        if self.device == "cpu":
            return peak_bytes()
        return model.device_peak().get("reserved") if model is not None else None


def confine(device: str, budget: int) -> Confined:
    """Hold this process to `budget` bytes from here on (Linux, RLIMIT_DATA).

    On the host, what it may still ask for as private memory is the budget less what is resident
    already; so an allocation beyond the budget fails in this process, at once, and the machine
    never runs out. Memory that is asked for and never touched counts. On a device nothing is
    limited: the allocator's peak is compared afterwards.
    """
    if device != "cpu":
        return Confined(device=device, budget=budget)
    resident, private = resident_bytes(), _private_bytes()
    if not sys.platform.startswith("linux") or resident is None or private is None:
        raise NotImplementedError("a process can be held to a memory budget on Linux only")
    if resident >= budget:
        why = f"the imports alone hold {resident} bytes"
        return Confined(device=device, budget=budget, full=why)
    import resource

    most = private + budget - resident
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    return Confined(device=device, budget=budget)


UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}  # fmt: skip


def bytes_of(text: str, name: str = "memory") -> int:
    """The bytes that `2GiB`, `500 MB` or `1073741824` stand for. Raises Misuse that names it."""
    found = re.fullmatch(r"(\d{1,18}(?:\.\d{1,9})?)\s*([A-Za-z]*)", text.strip())
    units = {unit.lower(): size for unit, size in UNITS.items()}
    unit = (found[2] or "B").lower() if found else ""
    size = int(float(found[1]) * units[unit]) if found and unit in units else 0
    if size < 1:
        raise Misuse(f"--{name} {text!r} is no size such as 2GiB or 500MB")
    return size


def default_budget(device: str) -> int | None:
    """A quarter of the device's memory, or of what this process may use of the machine's."""
    whole = usable_bytes() if device == "cpu" else (gpu(device) or {}).get("memory_bytes")
    return whole // SHARE if whole else None


def usable_bytes() -> int | None:
    """Physical memory, cut by the container's limit."""
    found = [memory_bytes(), _limit_of_the_container()]
    return min((size for size in found if size), default=None)


def free_bytes() -> int | None:
    """What could be taken now without swapping (Linux's MemAvailable, the container's limit)."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", _MEMINFO.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _limit_of_the_container() -> int | None:
    try:
        text = _CGROUP.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _private_bytes() -> int | None:
    """What RLIMIT_DATA counts: private writable memory, touched or not."""
    try:
        found = re.search(r"^VmData:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
