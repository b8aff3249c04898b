"""Blocks and pairs, by hand."""

import numpy
import pytest

from reports.blocks import block_ratios, pair_ratio


def test_a_block_by_hand() -> None:
    """sqrt(2 * 8) = 4 seconds to sqrt(1 * 4) = 2: log 2."""
    found = block_ratios(numpy.array([1.0, 4.0, 3.0, 3.0]), numpy.array([2.0, 8.0, 3.0, 3.0]))
    assert found == pytest.approx([numpy.log(2), 0.0])


def test_a_linear_drift_in_the_order_base_head_head_base_cancels() -> None:
    at = numpy.exp(0.1 * numpy.arange(8))
    base, head = at[[0, 3, 4, 7]], at[[1, 2, 5, 6]]
    assert block_ratios(base, head) == pytest.approx([0.0, 0.0])


def test_one_burst_does_not_move_a_pair() -> None:
    quiet = numpy.array([0.01, 0.02, 0.03, 0.02, 0.02])
    burst = numpy.array([0.01, 0.02, 9.0, 0.02, 0.02])
    assert pair_ratio(quiet) == pytest.approx(pair_ratio(burst))


def test_no_pairs_at_all() -> None:
    assert pair_ratio(block_ratios(numpy.ones((0, 8)), numpy.ones((0, 8)))).shape == (0,)
