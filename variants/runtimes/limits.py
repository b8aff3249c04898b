"""What the machine can do at most in PyTorch: bytes read and operations done in a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch

from bench.machine import memory_bytes
from bench.variant import Place

Act = Callable[[], object]
SECONDS = 0.15
"""Spent on each kernel; the blocks of samples share it."""
BLOCKS = (3, 15)
"""Fewest and most blocks of a kernel."""
BLOCK = 0.01
"""Seconds that a block holds at least, by repeating inside."""
SMALLEST, LARGEST = 256 * 2**20, 2**30
"""Bytes of the buffer that is read."""
SIDES = (512, 8192)
"""Smallest and largest side of the multiplied squares."""
DTYPES = (torch.float32, torch.bfloat16, torch.float16)


def limits(place: Place) -> dict[str, Any]:
    """Read bandwidth (B/s), and operations a second of large matmuls by dtype.

    A limit is the median of blocks, of the kernel with the highest median: what is sustained,
    not one lucky block. The best block and every block are kept beside it. About two seconds.
    """
    began = perf_counter()
    torch.set_num_threads(place.threads)
    with torch.inference_mode():
        found = {
            "device": place.device,
            "threads": torch.get_num_threads(),
            "cache_bytes": cache_bytes(),
            "read_bandwidth": _bandwidth(place.device),
            "matmul": _matmuls(place.device),
        }
    return {**found, "seconds": perf_counter() - began}


def _bandwidth(device: str) -> dict[str, Any]:
    """Bytes a second that are read from memory, from a buffer that no cache should hold."""
    size = buffer_bytes(cache_bytes(), memory_bytes())
    buffer = torch.ones(size // 4, device=device)
    matrix, vector = buffer.view(-1, 4096), torch.ones(4096, device=device)
    kernels = {"mv": lambda: torch.mv(matrix, vector), "sum": buffer.sum}
    found = {name: blocks(act, device) for name, act in kernels.items()}
    return _limit({name: [size / s for s in seconds] for name, seconds in found.items()}, size)


def _matmuls(device: str) -> dict[str, Any]:
    """By dtype; float16 on a GPU only, int8 where torch has a kernel."""
    dtypes = DTYPES if device != "cpu" else DTYPES[:2]
    found = {str(dtype).removeprefix("torch."): _matmul(dtype, device) for dtype in dtypes}
    whole = _int8(device)
    return {**found, "int8": whole} if whole else found


def _matmul(dtype: torch.dtype, device: str) -> dict[str, Any]:
    def squares(side: int) -> Act:
        a = torch.randn(side, side, device=device).to(dtype)
        b = torch.randn(side, side, device=device).to(dtype)
        return lambda: a @ b.t()

    side, act = _large(squares, device)
    return _limit({"matmul": [2 * side**3 / s for s in blocks(act, device)]}, side)


def _int8(device: str) -> dict[str, Any] | None:
    def squares(side: int) -> Act:
        a, b = torch.randint(-99, 99, (2, side, side), dtype=torch.int8, device=device)
        return lambda: torch._int_mm(a, b.t())

    def dynamic(side: int) -> Act:
        rows = torch.randint(-99, 99, (side, side), dtype=torch.int8)
        ones, zeros = torch.ones(side).double(), torch.zeros(side, dtype=torch.long)
        weight = torch._make_per_channel_quantized_tensor(rows, ones, zeros, 0)
        packed = torch.ops.quantized.linear_prepack(weight, None)
        x = torch.randn(side, side)
        return lambda: torch.ops.quantized.linear_dynamic(x, packed, True)

    kernels = {"_int_mm": squares, **({"linear_dynamic": dynamic} if device == "cpu" else {})}
    rates, sides = {}, {}
    for name, kernel in kernels.items():
        try:
            sides[name], act = _large(kernel, device)
            rates[name] = [2 * sides[name] ** 3 / s for s in blocks(act, device)]
        except (RuntimeError, NotImplementedError):  # this build or device has no such kernel
            continue
    return _limit(rates, max(sides.values())) if rates else None


def _large(squares: Callable[[int], Act], device: str) -> tuple[int, Act]:
    """The smallest side whose product takes a block's time, so that calling it costs nothing."""
    side, largest = SIDES
    while True:
        act = squares(side)
        act()
        if side >= largest or min(_seconds(act, 1, device) for _ in range(2)) >= BLOCK:
            return side, act
        side *= 2


def blocks(act: Act, device: str) -> list[float]:
    """Seconds of one `act`, a mean over each block; the first block is not kept."""
    act()
    once = max(_seconds(act, 1, device), 1e-7)
    repeats = max(1, round(BLOCK / once))
    fewest, most = BLOCKS
    count = min(most, max(fewest, int(SECONDS / (once * repeats))))
    return [_seconds(act, repeats, device) for _ in range(count)]


def _seconds(act: Act, repeats: int, device: str) -> float:
    wait = torch.cuda.synchronize if device != "cpu" else lambda: None
    wait()
    start = perf_counter()
    for _ in range(repeats):
        act()
    wait()
    return (perf_counter() - start) / repeats


def _limit(rates: dict[str, list[float]], size: int) -> dict[str, Any]:
    """The kernel with the highest median; `size`: bytes of the buffer, or a square's side."""
    name = max(rates, key=lambda name: median(rates[name]))
    found = rates[name]
    low, high = min(found), max(found)
    return {
        "limit": median(found),
        "best": high,
        "spread": (high - low) / median(found),
        "kernel": name,
        "size": size,
        "samples": found,
    }


def buffer_bytes(cache: int | None, memory: int | None) -> int:
    """Twice the last cache, but never much of a small machine's memory."""
    wanted = min(LARGEST, max(SMALLEST, 2 * (cache or 0)))
    if memory:
        wanted = min(wanted, memory // 8)
    return wanted // 2**20 * 2**20


def cache_bytes() -> int | None:
    """Of the processor's last cache, as Linux describes it; None elsewhere."""
    sizes = [_size(file) for file in Path("/sys/devices/system/cpu/cpu0/cache").glob("*/size")]
    return max(filter(None, sizes), default=None)


def _size(file: Path) -> int | None:
    text = file.read_text().strip()
    factor = {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:])
    return int(text[:-1]) * factor if factor and text[:-1].isdigit() else None
