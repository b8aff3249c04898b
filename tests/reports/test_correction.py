"""Holm and Benjamini-Hochberg against the libraries' own, row by row."""

import numpy
import pytest
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from reports.correction import benjamini_hochberg, holm

DICE = numpy.random.default_rng(5)
P = numpy.concatenate([DICE.uniform(size=(40, 12)) ** 3, numpy.full((1, 12), 0.01)])
WHOLE = numpy.ones_like(P, bool)


def test_holm_is_statsmodels_own() -> None:
    wanted = [multipletests(row, method="holm")[1] for row in P]
    assert holm(P, WHOLE) == pytest.approx(numpy.array(wanted))


def test_benjamini_hochberg_is_scipys_own() -> None:
    wanted = [false_discovery_control(row) for row in P]
    assert benjamini_hochberg(P, WHOLE) == pytest.approx(numpy.array(wanted))


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_who_is_not_in_the_family_counts_for_nothing(adjust) -> None:
    inside = DICE.uniform(size=P.shape) < 0.4
    inside[0] = False
    found = adjust(P, inside)
    assert (found[~inside] == 1).all()
    for row, family, got in zip(P, inside, found, strict=True):
        if family.any():
            alone = adjust(row[family], numpy.ones(int(family.sum()), bool))
            assert got[family] == pytest.approx(alone)
