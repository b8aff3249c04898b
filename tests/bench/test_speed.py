"""Rates and times that are derived from what the clock saw, by hand."""

from __future__ import annotations

import pytest

from bench.metric import Metric, Timed
from bench.metrics.speed import (
    decode_rate,
    decode_rate_per_user,
    new_rates,
    prompt_rates,
    time_per_token,
)
from bench.workload import Workload

DERIVED = (decode_rate, decode_rate_per_user, time_per_token)


def timed(*ticks: tuple[float, ...], load: Workload | None = None) -> Timed:
    seconds = tuple(float(at + 1) for at in range(len(ticks)))
    return Timed(workload=load or Workload(4, 32, 5), seconds=seconds, ticks=ticks)


def derived(metric: Metric, found: Timed) -> object:
    assert metric.derive is not None
    return metric.derive(found)


def test_four_steps_after_the_first_in_two_seconds() -> None:
    found = timed((1.0, 1.5, 2.0, 2.5, 3.0), (1.0, 1.25, 1.5, 1.75, 2.0))
    assert derived(time_per_token, found) == [0.5, 0.25]
    assert derived(decode_rate_per_user, found) == [2.0, 4.0]
    assert derived(decode_rate, found) == [8.0, 16.0]  # four rows


@pytest.mark.parametrize("metric", DERIVED, ids=lambda metric: metric.name)
@pytest.mark.parametrize("ticks", [(), ((),), ((1.0,),), ((1.0, 2.0), ()), ((1.0, 2.0), (1.0,))])
def test_without_two_ticks_in_every_round_there_is_none(
    metric: Metric, ticks: tuple[tuple[float, ...], ...]
) -> None:
    assert derived(metric, timed(*ticks)) is None


def test_whole_steps() -> None:
    found = timed((), (), load=Workload(4, 32))
    assert prompt_rates(found) == [128.0, 64.0]
    found = timed((), (), load=Workload(2, 32, 250))
    assert new_rates(found) == [500.0, 250.0]
