"""Noise that is known is found again, and its margins hold; the usual rules as their makers say."""

from __future__ import annotations

import numpy
import pytest
from pytest_benchmark.utils import PercentageRegressionCheck
from scipy.stats import mannwhitneyu

from reports.naive import mann_whitney, mean_plus_5, trials
from reports.noise import components, fit, fitted_policy, suggested
from reports.pairs import units_of
from reports.policy import Policy
from reports.resampled import Bound, Store
from reports.verdict import SUSPECT
from tests.reports.stored_pairs import CELLS, pair

DICE = numpy.random.default_rng(11)


def test_components_are_found_again() -> None:
    persistent, spread = DICE.normal(0, 0.01, (4000, 1)), DICE.normal(0, 0.02, (4000, 10))
    assert components(persistent + spread) == pytest.approx((0.02, 0.01), rel=0.05)


def test_no_persistent_noise_is_none() -> None:
    assert components(DICE.normal(0, 0.02, (4000, 10)))[1] < 0.002


def test_a_margin_is_at_least_four_persistent_deviations() -> None:
    seen = DICE.normal(0, 0.01, (500, 1)) + DICE.normal(0, 1e-4, (500, 10))
    assert suggested(seen, 0.01) >= numpy.expm1(4 * components(seen)[1]) > 0.035


def test_at_the_suggested_margin_suspects_are_rare() -> None:
    seen = DICE.standard_t(4, (300, 10)) * 0.01
    margin = numpy.log1p(suggested(seen, 0.01))
    screened = DICE.standard_t(4, (20000, 2)) * 0.01
    assert (abs(screened.mean(axis=1)) >= SUSPECT * margin).mean() < 0.0125


@pytest.fixture(scope="module")
def stored() -> list[dict]:
    dice = numpy.random.default_rng(2)
    return [pair(dice) for _ in range(12)]


def test_a_fitted_policy_has_a_rule_for_every_variant_and_metric(stored: list[dict]) -> None:
    units = units_of(stored, Policy())
    found = fitted_policy(stored, fit(stored, units), Policy())
    said = {tuple(rule.patterns.values()) for rule in found.rules}
    assert said == {("latency", "teacher"), ("latency", "int8")}
    assert all(0.01 <= rule.changes["margin"].size <= 0.03 for rule in found.rules)


def test_resampled_gates_know_what_was_slowed(stored: list[dict]) -> None:
    store = Store.of(stored, units_of(stored, Policy()), Policy())
    still, slow = store.gates(200), store.gates(200, 0.10)
    assert (still.alarms.hits, still.found, still.improved.hits) == (0, None, 0)
    assert still.pairs_a_cell == 2
    assert slow.found is not None
    assert (slow.found.hits, slow.found.trials) == (1200, 1200)
    assert slow.alarms.hits == 0
    assert slow.pairs_a_cell == 2 + 8 * 6 / 12
    assert store.gates(200) == still


def test_a_bound_is_clopper_and_pearsons() -> None:
    """None of n: 1 - 0.025 ** (1 / n)."""
    assert Bound.of(0, 20).high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_the_usual_rules_are_their_makers_own() -> None:
    base = DICE.lognormal(0, 0.05, (200, 16))
    head = DICE.lognormal(0.05, 0.05, (200, 16))
    check = PercentageRegressionCheck("mean", 5)
    means = [({"mean": h}, {"mean": b}) for h, b in zip(head.mean(1), base.mean(1), strict=True)]
    theirs = [bool(check.fails(now, was)) for now, was in means]
    assert mean_plus_5(base, head).tolist() == theirs
    assert 0 < sum(theirs) < 200
    alone = [mannwhitneyu(h, b, alternative="greater", method="asymptotic").pvalue < 0.05
             for h, b in zip(head, base, strict=True)]  # fmt: skip
    assert mann_whitney(base, head).tolist() == alone


def test_the_usual_rules_are_counted(stored: list[dict]) -> None:
    found = trials(stored, units_of(stored, Policy()), 100, 0.10)
    assert {one.missed.trials for one in found if one.missed} == {100 * len(CELLS) // 2}
    turned = next(one for one in found if one.rule.startswith("mean + 5 %"))
    assert turned.missed is not None
    assert turned.missed.hits == turned.alarms.hits == 0
    ranks = next(one for one in trials(stored, units_of(stored, Policy()), 200)
                 if one.rule.startswith("Mann-Whitney"))  # fmt: skip
    assert ranks.alarms.hits > 20
