"""A whole gate over pairs that are invented: what is measured, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
import pytest

from bench.control import CONTROL
from reports.policy import Policy
from reports.trial import Trial
from tests.reports.stored_pairs import CELLS, Json, pair


class Invented:
    """Measures nothing, and keeps what it was asked for."""

    def __init__(self, **known: Any) -> None:
        self._dice = numpy.random.default_rng(3)
        self._known = known
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, phase: str, number: int, cells: Sequence[str]) -> Json:
        self.asked.append((phase, list(cells)))
        measured = [cell for cell in cells if cell != CONTROL]
        return pair(self._dice, measured, **self._known)


def run(**known: Any) -> tuple[Trial, Invented]:
    measure = Invented(**known)
    trial = Trial(cells=CELLS, policy=Policy(), measure=measure)
    trial.run()
    return trial, measure


def called(trial: Trial, verdict: str) -> set[str]:
    return {one.cell for one in trial.outcome().findings if one.verdict == verdict}


def test_nothing_changed_takes_two_pairs_and_passes() -> None:
    trial, measure = run()
    assert [phase for phase, _ in measure.asked] == ["screen", "screen"]
    assert called(trial, "equivalent") == {*CELLS, "teacher *", "int8 *"}
    assert (trial.outcome().code, trial.pairs_a_cell()) == (0, 2.0)


def test_a_suspect_alone_gets_eight_fresh_pairs() -> None:
    trial, measure = run(slower={CELLS[3]: 0.06})
    assert measure.asked[2:] == [("confirm", [CELLS[3]])] * 8
    assert called(trial, "regressed") == {CELLS[3]}
    assert trial.outcome().code == 10
    assert trial.pairs_a_cell() == pytest.approx(2 + 8 / 12)


def test_a_gain() -> None:
    trial, _ = run(slower={CELLS[3]: -0.06})
    assert called(trial, "improved") == {CELLS[3]}
    assert trial.outcome().code == 0


def test_a_small_shift_of_all_cells_is_found_by_the_tier_alone() -> None:
    """2.6 % is below the cells' margin of 3 % and above the tier's of 2 %."""
    trial, _ = run(slower=dict.fromkeys(CELLS[6:], 0.026))
    assert called(trial, "regressed") == {"int8 *"}
    assert trial.outcome().code == 10


def test_the_tier_of_one_variant_says_nothing_of_another() -> None:
    trial, _ = run(slower=dict.fromkeys(CELLS[6:], 0.026))
    assert "teacher *" in called(trial, "equivalent")


def test_a_control_cell_that_moves_contaminates_everything() -> None:
    trial, measure = run(control=0.08, slower={CELLS[3]: 0.06})
    assert {one.verdict for one in trial.outcome().findings} == {"contaminated"}
    assert trial.outcome().code == 11
    assert len(measure.asked) == 10


def test_a_control_cell_that_moves_alone_is_confirmed_alone() -> None:
    trial, measure = run(control=0.08)
    assert measure.asked[2:] == [("confirm", [CONTROL])] * 8
    assert trial.outcome().code == 11


def test_a_cell_that_fails_in_one_pair_is_missing() -> None:
    trial, _ = run()
    trial.screened[1]["cells"].pop(CELLS[0])
    trial.screened[1]["failed"][CELLS[0]] = "head: crashed: SIGABRT"
    (gone,) = (one for one in trial.outcome().findings if one.verdict == "missing")
    assert (gone.cell, gone.reason) == (CELLS[0], "head: crashed: SIGABRT")
    assert trial.outcome().code == 11


def test_cells_of_one_side_are_told() -> None:
    trial, _ = run()
    trial.absent = {"decode[old-b1]": ("missing", "gone"), "decode[young-b1]": ("new", "is new")}
    assert called(trial, "missing") == {"decode[old-b1]"}
    assert called(trial, "new") == {"decode[young-b1]"}
    assert trial.outcome().code == 11


def test_an_interrupted_confirmation_is_no_verdict() -> None:
    trial, _ = run(slower={CELLS[3]: 0.06})
    del trial.confirmed[4:]
    assert called(trial, "regressed") == set()
    assert CELLS[3] in called(trial, "inconclusive")


def test_nothing_measured_never_passes() -> None:
    assert Trial(cells=[], policy=Policy(), measure=Invented()).outcome().code == 11
