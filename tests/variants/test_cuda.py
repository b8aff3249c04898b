"""What only a CUDA device has; runs where a GPU is (tox run -e gpu)."""

import pytest
import torch

from bench.cuda_clock import clock_of
from bench.variant import Place
from tests.variants import tiny
from variants.runtimes import cuda
from variants.runtimes.plain import load_plain
from variants.runtimes.pytorch import prepare

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU and its torch"),
]
DEVICE = torch.device("cuda", 0)
MEGABYTE = 1 << 20


def test_the_peak_is_what_was_allocated_and_then_starts_anew():
    cuda.release(DEVICE)
    before = torch.cuda.memory_allocated(DEVICE)
    held = torch.empty(64 * MEGABYTE, dtype=torch.uint8, device=DEVICE)
    del held
    found = cuda.peaks(DEVICE)
    assert found["allocated"] == before + 64 * MEGABYTE
    assert found["reserved"] >= found["allocated"]
    after = cuda.peaks(DEVICE)
    assert after["allocated"] == before
    assert after["reserved"] <= found["reserved"] - 64 * MEGABYTE


def test_garbage_is_no_part_of_the_next_peak():
    """A circle keeps its tensor until it is collected, which is why that comes first."""
    cuda.release(DEVICE)
    before = torch.cuda.memory_allocated(DEVICE)
    circle = [torch.empty(64 * MEGABYTE, dtype=torch.uint8, device=DEVICE)]
    circle.append(circle)
    del circle
    cuda.release(DEVICE)
    assert cuda.peaks(DEVICE)["allocated"] == before


def test_events_time_the_device_and_not_the_host():
    a = torch.randn(4096, 4096, device=DEVICE)
    (a @ a).sum().item()
    seconds = []
    for times in (0, 1, 8):
        clock = clock_of("cuda:0")
        clock.start()
        for _ in range(times):
            a @ a
        seconds.append(clock.stop())
    assert 0 <= seconds[0] < seconds[1] < seconds[2]


def test_a_model_says_its_peak_and_lets_go(tmp_path):
    folder = tiny.checkpoint(tmp_path / "model", next(iter(tiny.ARCHITECTURES)))
    place = Place(device="cuda", threads=1)
    prepare(folder, place)
    cuda.release(DEVICE)
    before = torch.cuda.memory_allocated(DEVICE)
    model = load_plain(folder, place, "float32")
    weights = sum(model.weight_bytes().values())
    assert model.device_peak()["allocated"] >= weights
    model.generate([[1, 2, 3]], 2)
    assert model.device_peak()["reserved"] >= weights
    model.close()
    del model
    cuda.release(DEVICE)
    assert torch.cuda.memory_allocated(DEVICE) <= before + weights // 10
