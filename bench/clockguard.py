"""Throws away samples that a GPU took with its clock down; on a processor it keeps all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench import gpus
from bench.record import Status

SHARE = 0.75
"""Of the default clock; a sample below is not kept (as nvbench has it)."""
DISCARDS = 32
"""So often a cell at most; then slow samples are kept, and the cell says `throttled`."""
RETRIES = 3
"""How often one lap is run again before it is kept all the same, and counted as slow."""
PAUSE = 0.05
"""Seconds of rest after a sample that is not kept."""


def _nothing() -> None:
    return None


@dataclass
class ClockGuard:
    """Asked after each sample, outside the clock, whether that sample counts."""

    clock: Callable[[], float | None] = _nothing
    """The clock now, in hertz; None where it cannot be had."""
    reasons: Callable[[], tuple[str, ...] | None] = _nothing
    """What holds it down now."""
    default: float | None = None
    """What the clock should be, in hertz; None: keep everything."""
    rest: Callable[[float], None] = time.sleep
    discards: int = DISCARDS
    _seen: Counter[str] = field(default_factory=Counter)
    _kept: int = 0
    _slow: int = 0
    _discarded: int = 0
    _in_a_row: int = 0
    _lowest: float | None = None

    def keep(self) -> bool:
        """Whether the sample that has just ended counts; if not, take another."""
        now = self.clock() if self.default else None
        if now is None or self.default is None:
            return True
        self._lowest = now if self._lowest is None else min(now, self._lowest)
        fine = steady(now, self.default)
        if fine or self._in_a_row >= RETRIES or self._discarded >= self.discards:
            self._in_a_row = 0
            self._slow += not fine
            self._kept += 1
            self._seen.update(self.reasons() or ())
            return True
        self._discarded += 1
        self._in_a_row += 1
        self.rest(PAUSE)
        return False

    def facts(self) -> dict[str, Any]:
        """What it saw, in plain values; empty where nothing was watched."""
        if self._lowest is None:
            return {}
        return {
            "default_clock_hz": self.default,
            "lowest_clock_hz": self._lowest,
            "kept": self._kept,
            "kept_below_limit": self._slow,
            "discarded": self._discarded,
            "throttling": dict(self._seen),
        }

    def doubts(self) -> dict[Status, str]:
        """`throttled` where samples with the clock down had to be kept, or most were held down."""
        if self._slow and self._lowest and self.default:
            return {"throttled": (
                f"{self._slow} of {self._kept} samples ran with the SM clock below {SHARE:.0%} of "
                f"{self.default / 1e6:.0f} MHz (lowest {self._lowest / 1e6:.0f}), after "
                f"{self._discarded} were discarded"
            )}  # fmt: skip
        most = [name for name, times in self._seen.items() if 2 * times > self._kept]
        if most:
            return {"throttled": f"{', '.join(most)} held the GPU's clocks in most samples"}
        return {}


def steady(clock: float, default: float) -> bool:
    """Whether a clock is near enough to what it should be."""
    return clock >= SHARE * default


def watching(device: str) -> ClockGuard:
    """A guard for `device`; one that keeps everything on a processor or without NVML.

    Boards that tell no default clock are held to the highest that they boost to.
    """
    gpu = gpus.find(device)
    if gpu is None:
        return ClockGuard()
    default = gpu.default_clock() or gpu.max_clock()
    return ClockGuard(clock=gpu.sm_clock, reasons=gpu.throttling, default=default)
