"""Coverage by simulation, stop rule included; the cut and the trend on series that are known."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import binomtest, ttest_1samp

from bench.sampling import LOOKS
from bench.steady import (
    ENOUGH,
    WIDENED_FEW,
    drifts,
    effective,
    few_interval,
    steady_from,
    steady_interval,
)

Series = Callable[[np.random.Generator, int], np.ndarray]
SPREAD = 0.02


def independent(dice: np.random.Generator, n: int) -> np.ndarray:
    return 1 + SPREAD * dice.normal(size=n)


def skewed(dice: np.random.Generator, n: int) -> np.ndarray:
    """Log-normal: its median is 1."""
    return 1 + SPREAD * (dice.lognormal(size=n) - 1)


def correlated(dice: np.random.Generator, n: int) -> np.ndarray:
    """AR(1) with 0.5, started from its stationary state by 50 samples thrown away."""
    noise = lfilter([1], [1, -0.5], dice.normal(size=n + 50))[50:]
    return 1 + SPREAD * 0.75**0.5 * noise


def settling(dice: np.random.Generator, n: int) -> np.ndarray:
    return independent(dice, n) + 0.3 * np.exp(-np.arange(n) / 3)


def settling_correlated(dice: np.random.Generator, n: int) -> np.ndarray:
    return correlated(dice, n) + 0.3 * np.exp(-np.arange(n) / 3)


STEADY: list[Series] = [independent, skewed, correlated]
ALL: list[Series] = [*STEADY, settling, settling_correlated]


def covers_enough(hits: int, of: int) -> bool:
    """Whether a true coverage of 90 % or more could have given so few hits."""
    return binomtest(hits, of, 0.90, alternative="less").pvalue > 0.001


def stopped(samples: list[float], precision: float) -> bool:
    """The sampler's way: look at geometric counts, stop when precise; does the end hold 1?"""
    low = high = 0.0
    for count in LOOKS:
        rest = samples[steady_from(samples[:count]) : count]
        low, high = steady_interval(rest) or (0.0, 0.0)
        if (high - low) / 2 / median(rest) <= precision:
            break
    return low <= 1 <= high


@pytest.mark.parametrize("precision", [0.0, 0.008, 0.012, 1.0])
@pytest.mark.parametrize("series", ALL, ids=lambda series: series.__name__)
def test_the_interval_covers_90_of_100_stop_rule_included(series: Series, precision: float) -> None:
    """`precision` 0 never stops early, 1 always stops at the first look; between is worst."""
    dice = np.random.default_rng(17)
    hits = sum(stopped(series(dice, LOOKS[-1]).tolist(), precision) for _ in range(400))
    assert covers_enough(hits, 400), hits / 400


@pytest.mark.parametrize("n", [2, 3, 5, 8, 16, ENOUGH - 1])
@pytest.mark.parametrize("series", STEADY, ids=lambda series: series.__name__)
def test_few_samples_get_an_interval_that_covers_as_much(series: Series, n: int) -> None:
    dice = np.random.default_rng(23)
    hits = 0
    for _ in range(400):
        low, high = few_interval(series(dice, n).tolist()) or (0.0, 0.0)
        hits += low <= 1 <= high
    assert covers_enough(hits, 400), hits / 400


def test_one_sample_says_nothing() -> None:
    assert few_interval([1.0]) is None
    assert few_interval([]) is None


def test_few_samples_are_students_t_twice_as_wide() -> None:
    samples = [1.0, 2.0, 4.0, 5.0, 3.0]
    known = ttest_1samp(samples, 0).confidence_interval(0.95)
    low, high = few_interval(samples) or (0.0, 0.0)
    assert high - low == pytest.approx(WIDENED_FEW * (known.high - known.low))
    assert (low + high) / 2 == pytest.approx(3.0)


@given(st.lists(st.floats(0.001, 1e3), min_size=8, max_size=140))
def test_the_cut_is_the_smallest_standard_error(samples: list[float]) -> None:
    """By brute force, as the rule is written down."""
    cut = steady_from(samples)
    assert 0 <= cut <= len(samples) // 2
    errors = [np.var(samples[at:]) / (len(samples) - at) for at in range(len(samples) // 2 + 1)]
    assert errors[cut] <= min(errors) + 1e-9 * max(*errors, 1.0)


def test_a_transient_is_cut_and_a_constant_is_not() -> None:
    assert steady_from([9.0, 5.0, 2.0] + [1.0, 1.1] * 20) == 3
    assert steady_from([1.0] * 40) == 0


@given(st.lists(st.floats(0.5, 2.0), min_size=16, max_size=128))
def test_the_interval_holds_its_median(samples: list[float]) -> None:
    low, high = steady_interval(samples) or (0.0, 0.0)
    assert low <= median(samples) <= high


def test_equal_samples_have_no_width() -> None:
    assert steady_interval([3.0] * 40) == (3.0, 3.0)


@pytest.mark.parametrize("series", ALL, ids=lambda series: series.__name__)
def test_a_steady_series_is_rarely_called_drifting(series: Series) -> None:
    dice = np.random.default_rng(5)
    found = 0
    for _ in range(300):
        samples = series(dice, 64).tolist()
        found += drifts(samples, steady_from(samples), 0.0)
    assert binomtest(found, 300, 0.05, alternative="greater").pvalue > 0.001, found / 300


def test_a_ramp_is_called_drifting_where_it_matters() -> None:
    dice = np.random.default_rng(6)
    ramp = (independent(dice, 128) + 0.3 * np.linspace(0, 1, 128)).tolist()
    assert drifts(ramp, steady_from(ramp), tolerance=0.02)
    assert not drifts(ramp, steady_from(ramp), tolerance=0.5)


def test_few_samples_cannot_drift() -> None:
    assert not drifts([1.0, 2.0, 3.0, 4.0, 5.0], 0, 0.0)


def test_correlated_samples_count_less() -> None:
    """AR(1) with 0.5: the statistical inefficiency is (1 + 0.5) / (1 - 0.5) = 3."""
    dice = np.random.default_rng(7)
    found = [effective(correlated(dice, 1000).tolist()) for _ in range(40)]
    assert np.mean(found) == pytest.approx(1000 / 3, rel=0.15)
    assert effective([2.0] * 10) == 10
    assert effective([]) == 0
