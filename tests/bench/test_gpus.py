"""Which GPU a device means, under every order and choice that CUDA knows."""

from __future__ import annotations

import os

import pytest

from bench import gpus
from bench.gpus import Card, visible
from bench.needs import cuda
from bench.process import QUIET
from tests.stub.driver import Driver

TWO = """
driver 999.1
gpu GPU-far-1111 0 101 0
memory 1000 10
gpu GPU-near-2222 0 23 0
memory 2000 20
"""
"""NVML lists the farther slot first; CUDA, in PCI order, the nearer."""
PCI = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def uuid(driver: Driver, device: str, **environment: str) -> str | None:
    """Of the GPU that `device` means there."""
    code = (
        "from bench import gpus\n"
        f"gpu = gpus.find({device!r})\n"
        "answer = gpu and [gpu.uuid, gpu.used_bytes()]"
    )
    found = driver.ask(code, **environment)
    assert found in (None, ["GPU-far-1111", 10], ["GPU-near-2222", 20], ["MIG-3333", 5])
    return found and str(found[0])


@pytest.mark.parametrize(
    ("device", "chosen", "expected"),
    [
        ("cuda", None, "GPU-near-2222"),
        ("cuda:0", None, "GPU-near-2222"),
        ("cuda:1", None, "GPU-far-1111"),
        ("cuda:2", None, None),
        ("cuda:0", "1", "GPU-far-1111"),
        ("cuda:1", "1,0", "GPU-near-2222"),
        ("cuda:1", "1", None),
        ("cuda:0", "GPU-far", "GPU-far-1111"),
        ("cuda:0", "GPU-", None),
        ("cuda:0", "-1", None),
        ("cuda:0", "", None),
        ("cuda:1", "0,9,1", None),
        ("cpu", None, None),
    ],
)
def test_in_pci_order(
    driver: Driver, device: str, chosen: str | None, expected: str | None
) -> None:
    driver.tell(TWO)
    environment = PCI if chosen is None else {**PCI, "CUDA_VISIBLE_DEVICES": chosen}
    assert uuid(driver, device, **environment) == expected


def test_an_order_that_cannot_be_known_matches_nothing(driver: Driver) -> None:
    """CUDA's own order is by speed, which NVML does not tell; a UUID needs no order."""
    driver.tell(TWO)
    assert uuid(driver, "cuda:0") is None
    assert uuid(driver, "cuda:0", CUDA_VISIBLE_DEVICES="1") is None
    assert uuid(driver, "cuda:0", CUDA_VISIBLE_DEVICES="GPU-far-1111") == "GPU-far-1111"


def test_of_one_gpu_every_order_is_the_same(driver: Driver) -> None:
    driver.tell("gpu GPU-far-1111 0 101 0\nmemory 1000 10")
    assert uuid(driver, "cuda") == "GPU-far-1111"


def test_a_mig_instance_by_its_name(driver: Driver) -> None:
    driver.tell(TWO + "gpu MIG-3333 0 23 0\nhidden\nmemory 500 5")
    assert uuid(driver, "cuda:0", CUDA_VISIBLE_DEVICES="MIG-3333") == "MIG-3333"
    assert uuid(driver, "cuda:1", CUDA_VISIBLE_DEVICES="MIG-3333") is None
    assert uuid(driver, "cuda:0", CUDA_VISIBLE_DEVICES="MIG-4444") is None


@pytest.mark.parametrize(
    ("said", "expected"), [("far-1111", "GPU-far-1111"), ("3333", "MIG-3333"), ("gone", None)]
)
def test_torch_is_believed_before_the_environment(
    driver: Driver, said: str, expected: str | None
) -> None:
    """Once it has a context, its own UUID decides; one that NVML does not know matches nothing."""
    driver.tell(TWO + "gpu MIG-3333 0 23 0\nhidden\nmemory 500 5")
    code = f"""
import sys
from types import SimpleNamespace as Has
properties = lambda at: Has(uuid={said!r}) if at == 0 else 1 / 0
sys.modules["torch"] = Has(
    cuda=Has(is_initialized=lambda: True, get_device_properties=properties)
)
from bench import gpus
gpu = gpus.find("cuda:0")
answer = gpu and gpu.uuid
"""
    assert driver.ask(code, **PCI) == expected


def test_the_machine_is_asked_under_the_order_that_models_are_loaded_under(driver: Driver) -> None:
    driver.tell(TWO)
    code = "from bench import machine; answer = machine.gpu('cuda:0')['uuid']"
    assert driver.ask(code, CUDA_DEVICE_ORDER="FASTEST_FIRST") == "GPU-near-2222"


def test_a_name_that_fits_two_fits_none() -> None:
    cards = [Card(handle=1, uuid="GPU-ab1"), Card(handle=2, uuid="GPU-ab2")]
    assert visible(cards, "GPU-ab", True) == []
    assert visible(cards, "GPU-ab2,GPU-ab1", False) == cards[::-1]


@pytest.mark.gpu
def test_torch_and_the_driver_mean_the_same_gpu() -> None:
    if not cuda():
        pytest.skip("needs an NVIDIA GPU, none is here")
    import torch

    if not torch.cuda.is_available():
        pytest.skip("this torch has no CUDA")
    for number in range(torch.cuda.device_count()):
        by_environment = gpus.find(f"cuda:{number}", {**os.environ, **QUIET})
        held = torch.zeros(64 << 20, dtype=torch.uint8, device=f"cuda:{number}")
        by_uuid = gpus.find(f"cuda:{number}")
        said = torch.cuda.get_device_properties(number)
        assert by_uuid is not None
        assert by_uuid.uuid.removeprefix("GPU-").removeprefix("MIG-") == str(said.uuid)
        own = by_uuid.own_bytes()
        assert own is None or own >= held.numel()
        if by_environment is not None and os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
            assert by_environment.uuid == by_uuid.uuid
