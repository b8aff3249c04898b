"""Looks for the largest size that fits: guesses from the peaks seen, then closes the bracket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.fresh import Tried

FASTEST = 64
"""Times the largest size that fitted, at most, for the next guess upwards."""
FINE = 32
"""The bracket is closed once it is narrower than this part of the size: exact up to 63."""
MOST = 2**16
"""Beyond it nobody asks."""


@dataclass
class Frontier:
    """A search between the largest size that fitted and the smallest that did not."""

    attempt: Callable[[int], Tried]
    budget: int
    top: int
    """The largest size that is asked for."""
    tried: dict[int, Tried] = field(default_factory=dict)

    def largest(self) -> int | None:
        """The largest size that was seen to fit; None where not even 1 does."""
        guess = 1
        while self._bracket_is_open():
            self.tried[guess] = self.attempt(guess)
            if guess == 1 and not self.tried[1].fits:
                return None
            guess = self._next()
        return self.low

    def as_json(self) -> list[dict[str, Any]]:
        """What was tried, in order, for the run file."""
        return [{"size": size, **asdict(found)} for size, found in self.tried.items()]

    @property
    def low(self) -> int:
        """The largest that fitted; 0 before any did."""
        return max((size for size, found in self.tried.items() if found.fits), default=0)

    @property
    def high(self) -> int:
        """The smallest that did not fit; one beyond the top where all did."""
        lost = (size for size, found in self.tried.items() if not found.fits)
        return min(lost, default=self.top + 1)

    def _bracket_is_open(self) -> bool:
        return self.high - self.low > max(1, self.low // FINE)

    def _next(self) -> int:
        low, high, step = self.low, self.high, max(1, self.low // FINE)
        if high > self.top:
            most = min(low * FASTEST, self.top)
            return min(max(low + step, self._expected() or most), most)
        middle = (low + high) // 2
        halving = len(self.tried) % 2 == 0  # every other time, so that it ends whatever is seen
        aim = middle if halving else self._expected() or middle
        return max(low + step, min(aim, high - step))

    def _expected(self) -> int | None:
        """Where the straight line through the two largest that fitted meets the budget."""
        known = [(size, f.peak) for size, f in sorted(self.tried.items()) if f.fits and f.peak]
        if len(known) < 2:
            return None
        (x0, y0), (x1, y1) = known[-2:]
        if y1 <= y0:
            return None
        return int(x1 + (self.budget - y1) * (x1 - x0) / (y1 - y0))
