"""What only a CUDA device has: its allocator's peaks, and a clock of its own."""

from __future__ import annotations

import gc

import torch


def peaks(device: torch.device) -> dict[str, int]:
    """Most bytes allocated and reserved since the last `release`, which it calls after."""
    torch.cuda.synchronize(device)
    found = {
        "allocated": int(torch.cuda.max_memory_allocated(device)),
        "reserved": int(torch.cuda.max_memory_reserved(device)),
    }
    release(device)
    return found


def release(device: torch.device) -> None:
    """Give back what nobody holds, then start the peaks anew; the order matters.

    Garbage that still lives would stay allocated, and cached blocks reserved, in the new peaks.
    """
    gc.collect()
    with torch.cuda.device(device):
        torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)


class Events:
    """`bench.model.Stopwatch` by two CUDA events."""

    def __init__(self, device: torch.device) -> None:
        with torch.cuda.device(device):
            self._begun = torch.cuda.Event(enable_timing=True)
            self._ended = torch.cuda.Event(enable_timing=True)
            self._stream = torch.cuda.current_stream(device)

    def start(self) -> None:
        """Mark the beginning in the stream."""
        self._begun.record(self._stream)

    def stop(self) -> None:
        """Mark the end in the stream."""
        self._ended.record(self._stream)

    def seconds(self) -> float:
        """Waits for the second mark; its resolution is half a microsecond."""
        self._ended.synchronize()
        return self._begun.elapsed_time(self._ended) / 1000
