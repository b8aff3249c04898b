"""The most memory that a step held at once."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from bench.metric import Metric

peak_host = Metric(
    name="peak_host",
    unit="B",
    better="lower",
    kind="timing",
    summary="peak resident memory above the process's baseline after imports, freed heap not kept",
)

peak_host_absolute = Metric(
    name="peak_host_absolute",
    unit="B",
    better="lower",
    kind="timing",
    summary="the same as peak_host, frameworks included",
)

loading_peak_host = Metric(
    name="loading_peak_host",
    unit="B",
    better="lower",
    kind="timing",
    summary="the same as peak_host, from loading to a first answer",
)

peak_allocated = Metric(
    name="peak_allocated",
    unit="B",
    better="lower",
    kind="exact",
    summary="peak of what tensors took in the framework's memory on the device",
)

peak_reserved = Metric(
    name="peak_reserved",
    unit="B",
    better="lower",
    kind="timing",
    summary="peak of what the framework's allocator had taken from the device",
)

loading_peak_allocated = Metric(
    name="loading_peak_allocated",
    unit="B",
    better="lower",
    kind="exact",
    summary="the same as peak_allocated, from loading to a first answer",
)

loading_peak_reserved = Metric(
    name="loading_peak_reserved",
    unit="B",
    better="lower",
    kind="timing",
    summary="the same as peak_reserved, from loading to a first answer",
)

nvml_process = Metric(
    name="nvml_process",
    unit="B",
    better="lower",
    kind="timing",
    summary="what the driver counts for the process after the steps, its CUDA context included",
)

nvml_device = Metric(
    name="nvml_device",
    unit="B",
    better="lower",
    kind="timing",
    summary="what the driver counts for the whole device after the steps, other processes included",
)

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_KEPT = 128 << 10
"""glibc's own value at a process's start."""


def reset_peak() -> bool:
    """Start the process's peak anew (Linux: VmHWM); False where that cannot be done."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def peak_bytes() -> int | None:
    """Peak resident memory since the last `reset_peak`."""
    return _status("VmHWM")


def resident_bytes() -> int | None:
    """Resident memory now."""
    return _status("VmRSS")


def give_back() -> None:
    """Return freed heap to the system (glibc), or it would count as part of a baseline."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def release_at_once() -> None:
    """From here on a freed block of 128 KiB or more goes back to the system at once (glibc).

    Left alone, glibc raises these two limits to the size of what was freed (to 32 and 64 MiB) and
    keeps that much for later: how much depends on the order in which threads free, so that one
    step's peak differs by a third between processes. Nothing takes this back in a process, and
    steps with large blocks take longer under it: for processes that time nothing but loading.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        for limit in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            libc.mallopt(limit, _KEPT)


def host_peak_of(step: Callable[[], object]) -> int | None:
    """Peak resident bytes while `step` ran; None where the system cannot say."""
    if not reset_peak():
        return None
    step()
    return peak_bytes()


def above(baseline: int | None, peaks: Iterable[int | None]) -> list[int]:
    """What is known of `peaks`, less a baseline; nothing where that is not known."""
    return [] if baseline is None else [peak - baseline for peak in peaks if peak is not None]


def _status(field: str) -> int | None:
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
