"""Quantiles only where there are rounds enough, and intervals that hold the true one."""

from __future__ import annotations

import random

import pytest
from scipy.stats import norm

from bench.cell import Cell
from bench.measure import Measure
from bench.metric import Timed
from bench.metrics.tails import FIRST_TOKEN_TAILS, LATENCY_TAILS
from bench.sampling import Plan
from bench.tails import needed, note_tails, quantile
from bench.workload import Workload


def noted(rounds: int, repeats: int = 1, cut: int = 0) -> Cell:
    dice = random.Random(rounds)
    load = Workload(1, 8, 4)
    cell = Cell("decode", "int4", load)
    measure = Measure(cell, None, Plan())
    seconds = tuple(dice.random() for _ in range(rounds))
    measure.timed = Timed(workload=load, seconds=seconds, ticks=(), repeats=repeats)
    measure.cut = cut
    note_tails(measure, LATENCY_TAILS)
    return cell


def test_means_of_several_runs_have_no_tails() -> None:
    assert noted(1000, repeats=2).values == {}


def test_rounds_before_the_steady_state_do_not_count() -> None:
    assert list(noted(100, cut=1).values) == ["latency_p50"]


def test_how_many_rounds_a_tail_needs() -> None:
    assert [needed(percent) for percent in (50, 90, 99)] == [20, 100, 1000]


@pytest.mark.parametrize(
    ("rounds", "there"),
    [
        (6, []), (19, []), (20, ["latency_p50"]), (99, ["latency_p50"]),
        (100, ["latency_p50", "latency_p90"]), (999, ["latency_p50", "latency_p90"]),
        (1000, ["latency_p50", "latency_p90", "latency_p99"]),
    ],
)  # fmt: skip
def test_a_tail_is_absent_where_rounds_are_few(rounds: int, there: list[str]) -> None:
    assert list(noted(rounds).values) == there


def test_a_noted_tail_has_its_kind_and_its_interval() -> None:
    value = noted(1000).values["latency_p99"]
    assert (value.kind, value.unit, value.recipe) == ("tail", "s", "order-statistic")
    assert value.low is not None
    assert value.high is not None
    assert value.low <= value.value <= value.high  # type: ignore[operator]


def test_it_is_the_sample_that_so_many_do_not_exceed() -> None:
    hundred = tuple(float(at) for at in range(1, 101))
    assert quantile(hundred, 0.9)[0] == 90
    assert quantile(hundred, 0.5)[0] == 50
    assert quantile(tuple(reversed(hundred)), 0.9)[0] == 90


def test_without_an_end_there_is_no_interval() -> None:
    assert quantile((1.0, 2.0, 3.0), 0.99)[1] is None


@pytest.mark.parametrize(("n", "q"), [(100, 0.9), (1000, 0.99), (20, 0.5)])
def test_the_interval_covers_the_true_quantile(n: int, q: float) -> None:
    """400 seeded draws; at least 92 % hold it, three standard errors below 95 %."""
    dice, true, held = random.Random(n), norm.ppf(q), 0
    for _ in range(400):
        ends = quantile(tuple(dice.gauss(0, 1) for _ in range(n)), q)[1]
        held += ends is None or ends[0] <= true <= ends[1]
    assert held >= 0.917 * 400


def test_both_families_name_their_percent() -> None:
    for tails in (LATENCY_TAILS, FIRST_TOKEN_TAILS):
        assert all(metric.name.endswith(f"_p{percent}") for percent, metric in tails.items())
