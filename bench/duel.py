"""Two steps in turn, so that a drift of the machine meets both alike: a ratio with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from bench.cell import Cell
from bench.clock import Lap, no_collector, with_room
from bench.doubts import of_samples
from bench.metric import Metric
from bench.metrics.speedup import decode_speedup, first_token_speedup, latency_speedup
from bench.note import Note
from bench.profiling import Profiler
from bench.sampling import Plan, rounds, warm_up
from bench.steady import effective, steady_from
from bench.vigil import Vigil

Step = Callable[[], object]
Part = Callable[[Lap], float]

RECIPE = "abba"
PARTS: dict[Metric, Part] = {
    first_token_speedup: lambda lap: lap.ticks[0],
    decode_speedup: lambda lap: lap.ticks[-1] - lap.ticks[0],
    latency_speedup: lambda lap: lap.seconds,
}
"""What part of a lap each ratio is of; the first two need ticks."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Four laps in the order teacher, variant, variant, teacher: a linear drift cancels out."""

    teacher: tuple[Lap, Lap]
    variant: tuple[Lap, Lap]

    def speedup(self, part: Part) -> float:
        """How often as fast the variant was: the geometric means' ratio."""
        first, last = (part(lap) for lap in self.teacher)
        one, other = (part(lap) for lap in self.variant)
        return sqrt(first * last / (one * other))


class Duel(Note):
    """The `duel` fixture: both steps at once, where `measure` times one."""

    def __init__(
        self,
        cell: Cell,
        plan: Plan,
        vigil: Vigil | None = None,
        profiler: Profiler | None = None,
    ) -> None:
        super().__init__(cell)
        self._profiler = profiler
        self._plan = plan
        self._vigil = vigil or Vigil()
        self._watch = self._vigil.stopwatch
        self.tick = self._watch.ticker
        """Hand this to both steps."""
        self.speedups: dict[Metric, list[float]] = {}
        """Of each block in the last call; a suite derives figures of its own from them."""
        self.cut = 0
        """How many blocks came before the steady state."""

    def __call__(self, teacher: Step, variant: Step) -> None:
        """Time both in ABBA blocks, and note every ratio that their ticks allow."""
        with self._vigil.around(self):
            blocks = self._blocks(teacher, variant)
        ticked = all(len(lap.ticks) > 1 for block in blocks for lap in block.teacher)
        whole = [block.speedup(PARTS[latency_speedup]) for block in blocks]
        cut = self.cut = steady_from(whole)
        for metric, part in PARTS.items():
            if ticked or metric is latency_speedup:
                self.speedups[metric] = [block.speedup(part) for block in blocks]
                self.samples(metric, self.speedups[metric], cut, RECIPE)
        for status, reason in of_samples(whole, cut, self._plan):
            self.doubt(status, reason)
        self.fact(
            "sampling", {"blocks": len(blocks), "cut": cut, "effective": effective(whole[cut:])}
        )
        self.fact("laps", {"teacher": _seconds(blocks, "teacher"),
                           "variant": _seconds(blocks, "variant")})  # fmt: skip
        if self._profiler:
            self._profiler(variant, self, self._cell.label)
            self.tick.drain(0.0)

    def _blocks(self, teacher: Step, variant: Step) -> list[Block]:
        def timed() -> list[Block]:
            again = warm_up(teacher, self._plan, self._watch)
            more = warm_up(variant, self._plan, self._watch)
            return rounds(
                lambda: self._block(teacher, variant, max(again, more)),
                lambda block: block.speedup(PARTS[latency_speedup]),
                self._plan,
            )

        with no_collector():
            return with_room(timed)

    def _block(self, teacher: Step, variant: Step, repeats: int) -> Block:
        lap = self._watch.lap
        first, one = lap(teacher, repeats), lap(variant, repeats)
        other, last = lap(variant, repeats), lap(teacher, repeats)
        return Block(teacher=(first, last), variant=(one, other))


def _seconds(blocks: list[Block], side: str) -> list[float]:
    return [lap.seconds for block in blocks for lap in getattr(block, side)]
