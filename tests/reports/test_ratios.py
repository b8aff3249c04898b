"""Errors of ratios and differences: against closed forms, symmetry, and draws from known errors."""

from __future__ import annotations

from math import exp, hypot, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.record import Value
from reports.ratios import Estimate, difference, estimate_of, geometric_mean, mean, ratio

sizes = st.floats(1e-6, 1e6)
estimates = st.tuples(sizes, st.floats(0, 0.9), st.floats(0, 9)).map(
    lambda drawn: Estimate(drawn[0], drawn[0] * (1 - drawn[1]), drawn[0] * (1 + drawn[2]))
)


def test_symmetric_errors_add_in_squares() -> None:
    found = difference(Estimate(10.0, 7.0, 13.0), Estimate(4.0, 0.0, 8.0))
    assert found == Estimate(6.0, 1.0, 11.0)  # hypot(3, 4) = 5


def test_a_ratio_of_log_symmetric_errors() -> None:
    one = Estimate(3.0, 3.0 / exp(0.03), 3.0 * exp(0.03))
    other = Estimate(2.0, 2.0 / exp(0.04), 2.0 * exp(0.04))
    found = ratio(one, other)
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx(
        (1.5 * exp(-0.05), 1.5, 1.5 * exp(0.05))
    )


def test_a_skewed_interval_stays_skewed() -> None:
    found = difference(Estimate(0.0, -1.0, 5.0), Estimate(0.0, 0.0, 0.0))
    assert found == Estimate(0.0, -1.0, 5.0)
    turned = difference(Estimate(0.0, 0.0, 0.0), Estimate(0.0, -1.0, 5.0))
    assert turned == Estimate(0.0, -5.0, 1.0)


@given(one=estimates, other=estimates)
def test_turned_round_it_is_the_inverse(one: Estimate, other: Estimate) -> None:
    there, back = ratio(one, other), ratio(other, one)
    assert there and back and there.low and there.high and back.low and back.high
    assert there.value * back.value == pytest.approx(1.0)
    assert there.low * back.high == pytest.approx(1.0)
    assert there.high * back.low == pytest.approx(1.0)
    assert there.low <= there.value <= there.high


@pytest.mark.parametrize(
    ("one", "other"),
    [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (1.0, -2.0), (1e308, 1e-308)],
)
def test_no_ratio_without_two_sizes_above_nought(one: float, other: float) -> None:
    assert ratio(Estimate(one), Estimate(other)) is None


def test_what_no_number_can_hold_is_none() -> None:
    assert difference(Estimate(1e308), Estimate(-1e308)) is None
    assert difference(Estimate(0.0, -1e308, 1e308), Estimate(0.0, -1e308, 1e308)) == Estimate(0.0)


@pytest.mark.parametrize("low", [0.0, -0.1])
def test_an_interval_down_to_nought_gives_a_ratio_without_one(low: float) -> None:
    assert ratio(Estimate(1.0, low, 2.0), Estimate(2.0, 1.9, 2.1)) == Estimate(0.5)


def test_an_unknown_error_makes_the_result_unknown() -> None:
    assert difference(Estimate(3.0), Estimate(1.0, 0.5, 1.5)) == Estimate(2.0)
    assert ratio(Estimate(3.0), Estimate(1.5, 1.0, 2.0)) == Estimate(2.0)
    assert mean([Estimate(1.0), Estimate(3.0, 2.0, 4.0)]) == Estimate(2.0)


def test_means_of_independent_estimates() -> None:
    found = mean([Estimate(1.0, 0.7, 1.3), Estimate(3.0, 2.6, 3.4)])
    assert (found.low, found.value, found.high) == pytest.approx((1.75, 2.0, 2.25))
    ratios = geometric_mean([Estimate(2.0, 2 / exp(0.3), 2 * exp(0.3)),
                             Estimate(8.0, 8 / exp(0.4), 8 * exp(0.4))])  # fmt: skip
    assert ratios is not None
    assert (ratios.low, ratios.value, ratios.high) == pytest.approx(
        (4 * exp(-0.25), 4.0, 4 * exp(0.25))
    )


def test_an_exact_figure_has_no_error() -> None:
    exact = Value(value=4.0, unit="B", kind="exact", better="lower")
    assert estimate_of(exact) == Estimate(4.0, 4.0, 4.0)
    timed = Value(value=4.0, unit="s", kind="timing", better="lower", low=3.0, high=5.0)
    assert estimate_of(timed) == Estimate(4.0, 3.0, 5.0)
    assert estimate_of(Value(value=None, unit="s", kind="timing", better="lower")) is None


@pytest.mark.parametrize("spread", [0.02, 0.2])
def test_the_interval_covers_as_often_as_it_says(spread: float) -> None:
    """Two figures whose logarithms have normal errors of known size; 95 % of 4,000."""
    dice = np.random.default_rng(7)
    z, truth, held = 1.959964, 3.0 / 2.0, 0
    for one, other in np.exp(dice.normal(np.log([3.0, 2.0]), [spread, 2 * spread], (4000, 2))):
        a = Estimate(one, one * exp(-z * spread), one * exp(z * spread))
        b = Estimate(other, other * exp(-2 * z * spread), other * exp(2 * z * spread))
        found = ratio(a, b)
        assert found and found.low and found.high
        held += found.low <= truth <= found.high
        assert log(found.high / found.low) / 2 == pytest.approx(hypot(z * spread, 2 * z * spread))
    assert abs(held / 4000 - 0.95) < 4 * sqrt(0.95 * 0.05 / 4000)
