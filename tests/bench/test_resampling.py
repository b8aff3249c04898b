"""The bootstrap over blocks: right by closed forms, seeded, and covering what it says."""

from __future__ import annotations

import numpy as np
import pytest

from bench import resampling
from bench.estimators import ESTIMATORS
from bench.resampling import FEWEST, SHAPES, estimate, mean, power, rms
from bench.statistics import mean_interval

DICE = np.random.default_rng(7)
SAMPLES: list[float] = DICE.normal(3, 0.5, 40).tolist()
WEIGHTS: list[float] = DICE.integers(1, 300, 40).astype(float).tolist()


def test_values_are_those_of_numpy() -> None:
    assert mean(SAMPLES, WEIGHTS).value == pytest.approx(np.average(SAMPLES, weights=WEIGHTS))
    assert power(SAMPLES, WEIGHTS).value == pytest.approx(
        np.exp(np.average(SAMPLES, weights=WEIGHTS))
    )
    square = np.average(np.square(SAMPLES), weights=WEIGHTS)
    assert rms(SAMPLES, WEIGHTS).value == pytest.approx(np.sqrt(square))


@pytest.mark.parametrize("estimator", SHAPES)
def test_samples_and_weights_give_the_same_again(estimator: str) -> None:
    found = estimate(estimator, SAMPLES, WEIGHTS)
    assert found.estimator == estimator
    value, interval = ESTIMATORS[found.estimator](found.samples, found.weights)
    assert (value, interval) == (found.value, (found.low, found.high))
    assert found.low is not None and found.high is not None
    assert found.low < found.value < found.high


def test_a_perplexitys_interval_is_the_losss() -> None:
    loss, perplexity = mean(SAMPLES, WEIGHTS), power(SAMPLES, WEIGHTS)
    assert loss.low is not None and loss.high is not None
    assert (perplexity.low, perplexity.high) == pytest.approx(np.exp([loss.low, loss.high]))


def test_few_blocks_take_the_wider_interval() -> None:
    few = SAMPLES[: FEWEST - 1]
    assert resampling.mean_of_blocks(few, WEIGHTS[: FEWEST - 1]) == mean_interval(
        few, WEIGHTS[: FEWEST - 1]
    )


@pytest.mark.parametrize("samples", [[1.0], [0.0] * 40, [2.5] * 3])
def test_no_spread_no_interval(samples: list[float]) -> None:
    found = mean(samples, [1.0] * len(samples))
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("n", [4, FEWEST - 1, FEWEST, 63])
def test_it_covers(n: int) -> None:
    """400 means of skewed blocks: nominal 95 %, at least 88 % here (3 standard errors: 3 %)."""
    dice = np.random.default_rng(n)
    inside = 0
    for _ in range(400):
        samples = dice.gamma(4, size=n).tolist()
        sizes = dice.integers(200, 300, n).astype(float).tolist()
        found = resampling.mean_of_blocks(samples, sizes)
        assert found is not None
        inside += found[0] <= 4 <= found[1]
    assert inside / 400 > 0.88
