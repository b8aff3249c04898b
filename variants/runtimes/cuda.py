"""The CUDA allocator's peaks, and how they are started anew."""

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
