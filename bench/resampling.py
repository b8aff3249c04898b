"""Bootstrap intervals over blocks of text, seeded, so that a reader gets the same again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.statistics import CONFIDENCE, Interval, mean_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES, SEED = 1999, 0
FEWEST = 16
"""Blocks below which the bootstrap's interval is too narrow, and Student's t serves."""


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """A figure of blocks, how sure it is, and all that it was made of."""

    value: float
    low: float | None
    high: float | None
    """The 95 % interval; None where the blocks are too few, or all the same."""
    samples: tuple[float, ...]
    weights: tuple[float, ...]
    estimator: str
    """A key of SHAPES; `estimate` gives the same again from samples and weights."""


def mean(samples: Sequence[float], weights: Sequence[float]) -> Resampled:
    """The mean over all that the blocks hold, from their means and sizes."""
    return estimate("bootstrap_mean", samples, weights)


def rms(samples: Sequence[float], weights: Sequence[float]) -> Resampled:
    """The root of the mean square over all, from the blocks' own roots and sizes."""
    return estimate("bootstrap_rms", samples, weights)


def power(samples: Sequence[float], weights: Sequence[float]) -> Resampled:
    """exp of the mean over all: a perplexity, from the blocks' mean nats and sizes.

    Its samples stay in nats.
    """
    return estimate("bootstrap_exp", samples, weights)


SHAPES: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "bootstrap_mean": (float, float),
    "bootstrap_rms": (lambda sample: sample * sample, math.sqrt),
    "bootstrap_exp": (float, math.exp),
}
"""By estimator: what is averaged of a sample, and what is made of the average."""


def mean_of_blocks(samples: Sequence[float], weights: Sequence[float]) -> Interval:
    """95 % interval of the weighted mean of blocks that were drawn together with their weights.

    Bias-corrected and accelerated bootstrap (scipy.stats.bootstrap), below `FEWEST` blocks
    Student's t of the ratio estimator; None for one block, and for blocks that are all the same.
    """
    if len(samples) < 2 or min(samples) == max(samples):
        return None
    if len(samples) < FEWEST:
        return mean_interval(samples, weights)
    from scipy.stats import bootstrap

    found = bootstrap(
        (samples, weights),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=SEED,
    ).confidence_interval
    low, high = float(found.low), float(found.high)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _ratio(samples: NDArray[Any], weights: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    total: NDArray[Any] = (samples * weights).sum(axis) / weights.sum(axis)
    return total


def estimate(estimator: str, samples: Sequence[float], weights: Sequence[float]) -> Resampled:
    """Value and interval of blocks; `estimator` is a key of SHAPES."""
    taken, made = SHAPES[estimator]
    inner = [taken(sample) for sample in samples]
    value = math.fsum(s * w for s, w in zip(inner, weights, strict=True)) / math.fsum(weights)
    low, high = mean_of_blocks(inner, weights) or (None, None)
    return Resampled(
        value=made(value),
        low=None if low is None else made(max(low, 0.0) if estimator == "bootstrap_rms" else low),
        high=None if high is None else made(high),
        samples=tuple(map(float, samples)),
        weights=tuple(map(float, weights)),
        estimator=estimator,
    )
