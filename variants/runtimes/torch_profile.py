"""PyTorch's profiler around one run of a step: its operators, and the trace that Perfetto opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from bench.operators import Operator

MICRO = 1e-6


def operators(step: Callable[[], object], trace: Path, device: torch.device) -> list[Operator]:
    """Operators by name; a GPU's time is that of the kernels that each one launched itself."""
    on_gpu = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=activities) as seen:
        step()
    seen.export_chrome_trace(str(trace))
    return [
        Operator(
            name=event.key,
            calls=event.count,
            cpu_seconds=event.self_cpu_time_total * MICRO,
            device_seconds=event.self_device_time_total * MICRO if on_gpu else None,
        )
        for event in seen.key_averages()
        if event.device_type == DeviceType.CPU  # kernels stand with who launched them
    ]
