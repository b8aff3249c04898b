"""Gates on synthetic noise: what a shared machine does to turns, with every part known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray
from scipy.signal import lfilter

from reports.blocks import block_ratios, pair_ratio
from reports.verdict import CONFIRM, SCREEN, Bars, Judged, judge, suspects

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How turns scatter, in log seconds."""

    process: float = 0.005
    """Between pairs of processes."""
    turn: float = 0.01
    memory: float = 0.5
    """Autocorrelation from one turn to the next."""
    ramp: float = 0.02
    """How much slower the machine is at a pair's end, as it grows warm."""
    tails: float = 3.0
    """Degrees of freedom of Student's t that a turn's noise has."""
    blocks: int = 8
    order: tuple[int, int, int, int] = (0, 1, 1, 0)
    """Whose turn: 0 the base's, 1 the head's."""

    def blocked(self, shape: tuple[int, ...], dice: numpy.random.Generator) -> Array:
        """Log ratios of blocks, shape + (blocks,), nothing changed."""
        turns = 4 * self.blocks
        noise = dice.standard_t(self.tails, (*shape, turns)) * (1 - 2 / self.tails) ** 0.5
        drift = self.ramp * numpy.linspace(0, 1, turns)
        seconds = numpy.exp(
            self.turn * (1 - self.memory**2) ** 0.5 * lfilter([1], [1, -self.memory], noise) + drift
        ).reshape(*shape, self.blocks, 4)
        arms = [
            seconds[..., [at for at, arm in enumerate(self.order) if arm == who]] for who in (0, 1)
        ]
        base, head = (arm.reshape(*shape, turns // 2) for arm in arms)
        return block_ratios(base, head)

    def pairs(self, shape: tuple[int, ...], dice: numpy.random.Generator) -> Array:
        """Log ratios of process pairs of that shape, nothing changed."""
        own = self.process * dice.standard_normal(shape)
        return pair_ratio(self.blocked(shape, dice)) + own


@dataclass(frozen=True)
class Gates:
    """Many whole gates."""

    judged: Judged
    pairs_a_unit: float

    def share(self, code: int) -> Array:
        """By unit: the share of gates that came to this verdict."""
        found: Array = (self.judged.verdict == code).mean(axis=0)
        return found

    def any(self, code: int) -> float:
        """The share of gates in which any unit came to it."""
        return float((self.judged.verdict == code).any(axis=-1).mean())


def gates(count: int, effect: Array, machine: Machine, margin: float, seed: int = 0) -> Gates:
    """`count` gates over units whose head is slower by `effect`, (K,) as log ratios."""
    dice = numpy.random.default_rng(seed)
    units = len(effect)
    screen = machine.pairs((count, units, SCREEN), dice) + effect[:, None]
    bars = Bars(
        margin=numpy.full(units, margin),
        group=numpy.zeros(units, int),
        blocks=numpy.ones(units, bool),
    )
    doubted = suspects(screen, bars.margin)
    confirm = numpy.full((count, units, CONFIRM), numpy.nan)
    fresh = machine.pairs((int(doubted.sum()), CONFIRM), dice)
    confirm[doubted] = fresh + numpy.broadcast_to(effect, (count, units))[doubted][:, None]
    return Gates(judge(screen, confirm, bars), SCREEN + CONFIRM * float(doubted.mean()))
