"""What drafts come to, and when they pay, against sums by hand and closed forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cell import Cell
from bench.duel import Duel
from bench.metrics.speedup import decode_speedup
from bench.note import Note
from bench.sampling import Plan
from bench.speculation import (
    Speculation,
    break_even_acceptance,
    expected_tokens,
    note_break_even,
    note_speculation,
)
from bench.workload import Workload


class Drafting:
    """A model that had 4 drafts in each of two steps, of which 3 and 0 held."""

    def speculation(self) -> Speculation:
        return Speculation.of([(4, 4), (4, 1)])


def cell() -> Cell:
    return Cell("speedup", "speculative", Workload(1, 8, 6))


def test_the_counts_by_hand() -> None:
    found = Speculation.of([(4, 4), (4, 1)])
    assert (found.steps, found.drafted, found.accepted, found.tokens) == (2, 8, 3, 5)
    assert (found.acceptance, found.per_step) == (3 / 8, 2.5)


def test_without_drafts_or_steps_there_is_no_share() -> None:
    assert Speculation.of([(0, 1), (0, 1)]).acceptance is None
    assert Speculation.of([(0, 1), (0, 1)]).per_step == 1
    assert Speculation.of([]).per_step is None


@given(a=st.floats(0, 0.999), drafts=st.integers(1, 30))
def test_expected_tokens_is_the_papers_closed_form(a: float, drafts: int) -> None:
    assert expected_tokens(a, drafts) == pytest.approx((1 - a ** (drafts + 1)) / (1 - a))


@given(cost=st.floats(1, 9), drafts=st.integers(1, 8))
def test_at_the_break_even_a_step_yields_what_it_costs(cost: float, drafts: int) -> None:
    found = break_even_acceptance(cost, drafts)
    if cost > drafts + 1:
        assert found is None
    else:
        assert found is not None
        assert expected_tokens(found, drafts) == pytest.approx(cost)


def test_the_cell_gets_its_figures() -> None:
    where = cell()
    note_speculation(Drafting(), Note(where))  # type: ignore[arg-type]
    found = {name: value.value for name, value in where.values.items()}
    assert found == {"acceptance_rate": 3 / 8, "tokens_per_step": 2.5}
    assert where.facts["speculation"]["steps"] == 2


def test_other_models_get_none() -> None:
    where = cell()
    note_speculation(object(), Note(where))  # type: ignore[arg-type]
    note_break_even(object(), Duel(where, Plan()))  # type: ignore[arg-type]
    assert not where.values


def test_the_break_even_is_what_a_step_cost_in_the_teachers_steps() -> None:
    """2.5 tokens a step at twice the speed: a step costs 1.25 of the teacher's."""
    where = cell()
    duel = Duel(where, Plan())
    duel.speedups = {decode_speedup: [2.0] * 40}
    note_break_even(Drafting(), duel)  # type: ignore[arg-type]
    assert where.values["break_even"].value == pytest.approx(1.25)
    duel.speedups = {}  # its steps did not tick
    note_break_even(Drafting(), duel)  # type: ignore[arg-type]
    assert where.values["break_even"].value is None
