"""What Linux says of the processors, from files written by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench import sensors

STAT = """cpu  9 9 9 9 9 9 9 9 9 9
cpu0 100 10 20 5000 700 3 4 50 6 7
cpu1 200 0 0 5000 0 0 0 0 0 0
cpu2 900 0 0 5000 0 0 0 9 0 0
intr 1 2 3
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for / with nothing below it yet."""
    monkeypatch.setattr(sensors, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(sensors, "_SYS", tmp_path / "sys")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_time_worked_and_stolen_of_our_processors_only(root: Path) -> None:
    """user, nice, system, irq, softirq; neither idle nor waiting; guests are in user already."""
    write(root / "proc/stat", STAT)
    second = os.sysconf("SC_CLK_TCK")
    assert sensors.processor_seconds((0, 1)) == ((137 + 200) / second, 50 / second)


def test_a_frequency_of_the_processor_that_was_asked_for(root: Path) -> None:
    write(root / "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq", "2600000\n")
    assert sensors.frequency(3) == 2.6e9
    blocks = "".join(f"processor\t: {n}\nmodel\t: x\ncpu MHz\t\t: {n}800.25\n\n" for n in (1, 2))
    write(root / "proc/cpuinfo", blocks)
    assert sensors.frequency(2) == 2800.25e6
    assert sensors.frequency(12) is None


def test_the_temperature_is_the_processors(root: Path) -> None:
    write(root / "sys/class/thermal/thermal_zone0/type", "acpitz\n")
    write(root / "sys/class/thermal/thermal_zone0/temp", "16800\n")
    write(root / "sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n")
    write(root / "sys/class/thermal/thermal_zone1/temp", "71500\n")
    assert sensors.temperature() == 71.5


def test_a_temperature_from_the_other_place(root: Path) -> None:
    write(root / "sys/class/hwmon/hwmon4/name", "k10temp\n")
    write(root / "sys/class/hwmon/hwmon4/temp1_input", "-500\n")
    assert sensors.temperature() == -0.5


def test_how_often_the_package_slowed_down(root: Path) -> None:
    write(root / "sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "12\n")
    assert (sensors.throttles(1), sensors.throttles(0)) == (12, None)


def test_threads_that_run(root: Path) -> None:
    write(root / "proc/loadavg", "0.81 0.40 0.20 3/98 11486\n")
    assert sensors.running() == 3


def test_where_the_system_says_nothing(root: Path) -> None:
    """As off Linux."""
    assert sensors.processor_seconds((0,)) == (None, None)
    assert (sensors.frequency(0), sensors.temperature()) == (None, None)
    assert (sensors.throttles(0), sensors.running()) == (None, None)


def test_our_processors_are_those_of_the_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 1})
    assert sensors.cores() == (1, 3)
    monkeypatch.delattr(os, "sched_getaffinity")
    assert sensors.cores() == tuple(range(os.cpu_count() or 1))
