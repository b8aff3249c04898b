"""One GPU's answers, through the real pynvml, from a driver that says what it was told."""

from __future__ import annotations

from ctypes.util import find_library

import pytest

from bench.nvml import decode
from tests.stub.driver import Driver

ONE = """
driver 999.1
gpu GPU-aaaa 0 1 0
memory 80000 5000
process self 3000
process 1 1000
clock 1700 1600 1980
temperature 61
reasons 0x64
energy 1000 50 2
"""
SEE = """
from bench import gpus, kin, nvml
gpu = gpus.find("cuda")
answer = {
    "used": gpu.used_bytes(), "own": gpu.own_bytes(), "others": gpu.others(),
    "clock": gpu.sm_clock(), "default": gpu.default_clock(), "max": gpu.max_clock(),
    "temperature": gpu.temperature(), "throttling": gpu.throttling(),
    "joules": [gpu.joules() for _ in range(5)],
}
"""
HOST = "from bench import kin\nkin.sees_all_processes = lambda: True\n"
CONTAINER = "from bench import kin\nkin.sees_all_processes = lambda: False\n"


def test_every_figure_in_its_base_unit(driver: Driver) -> None:
    driver.tell(ONE)
    assert driver.ask(HOST + SEE) == {
        "used": 5000, "own": 3000, "others": 1,
        "clock": 1.7e9, "default": 1.6e9, "max": 1.98e9, "temperature": 61,
        "throttling": ["sw_power_cap", "sw_thermal_slowdown", "hw_thermal_slowdown"],
        "joules": [1.0, 1.0, 1.05, 1.05, 1.1],
    }  # fmt: skip


def test_what_it_is(driver: Driver) -> None:
    driver.tell(ONE)
    assert driver.ask("from bench import machine; answer = machine.gpu('cuda:0')") == {
        "name": "Stub of bus 1", "uuid": "GPU-aaaa", "driver": "999.1", "memory_bytes": 80000,
        "sm_clock_hz": 1.7e9, "default_clock_hz": 1.6e9, "max_clock_hz": 1.98e9,
    }  # fmt: skip


def test_what_is_not_supported_is_none(driver: Driver) -> None:
    """As on a MIG instance; never 0, never an exception."""
    refused = """
    unsupported nvmlDeviceGetMemoryInfo
    unsupported nvmlDeviceGetComputeRunningProcesses_v3
    unsupported nvmlDeviceGetClockInfo
    unsupported nvmlDeviceGetMaxClockInfo
    unsupported nvmlDeviceGetDefaultApplicationsClock
    unsupported nvmlDeviceGetTemperature
    unsupported nvmlDeviceGetCurrentClocksEventReasons
    unsupported nvmlDeviceGetTotalEnergyConsumption
    """
    driver.tell(ONE + refused)
    found = driver.ask(HOST + SEE)
    assert found.pop("throttling") == [  # asked by the older name too
        "sw_power_cap", "sw_thermal_slowdown", "hw_thermal_slowdown",
    ]  # fmt: skip
    assert found.pop("joules") == [None] * 5
    assert set(found.values()) == {None}


def test_a_boards_missing_reasons_are_none(driver: Driver) -> None:
    driver.tell(
        ONE + "unsupported nvmlDeviceGetCurrentClocksEventReasons\n"
        "unsupported nvmlDeviceGetCurrentClocksThrottleReasons"
    )
    assert driver.ask(HOST + SEE)["throttling"] is None


def test_a_process_whose_bytes_are_not_told(driver: Driver) -> None:
    driver.tell("gpu GPU-aaaa 0 1 0\nmemory 10 1\nprocess self none")
    found = driver.ask(HOST + SEE)
    assert (found["own"], found["others"]) == (None, 0)


def test_a_process_that_is_not_listed_holds_an_unknown_amount(driver: Driver) -> None:
    driver.tell("gpu GPU-aaaa 0 1 0\nmemory 10 1")
    found = driver.ask(HOST + SEE)
    assert (found["own"], found["others"]) == (None, 0)


def test_host_ids_in_a_container_say_nothing(driver: Driver) -> None:
    """Ours may stand there by chance as another's: an id that is not here gives them away."""
    driver.tell("gpu GPU-aaaa 0 1 0\nmemory 10 9\nprocess 4000000000 5\nprocess self 3")
    found = driver.ask(CONTAINER + SEE)
    assert (found["own"], found["others"], found["used"]) == (None, None, 9)


def test_translated_ids_in_a_container_count_what_is_seen(driver: Driver) -> None:
    driver.tell("gpu GPU-aaaa 0 1 0\nprocess self 3")
    found = driver.ask(CONTAINER + SEE)
    assert (found["own"], found["others"]) == (3, None), "0 cannot be told from hidden"
    driver.tell("gpu GPU-aaaa 0 1 0\nprocess self 3\nprocess 1 4")
    assert driver.ask(CONTAINER + SEE)["others"] == 1


def test_our_own_children_and_our_session_are_no_strangers(driver: Driver) -> None:
    driver.tell("gpu GPU-aaaa 0 1 0")
    code = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
with told.open("a") as file:
    file.write(f"process self 1\\nprocess {child.pid} 1\\nprocess {os.getppid()} 1\\n")
from bench import gpus
alone = gpus.find("cuda").others()
os.environ["WEIGHBRIDGE_PARENT"] = str(os.getppid())
answer = [alone, gpus.find("cuda").others()]
child.communicate(b"")
"""
    assert driver.ask(HOST + code) == [1, 0]


def test_no_driver_is_no_gpu(driver: Driver) -> None:
    """The library is there but answers that no driver is loaded: the file was never written."""
    assert driver.ask("from bench import gpus; answer = gpus.find('cuda')") is None


@pytest.mark.skipif(find_library("nvidia-ml") is not None, reason="a driver is installed here")
def test_no_library_is_no_gpu(driver: Driver) -> None:
    code = "from bench import gpus; answer = gpus.find('cuda') is None"
    driver.tell(ONE)
    assert driver.ask(code) is False
    assert driver.ask(code, LD_LIBRARY_PATH="/nowhere") is True


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (0x0, ()),
        (0x1, ()),
        (0x103, ()),
        (0x1 | 0x8, ("hw_slowdown",)),
        (0x600, ("board_limit", "reliability")),
        (1 << 40, ("unknown_0x10000000000",)),
    ],
)
def test_idle_and_what_the_owner_asked_for_is_no_throttling(
    bits: int, names: tuple[str, ...]
) -> None:
    assert decode(bits) == names


def test_names_follow_the_library() -> None:
    import pynvml

    for name, bit in (
        ("sw_power_cap", pynvml.nvmlClocksEventReasonSwPowerCap),
        ("hw_slowdown", pynvml.nvmlClocksEventReasonHwSlowdown),
        ("sync_boost", pynvml.nvmlClocksEventReasonSyncBoost),
        ("sw_thermal_slowdown", pynvml.nvmlClocksEventReasonSwThermalSlowdown),
        ("hw_thermal_slowdown", pynvml.nvmlClocksThrottleReasonHwThermalSlowdown),
        ("hw_power_brake_slowdown", pynvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown),
    ):
        assert decode(bit) == (name,)
    idle = pynvml.nvmlClocksEventReasonGpuIdle
    assert decode(idle | pynvml.nvmlClocksEventReasonApplicationsClocksSetting) == ()
