"""CUDA's own clock: events recorded in the stream around a step."""

from __future__ import annotations

from typing import Any

from bench.clock import DeviceClock


class CudaClock:
    """Seconds between two events; `stop` waits for the second."""

    def __init__(self, device: str) -> None:
        import torch

        self._cuda: Any = torch.cuda
        self._device = device
        with torch.cuda.device(device):
            self._begin = torch.cuda.Event(enable_timing=True)
            self._end = torch.cuda.Event(enable_timing=True)

    def start(self) -> None:
        """Nothing older may still run when the first event is recorded."""
        self._cuda.synchronize(self._device)
        self._begin.record(self._cuda.current_stream(self._device))

    def stop(self) -> float:
        """`elapsed_time` is in milliseconds."""
        self._end.record(self._cuda.current_stream(self._device))
        self._end.synchronize()
        return float(self._begin.elapsed_time(self._end)) / 1e3


def clock_of(device: str) -> DeviceClock | None:
    """The device's own clock; None for a processor, whose only clock is the wall's."""
    return CudaClock(device) if device.startswith("cuda") else None
