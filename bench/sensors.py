"""What Linux says of the processors: time, clock, heat; None is what it does not say."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_SYS = Path("/sys")
_CPU_SENSORS = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "coretemp", "k10temp", "zenpower")
_STEAL = 7


def cores() -> tuple[int, ...]:
    """Numbers of the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def processor_seconds(numbers: tuple[int, ...]) -> tuple[float | None, float | None]:
    """Time worked and time stolen, in seconds since the machine started."""
    wanted = {f"cpu{core}" for core in numbers}
    rows = [line.split() for line in _text(_PROC / "stat").splitlines()]
    ticks = [[int(word) for word in row[1:9]] for row in rows if row and row[0] in wanted]
    if not ticks or any(len(row) <= _STEAL for row in ticks):
        return None, None
    second = os.sysconf("SC_CLK_TCK")
    # user, nice, system, idle, iowait, irq, softirq, steal: proc(5)
    worked = sum(sum(row[:3]) + row[5] + row[6] for row in ticks) / second
    return worked, sum(row[_STEAL] for row in ticks) / second


def running() -> int | None:
    """Threads of the whole system that run or want to."""
    found = re.search(r" (\d+)/\d+ ", _text(_PROC / "loadavg"))
    return int(found[1]) if found else None


def frequency(core: int) -> float | None:
    """Of one processor, in hertz."""
    kilo = _whole(_core(core) / "cpufreq/scaling_cur_freq")
    if kilo is not None:
        return kilo * 1e3
    # the top of the file only: on a large machine the kernel takes milliseconds to write it all
    block = rf"^processor\s*:\s*{core}$.*?^cpu MHz\s*:\s*([\d.]+)"
    found = re.search(block, _text(_PROC / "cpuinfo", 4096), re.MULTILINE | re.DOTALL)
    return float(found[1]) * 1e6 if found else None


def temperature() -> float | None:
    """Of the processor, in degrees Celsius; other sensors' zones say nothing of it."""
    sensor = _sensor(_SYS)
    milli = None if sensor is None else _whole(sensor)
    return None if milli is None else milli / 1000


def throttles(core: int) -> int | None:
    """How often this processor's package has slowed itself down since the machine started."""
    return _whole(_core(core) / "thermal_throttle/package_throttle_count")


def _core(number: int) -> Path:
    return _SYS / f"devices/system/cpu/cpu{number}"


@cache
def _sensor(root: Path) -> Path | None:
    """The file to read; looked for once, since some sensors answer slowly."""
    for name, value in (
        ("class/thermal/thermal_zone*/type", "temp"),
        ("class/hwmon/hwmon*/name", "temp1_input"),
    ):
        for file in sorted(root.glob(name)):
            if _text(file).strip() in _CPU_SENSORS and (file.parent / value).exists():
                return file.parent / value
    return None


def _whole(file: Path) -> int | None:
    said = _text(file).strip()
    return int(said) if re.fullmatch(r"-?\d+", said) else None


def _text(file: Path, most: int = -1) -> str:
    try:
        with file.open(encoding="ascii", errors="replace") as stream:
            return stream.read(most)
    except OSError:
        return ""
