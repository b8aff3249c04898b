"""The slider's answers are those that the report gives at that budget, and nothing else."""

import json

import pytest

from reports.answer import BUDGET, answer
from reports.board import board_of
from reports.budgets import LADDER, Budgets, budgets_of
from reports.summary import summarise
from reports.topics import WIDE
from tests.reports import large, sample


def budgets(data: sample.Json | None = None) -> Budgets:
    return budgets_of(board_of(summarise(sample.run(data)), WIDE))


def test_each_stop_holds_the_answer_at_that_budget() -> None:
    found = budgets()
    summary = summarise(sample.run())
    for stop, held in zip(found.stops, found.answers, strict=True):
        assert held == answer(summary, stop)
    assert found.stops[found.chosen] == BUDGET
    assert found.answer == answer(summary)


def test_a_larger_budget_lets_faster_ones_in() -> None:
    found = budgets(large.run_file(48))
    winners = {stop: held.winner for stop, held in zip(found.stops, found.answers, strict=True)}
    assert winners[0.4] == "student-0.5B"
    assert winners[0.08] == "int4-awq-g128"
    assert winners[0.02] == "int8-weight"
    assert found.stops[-1] == 0.4  # the first that lets everybody in


def test_the_slider_goes_as_far_as_the_worst_loss_and_no_farther_than_the_ladder() -> None:
    data = sample.full()
    for record in data["weighbridge"]["records"]:
        if record["suite"] == "quality" and record["variant"] == "pruned":
            record["values"]["loss"]["samples"] = []
            record["values"]["loss"].update(value=1e300, low=1e299, high=1e301)
    assert budgets(data).stops == LADDER
    assert budgets(sample.only("trt")).stops[-1] == 0.1


def test_the_island_tells_names_from_words() -> None:
    island = json.loads(json.dumps(budgets().island))
    at = budgets().chosen
    assert island[at]["budget"] == "0.05"
    assert island[at]["sentence"][0] == {"name": "int4"}
    assert island[at]["winner"] == budgets().names.index("int4")
    assert island[0]["winner"] == pytest.approx(budgets().names.index("teacher"))
