"""PyTorch's profiler around one run of a step: its operators, and the trace that Perfetto opens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from bench.operators import Operator

MICRO = 1e-6
PRIVATE = ("host_name", "traceName")
"""What a trace says of the machine that made it: its name, and the path of a draft. Left out."""


def operators(step: Callable[[], object], trace: Path, device: torch.device) -> list[Operator]:
    """Operators by name; a GPU's time is that of the kernels that each one launched itself."""
    on_gpu = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=activities) as seen:
        step()
    seen.export_chrome_trace(str(trace))
    redraw(trace)
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


def redraw(trace: Path) -> None:
    """Leave the processes that ran, under their names, for whoever looks at the trace.

    The profiler's own marks come as three processes more. Without them a processor's trace has
    one, which Perfetto unfolds at once; GPUs, all called python there, get their own names.
    """
    written = json.loads(trace.read_text(encoding="utf-8"))
    events = [one for one in written["traceEvents"] if isinstance(one.get("pid"), int)]
    labels = {one["pid"]: one["args"]["labels"] for one in events if _tells(one, "process_labels")}
    for event in events:
        label = labels.get(event["pid"], "")
        if _tells(event, "process_name") and label.startswith("GPU"):
            event["args"]["name"] = label
    kept = {key: value for key, value in written.items() if key not in PRIVATE}
    trace.write_text(json.dumps({**kept, "traceEvents": events}), encoding="utf-8")


def _tells(event: dict[str, Any], name: str) -> bool:
    return event.get("ph") == "M" and event.get("name") == name
