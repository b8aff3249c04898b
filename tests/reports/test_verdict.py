"""Verdicts: by hand, against scipy's own tests, and their level and power on synthetic noise."""

from dataclasses import replace
from math import log1p

import numpy
import pytest
from scipy.stats import binomtest, ttest_1samp
from statsmodels.stats.weightstats import DescrStatsW

from reports.verdict import (
    EQUIVALENT,
    IMPROVED,
    INCONCLUSIVE,
    REGRESSED,
    Bars,
    judge,
    moved,
    suspects,
)
from tests.reports.synthetic import Gates, Machine, gates

NOISY = Machine()
MARGIN = 0.02
CELLS = 60
NOTHING = numpy.zeros(CELLS)


def bars(units: int, **known: object) -> Bars:
    found = Bars(
        margin=numpy.full(units, MARGIN),
        group=numpy.zeros(units, int),
        blocks=numpy.ones(units, bool),
    )
    return replace(found, **known)


def one(screen: list[float], confirm: list[float] | None = None) -> tuple[int, float]:
    """Verdict and Holm's p of a single unit."""
    fresh = confirm if confirm is not None else [numpy.nan] * 8
    found = judge(numpy.array([screen]), numpy.array([fresh]), bars(1))
    return int(found.verdict[0]), float(found.p_worse[0])


SLOWER = [0.05, 0.06, 0.055, 0.052, 0.058, 0.049, 0.061, 0.054]


def test_a_clear_slow_down_is_ttests_own_answer() -> None:
    verdict, p = one([0.05, 0.06], SLOWER)
    assert verdict == REGRESSED
    assert p == pytest.approx(ttest_1samp(SLOWER, MARGIN, alternative="greater").pvalue)


def test_a_clear_gain() -> None:
    assert one([-0.05, -0.06], [-ratio for ratio in SLOWER])[0] == IMPROVED


def test_equivalence_of_a_suspect_is_statsmodels_tost() -> None:
    dice = numpy.random.default_rng(1)
    for spread in (0.005, 0.015, 0.02, 0.03):
        fresh = dice.normal(0, spread, 8)
        p = DescrStatsW(fresh).ttost_mean(-MARGIN, MARGIN)[0]
        assert (one([0.02, 0.02], list(fresh))[0] == EQUIVALENT) == (p < 0.025)


def test_a_suspect_that_was_not_confirmed_is_not_passed() -> None:
    assert one([0.05, 0.05]) == (INCONCLUSIVE, 1.0)
    assert one([0.018, 0.0179]) == (INCONCLUSIVE, 1.0)


def test_the_screened_pairs_of_a_suspect_are_not_used_again() -> None:
    assert one([0.5, 0.5], [0.001 * (-1) ** at for at in range(8)])[0] == EQUIVALENT


def test_two_pairs_without_neighbours_prove_no_equivalence() -> None:
    assert one([0.001, -0.003])[0] == INCONCLUSIVE


def test_neighbours_lend_their_spread() -> None:
    screen = numpy.random.default_rng(0).normal(0, 0.004, (40, 2))
    screen[7] = [-0.02, 0.02]  # no suspect, but its own spread is what counts
    found = judge(screen, numpy.full((40, 8), numpy.nan), bars(40))
    assert found.verdict[7] == INCONCLUSIVE
    assert (numpy.delete(found.verdict, 7) == EQUIVALENT).mean() > 0.9


def test_suspects_either_way() -> None:
    screen = numpy.array([[0.02, 0.02], [-0.02, -0.02], [0.01, 0.01], [0.04, -0.04]])
    assert suspects(screen, numpy.full(4, MARGIN)).tolist() == [True, True, False, False]


def test_pairs_that_are_all_the_same() -> None:
    assert one([0.05, 0.05], [0.05] * 8)[0] == REGRESSED
    assert one([0.02, 0.02], [0.02] * 8)[0] != REGRESSED


def test_what_only_warns_does_not_weaken_what_blocks() -> None:
    """Seven suspects that only warn would cost the eighth its verdict, in one family."""
    fresh = numpy.array([0.021, 0.026, 0.022, 0.027, 0.02, 0.028, 0.019, 0.03])
    p = ttest_1samp(fresh, MARGIN, alternative="greater").pvalue
    assert 0.05 / 8 < p < 0.05
    screen, confirm = numpy.full((8, 2), 0.03), numpy.tile(fresh, (8, 1))
    alone = numpy.arange(8) == 0
    assert judge(screen, confirm, bars(8, blocks=alone)).verdict[0] == REGRESSED
    assert judge(screen, confirm, bars(8)).verdict[0] == INCONCLUSIVE


def test_the_control_cell() -> None:
    still, away = [0.001, -0.001], [0.03, 0.03]
    nothing, back = [numpy.nan] * 8, [0.0] * 8
    seen = [(still, nothing), (away, nothing), (away, back), (away, [0.03] * 8)]
    found = [bool(moved(numpy.array(a), numpy.array(b), MARGIN)) for a, b in seen]
    assert found == [False, True, False, True]


# Level and power, with a warming machine, autocorrelated turns and heavy tails


@pytest.fixture(scope="module")
def unchanged() -> Gates:
    return gates(400, NOTHING, NOISY, MARGIN)


def test_no_alarm_where_nothing_changed(unchanged: Gates) -> None:
    """With 400 gates and none, at most 1 % of gates alarm (exact one-sided 95 % bound .7 %)."""
    alarms = round(400 * unchanged.any(REGRESSED))
    bound = binomtest(alarms, 400, alternative="less").proportion_ci(0.95, method="exact").high
    assert bound <= 0.01
    assert unchanged.any(IMPROVED) <= 0.01


def test_what_did_not_change_is_found_equivalent_at_two_pairs(unchanged: Gates) -> None:
    assert unchanged.share(EQUIVALENT).mean() > 0.9
    assert unchanged.pairs_a_unit <= 2.05


@pytest.mark.parametrize(("worse", "power"), [(0.03, 0.9), (0.05, 0.99)])
def test_power(worse: float, power: float) -> None:
    """One cell of sixty; its neighbours are left in peace."""
    found = gates(200, numpy.where(numpy.arange(CELLS) == 5, log1p(worse), 0.0), NOISY, MARGIN)
    called = found.share(REGRESSED)
    assert called[5] >= power
    assert numpy.delete(called, 5).max() <= 0.01
    assert found.pairs_a_unit <= 2.2 + 8 / CELLS


def test_gains_are_found_as_slow_downs_are() -> None:
    found = gates(100, numpy.where(numpy.arange(CELLS) == 5, -0.05, 0.0), NOISY, MARGIN)
    assert found.share(IMPROVED)[5] >= 0.99


@pytest.fixture(scope="module")
def on_the_margin() -> Gates:
    return gates(400, numpy.full(CELLS, MARGIN), NOISY, MARGIN)


def test_the_worst_case_every_cell_on_the_margin(on_the_margin: Gates) -> None:
    """Then any alarm is false: at most 5 % of the gates, as the family-wise level says."""
    alarms = round(400 * on_the_margin.any(REGRESSED))
    assert binomtest(alarms, 400, 0.05, alternative="greater").pvalue > 0.01


def test_on_the_margin_equivalence_is_false_at_most_at_its_level(on_the_margin: Gates) -> None:
    assert on_the_margin.share(EQUIVALENT).mean() <= 0.055


def test_arms_one_after_the_other_would_alarm() -> None:
    """The same statistics on turns that are not interleaved: the ramp becomes the result."""
    apart = replace(NOISY, order=(0, 0, 1, 1), blocks=1, ramp=0.1)
    assert gates(50, NOTHING, apart, MARGIN).any(REGRESSED) > 0.9


def test_the_blocks_of_one_pair_taken_for_pairs_would_alarm() -> None:
    """Samples inside one process are not replicates: the processes' spread is not in them."""
    far = replace(NOISY, process=0.03)
    dice = numpy.random.default_rng(0)
    own = 0.03 * dice.standard_normal((100, CELLS, 1))
    inside = far.blocked((100, CELLS), dice) + own
    wrong = judge(inside[..., :2], inside, bars(CELLS))
    right = gates(100, NOTHING, far, 0.12)
    assert (wrong.verdict == REGRESSED).any(axis=-1).mean() > 0.9
    assert right.any(REGRESSED) == 0
