"""The machine's state around a cell, and the doubts that it casts on the cell's figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import gpus, kin, sensors
from bench.machine import load_average
from bench.nvml import Gpu
from bench.record import Status

BUSY = 0.1
"""Share of our processors' time that others may use while a cell is measured."""
SHORTEST = 0.2
"""Seconds; over less, the kernel's ticks of 10 ms are too coarse for a share."""


@dataclass(frozen=True, kw_only=True)
class GpuState:
    """The GPU at one moment."""

    uuid: str
    others: int | None
    """Computing processes that are not of this session."""
    sm_clock_hz: float | None
    temperature_c: float | None
    throttling: tuple[str, ...] | None
    used_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class State:
    """The machine at one moment; None is what cannot be had here."""

    when: float
    """Of a clock without a zero, in seconds."""
    cores: tuple[int, ...]
    """The processors that this process may use."""
    used_s: float | None
    """Time that these processors have worked, for whomever, since the machine started."""
    stolen_s: float | None
    """Time that they were kept from us by other virtual machines."""
    own_s: float
    """Processor time of this process and its children."""
    load: float | None
    running: int | None
    """Threads that run or want to, this one included."""
    cpu_hz: float | None
    cpu_c: float | None
    cpu_throttles: int | None
    """How often the processor has slowed itself down since it started."""
    gpu: GpuState | None


def look(device: str) -> State:
    """The machine now, with the GPU that `device` means."""
    cores = sensors.cores()
    used, stolen = sensors.processor_seconds(cores)
    gpu = gpus.find(device)
    return State(
        when=time.perf_counter(),
        cores=cores,
        used_s=used,
        stolen_s=stolen,
        own_s=kin.cpu_seconds(),
        load=load_average(),
        running=sensors.running(),
        cpu_hz=sensors.frequency(cores[0]),
        cpu_c=sensors.temperature(),
        cpu_throttles=sensors.throttles(cores[0]),
        gpu=_gpu_state(gpu) if gpu else None,
    )


def between(
    before: State, after: State, limit: float = BUSY
) -> tuple[dict[str, Any], dict[Status, str]]:
    """What was seen, in plain values, and the doubts that it casts on figures taken between."""
    facts = {
        "seconds": after.when - before.when,
        "cores": len(after.cores),
        "others_share": _share(before, after, "used_s"),
        "stolen_share": _share(before, after, "stolen_s"),
        "before": _seen(before),
        "after": _seen(after),
    }
    found = {
        "busy": [*_busy(facts, limit), *_company(before, after)],
        "throttled": [*_slowed(before, after)],
    }
    doubts: dict[Status, str] = {}
    for status, why in found.items():
        if why:
            doubts["busy" if status == "busy" else "throttled"] = "; ".join(why)
    return facts, doubts


def _busy(facts: dict[str, Any], limit: float) -> Iterator[str]:
    for name, who in (("others", "other processes used"), ("stolen", "other machines took")):
        share = facts[f"{name}_share"]
        if share is not None and share > limit:
            yield (
                f"{who} {share:.0%} of the {facts['cores']} processors' time "
                f"while it ran (limit {limit:.0%})"
            )


def _company(before: State, after: State) -> Iterator[str]:
    others = max((s.gpu.others or 0 for s in (before, after) if s.gpu), default=0)
    if others:
        yield f"{others} other process{'es' * (others > 1)} computed on the GPU"


def _slowed(before: State, after: State) -> Iterator[str]:
    names = {n: None for s in (before, after) if s.gpu for n in s.gpu.throttling or ()}
    if names:
        yield f"{', '.join(names)} held the GPU's clocks"
    if before.cpu_throttles is not None and after.cpu_throttles is not None:
        times = after.cpu_throttles - before.cpu_throttles
        if times > 0:
            yield f"the processor slowed itself down {times} time{'s' * (times > 1)}"


def _share(before: State, after: State, name: str) -> float | None:
    start, stop = getattr(before, name), getattr(after, name)
    wall = after.when - before.when
    if start is None or stop is None or wall < SHORTEST or before.cores != after.cores:
        return None
    used = stop - start - (after.own_s - before.own_s if name == "used_s" else 0.0)
    return min(1.0, max(0.0, float(used) / (wall * len(after.cores))))


def _seen(state: State) -> dict[str, Any]:
    """What is of interest by itself: counters are not."""
    seen = {name: getattr(state, name) for name in ("load", "running", "cpu_hz", "cpu_c")}
    return seen | {"gpu": vars(state.gpu) if state.gpu else None}


def _gpu_state(gpu: Gpu) -> GpuState:
    return GpuState(
        uuid=gpu.uuid,
        others=gpu.others(),
        sm_clock_hz=gpu.sm_clock(),
        temperature_c=gpu.temperature(),
        throttling=gpu.throttling(),
        used_bytes=gpu.used_bytes(),
    )
