"""Intervals against scipy, against brute force, and by how often they hold the truth."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from bench.statistics import mean_interval, median_interval, weighted_mean

floats = st.floats(-1e6, 1e6)


def order_statistics(n: int) -> tuple[int, int]:
    """Ranks (from 0) of the narrowest symmetric interval that holds the median in 95 %."""
    ranks = (0, n - 1)
    for cut in range(n // 2):
        outside = 2 * sum(comb(n, k) for k in range(cut + 1)) / 2**n
        if outside <= 0.05:
            ranks = (cut, n - 1 - cut)
    return ranks


@pytest.mark.parametrize("n", range(6))
def test_too_few_samples_cannot_say(n: int) -> None:
    assert 2 * 0.5**n > 0.05
    assert median_interval([float(at) for at in range(n)]) is None


@pytest.mark.parametrize("n", [6, 7, 8, 9, 10, 15, 16, 20, 31, 64, 100])
def test_the_median_lies_between_two_samples(n: int) -> None:
    low, high = order_statistics(n)
    samples = [float(at * at) for at in range(n)]
    found = median_interval(list(reversed(samples)))
    assert found is not None
    assert found == (samples[low], samples[high])


@given(st.lists(floats, min_size=6, max_size=40))
def test_the_interval_holds_the_sample_median(samples: list[float]) -> None:
    found = median_interval(samples)
    assert found is not None
    assert found[0] <= float(np.median(samples)) <= found[1]


@pytest.mark.parametrize("n", [6, 15])
def test_the_median_interval_holds_the_truth_in_95_of_100(n: int) -> None:
    """Exactly, whatever the distribution: at least 95 %, by the binomial's steps."""
    low, _ = order_statistics(n)
    exact = 1 - 2 * sum(comb(n, k) for k in range(low + 1)) / 2**n
    dice = np.random.default_rng(5)
    draws = np.exp(dice.normal(size=(600, n)))  # log-normal, its median is 1
    hits = 0
    for row in draws:
        found = median_interval(row.tolist())
        assert found is not None
        hits += found[0] <= 1 <= found[1]
    spread = (exact * (1 - exact) / 600) ** 0.5
    assert exact >= 0.95
    assert abs(hits / 600 - exact) < 4 * spread


def test_one_block_cannot_say() -> None:
    assert mean_interval([1.0]) is None
    assert mean_interval([]) is None


@given(st.lists(floats, min_size=2, max_size=30))
def test_equal_weights_are_students_t(samples: list[float]) -> None:
    if np.ptp(samples) < 1e-3:
        return
    expected = ttest_1samp(samples, 0).confidence_interval(0.95)
    scale = float(np.max(np.abs(samples)))
    for found in (mean_interval(samples), mean_interval(samples, [7.0] * len(samples))):
        assert found == pytest.approx((expected.low, expected.high), rel=1e-9, abs=scale * 1e-9)


def test_weights_are_sizes_of_blocks() -> None:
    """The ratio of sums, worked out block by block."""
    tokens = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0, 7.0, 8.0], [0.0, 1.0]]
    means = [sum(block) / len(block) for block in tokens]
    sizes = [float(len(block)) for block in tokens]
    every = [token for block in tokens for token in block]
    mean = sum(every) / len(every)
    assert weighted_mean(means, sizes) == pytest.approx(mean)
    n, average = len(tokens), len(every) / len(tokens)
    residuals = [sum(block) - mean * len(block) for block in tokens]
    error = (sum(r * r for r in residuals) / (n * (n - 1))) ** 0.5 / average
    found = mean_interval(means, sizes)
    assert found is not None
    assert sum(found) / 2 == pytest.approx(mean)
    assert (found[1] - found[0]) / 2 == pytest.approx(3.182446305284263 * error)  # t, 3 degrees


def test_the_weighted_interval_holds_the_truth() -> None:
    """Blocks of very unlike size; the ratio estimator is a little optimistic, no more."""
    dice = np.random.default_rng(11)
    hits = 0
    for _ in range(600):
        sizes = dice.integers(50, 500, 40)
        means = 3 + dice.normal(size=40) / sizes**0.5
        low, high = mean_interval(means.tolist(), sizes.tolist()) or (np.nan, np.nan)
        hits += bool(low <= 3 <= high)
    assert 0.91 <= hits / 600 <= 0.98


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        weighted_mean([1.0, 2.0], [1.0])
