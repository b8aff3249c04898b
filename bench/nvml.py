"""What NVIDIA's driver says of one GPU; None is what it cannot say, never 0."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from bench import kin

Answer = TypeVar("Answer")

REASONS = {
    0x1: "gpu_idle",
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
    0x200: "board_limit",
    0x400: "reliability",
}
"""Why the clocks are what they are, by NVML's bits, as nvidia-smi names them."""
HARMLESS = frozenset({"gpu_idle", "applications_clocks_setting", "display_clock_setting"})
"""Nothing to do, or what the owner asked for: no throttling."""
_PROC = Path("/proc")


class Gpu:
    """One GPU. Every answer is None where the driver or the place cannot give it, never 0."""

    def __init__(self, nvml: Any, handle: Any, uuid: str) -> None:
        self._nvml = nvml
        self._handle = handle
        self.uuid = uuid

    def describe(self) -> dict[str, Any]:
        """What it is, in plain values."""
        memory = self._ask("nvmlDeviceGetMemoryInfo")
        return {
            "name": self._ask("nvmlDeviceGetName") or "an NVIDIA GPU",
            "uuid": self.uuid,
            "driver": self._try(self._nvml.nvmlSystemGetDriverVersion),
            "memory_bytes": None if memory is None else int(memory.total),
            "sm_clock_hz": self.sm_clock(),
            "default_clock_hz": self.default_clock(),
            "max_clock_hz": self.max_clock(),
        }

    def capability(self) -> tuple[int, int] | None:
        """The compute capability, such as (9, 0)."""
        found = self._ask("nvmlDeviceGetCudaComputeCapability")
        return None if found is None else (int(found[0]), int(found[1]))

    def used_bytes(self) -> int | None:
        """Memory in use on the whole GPU, the driver's and other processes' included."""
        memory = self._ask("nvmlDeviceGetMemoryInfo")
        return None if memory is None else int(memory.used)

    def own_bytes(self) -> int | None:
        """Memory that this process holds, its CUDA context included."""
        held = self._processes()
        return held.get(os.getpid()) if held is not None and _ids_are_ours(held) else None

    def others(self) -> int | None:
        """Computing processes that are not of this session.

        In a container 0 cannot be told from hidden, so it is None there.
        """
        held = self._processes()
        if held is None or not _ids_are_ours(held):
            return None
        strangers = sum(not kin.is_ours(pid) for pid in held)
        return strangers if strangers or kin.sees_all_processes() else None

    def sm_clock(self) -> float | None:
        """The multiprocessors' clock now, in hertz."""
        return _hertz(self._ask("nvmlDeviceGetClockInfo", self._nvml.NVML_CLOCK_SM))

    def max_clock(self) -> float | None:
        """The highest that the board boosts to, in hertz."""
        return _hertz(self._ask("nvmlDeviceGetMaxClockInfo", self._nvml.NVML_CLOCK_SM))

    def default_clock(self) -> float | None:
        """What the board runs at unless told otherwise, in hertz; few consumer boards say."""
        return _hertz(self._ask("nvmlDeviceGetDefaultApplicationsClock", self._nvml.NVML_CLOCK_SM))

    def temperature(self) -> int | None:
        """Of the chip, in degrees Celsius."""
        found: int | None = self._ask("nvmlDeviceGetTemperature", self._nvml.NVML_TEMPERATURE_GPU)
        return found

    def throttling(self) -> tuple[str, ...] | None:
        """What holds the clocks down now; empty where nothing does, or where it only idles."""
        bits = self._ask("nvmlDeviceGetCurrentClocksEventReasons")
        if bits is None:  # drivers before 535 know it by its older name
            bits = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons")
        return None if bits is None else decode(bits)

    def joules(self) -> float | None:
        """Energy since the driver was loaded, whole board; a counter that moves in steps."""
        found = self._ask("nvmlDeviceGetTotalEnergyConsumption")
        return None if found is None else found / 1000

    def _processes(self) -> dict[int, int | None] | None:
        """Bytes by process id, None for a process whose bytes are not told."""
        found = self._ask("nvmlDeviceGetComputeRunningProcesses")
        return None if found is None else {one.pid: one.usedGpuMemory for one in found}

    def _ask(self, question: str, *words: Any) -> Any:
        return self._try(lambda: getattr(self._nvml, question)(self._handle, *words))

    def _try(self, question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except self._nvml.NVMLError:  # MIG and older boards: not supported
            return None


@cache
def driver() -> Any:
    """`pynvml`, ready; None where there is no driver."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # no package, no library, no driver: there is nothing to ask
        return None
    return pynvml


def decode(bits: int) -> tuple[str, ...]:
    """The names of what throttles, of NVML's bits."""
    names = [REASONS.get(1 << at, f"unknown_{1 << at:#x}") for at in range(64) if bits >> at & 1]
    return tuple(name for name in names if name not in HARMLESS)


def _ids_are_ours(pids: Mapping[int, Any]) -> bool:
    """Whether NVML's process ids are of our own namespace; older drivers give the host's."""
    return kin.sees_all_processes() or all((_PROC / str(pid)).exists() for pid in pids)


def _hertz(mega: int | None) -> float | None:
    return None if mega is None else mega * 1e6
