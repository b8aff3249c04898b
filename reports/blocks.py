"""From turns to the unit of analysis: what one pair of processes says of a cell, as a log ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

TRIMMED = 0.2
"""Share of a pair's blocks left out at either end: one burst of another program is not its mean."""


def block_ratios(base: Array, head: Array) -> Array:
    """Log ratios head to base, (..., blocks), of turns in seconds, (..., 2 * blocks).

    A block is two turns of either arm in the order base, head, head, base or the reverse, so that
    a linear drift meets both alike.
    """
    import numpy

    def blocks(turns: Array) -> Array:
        halves: Array = numpy.log(turns).reshape(*turns.shape[:-1], turns.shape[-1] // 2, 2)
        means: Array = halves.mean(axis=-1)
        return means

    found: Array = blocks(head) - blocks(base)
    return found


def pair_ratio(blocks: Array) -> Array:
    """The trimmed mean over a pair's blocks, (..., blocks) -> (...).

    A pair's turns are no replicates, so their spread is not used; only how the pair is summed up
    is chosen here, and that cannot make a gate's level wrong.
    """
    from scipy.stats import trim_mean

    found: Array = trim_mean(blocks, TRIMMED, axis=-1)
    return found
