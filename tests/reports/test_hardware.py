"""The hardware key: the same for one kind of machine, another for whatever moves a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.reading import run_of
from bench.record import Run
from reports.hardware import (
    hardware_key,
    hardware_name,
    other_hardware,
    same_hardware,
)
from tests.reports import sample
from tests.reports.invented import machine

H100 = {"name": "H100", "uuid": "GPU-1", "driver": "570.1", "memory_bytes": 80_000_000_000}


def on(**changed: Any) -> dict[str, Any]:
    return {**machine(), **changed}


def run_on(**changed: Any) -> Run:
    data = sample.only("teacher")
    data["weighbridge"]["machine"] = on(**changed)
    return run_of(data)


@pytest.mark.parametrize(
    "changed",
    [
        {"versions": {"torch": "2.14.0"}},
        {"memory_bytes": 1},
        {"os": "Linux 7"},
        {"affinity": [4, 5]},
        {"commit": "0" * 40, "dirty": True},
        {"environment": {}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_moves_no_hardware(changed: dict[str, Any]) -> None:
    assert hardware_key(run_on(**changed)) == hardware_key(run_on())
    assert same_hardware(run_on(), run_on(**changed))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"cpu": "Other"}, "the processor differs: 'Invented CPU 9000' here, 'Other' there"),
        ({"cores": 4}, "the number of cores differs: 2 here, 4 there"),
        ({"threads": 1}, "the number of threads differs: 2 here, 1 there"),
        ({"flags": ["avx2"]}, "the set of instructions differs"),
        ({"governor": "powersave"}, "the governor differs"),
        ({"turbo": True}, "the turbo differs: None here, True there"),
        ({"affinity": [0]}, "the number of usable processors differs: 2 here, 1 there"),
        ({"gpu": H100}, "the GPU differs: None here, 'H100' there"),
    ],
    ids=lambda found: next(iter(found)) if isinstance(found, dict) else "",
)
def test_what_does(changed: dict[str, Any], says: str) -> None:
    assert hardware_key(run_on(**changed)) != hardware_key(run_on())
    assert says in (other_hardware(run_on(), run_on(**changed)) or "")
    assert not same_hardware(run_on(), run_on(**changed))


def test_a_gpu_is_its_model_and_driver_not_its_card() -> None:
    one = run_on(gpu=H100)
    assert hardware_key(one) == hardware_key(run_on(gpu={**H100, "uuid": "GPU-2"}))
    assert hardware_key(one) != hardware_key(run_on(gpu={**H100, "driver": "580.0"}))
    assert hardware_key(one) != hardware_key(run_on(gpu={**H100, "memory_bytes": 1}))


def test_a_gpu_without_a_name_is_no_processor() -> None:
    """Where the driver's GPU could not be matched, the machine's description is a processor's."""
    runs = [replace(run_on(), settings={"device": device}) for device in ("cpu", "cuda", "cuda:1")]
    assert other_hardware(runs[0], runs[1]) == "the device differs: 'cpu' here, 'cuda' there"
    assert hardware_key(runs[0]) != hardware_key(runs[1])
    assert same_hardware(runs[1], runs[2])


def test_the_name_is_for_a_heading() -> None:
    assert hardware_name(machine()) == "Invented CPU 9000, 2 threads"
    assert hardware_name(on(gpu=H100, threads=1)) == "Invented CPU 9000, H100, 1 thread"
    assert hardware_name({}) == "an unnamed machine"


def test_a_machine_that_says_little_has_a_key() -> None:
    assert len(hardware_key(replace(run_on(), machine={}, settings={}))) == 12
