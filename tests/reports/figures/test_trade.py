"""The trade-off charts: who stands on a frontier, where points stand, what the keyboard hears."""

import re

import pytest

from reports.board import Board, board_of
from reports.budgets import budgets_of
from reports.columns import EXTRA
from reports.figures.pareto import Chart, charts
from reports.figures.trade import CHOICES, PAPERS, axes_of, points_of, said
from reports.summary import summarise
from reports.topics import WIDE
from tests.reports import large, sample

SPEED, SIZE = CHOICES[0], CHOICES[1]


def board(data: sample.Json | None = None) -> Board:
    return board_of(summarise(sample.run(data), EXTRA), WIDE)


def drawn(data: sample.Json | None = None) -> list[Chart]:
    found = board(data)
    return charts(found, budgets_of(found))


def test_better_stands_up_and_to_the_right_on_every_axis() -> None:
    for choice in CHOICES[:3]:
        axes = axes_of(points_of(board(), choice), choice.up, PAPERS[0].plot)
        better, worse = (2.0, 0.5) if choice.up else (0.5, 2.0)
        assert axes.across(better) > axes.across(1.0) > axes.across(worse)
        assert axes.down(0.0) < axes.down(0.1)


def test_a_frontier_is_of_the_two_axes_of_its_chart() -> None:
    kinds = {
        choice.key: {point.line.row.name: point.kind for point in points_of(board(), choice)}
        for choice in CHOICES[:2]
    }
    assert kinds["speed"]["teacher"] == "teacher"
    assert kinds["speed"]["int4"] == "point"
    assert kinds["speed"]["pruned"] == "hollow"  # int8 is faster and loses less
    assert kinds["speed"]["imitated"] == "hollow loose"


def test_a_point_says_its_figures_and_its_standing() -> None:
    words = {p.line.row.name: said(p, SPEED) for p in points_of(board(), SPEED)}
    first, speed, loss, standing = words["int4"].split("\n")
    assert (first, standing) == ("int4", "on the frontier")
    assert speed == "decode speed: 2.06× the teacher’s (2.03 to 2.09)"
    assert loss.startswith("loss: +0.03")
    assert words["pruned"].endswith("beaten by another")
    assert words["imitated"].endswith("simulated")
    assert "set against" in words["teacher"]


def test_every_point_is_a_link_with_a_name() -> None:
    for chart in drawn():
        stops = re.findall(r'<a class="stop [^>]*aria-label="([^"]+)"', chart.svg)
        assert len(stops) == len(PAPERS) * 6  # five variants and the teacher, on each paper
        assert re.findall(r'href="#v\d+"', chart.svg)


def test_a_budget_has_a_level_for_every_stop() -> None:
    found = board(large.run_file(48))
    budgets = budgets_of(found)
    for chart in charts(found, budgets):
        levels = [
            [float(level) for level in text.split()]
            for text in re.findall(r'data-levels="([^"]*)"', chart.svg)
        ]
        assert [len(one) for one in levels] == [len(budgets.stops)] * len(PAPERS)
        assert all(one == sorted(one) for one in levels)  # a larger budget lies lower


def test_energy_is_drawn_only_where_it_was_measured() -> None:
    assert [chart.key for chart in drawn()] == ["speed", "size", "memory"]
    assert [chart.key for chart in drawn(large.run_file(48))] == [c.key for c in CHOICES]


@pytest.mark.parametrize("names", [("teacher",), ("int4",), ("half", "trt"), ()])
def test_fewer_than_two_points_are_no_chart(names: tuple[str, ...]) -> None:
    assert drawn(sample.only(*names)) == []
