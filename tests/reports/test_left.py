"""What no finding is about: counted by suite, one line a reason, in every form of an outcome."""

from __future__ import annotations

import pytest

from bench.errors import Misuse
from bench.pair import Effort
from reports import pairing as pairing_
from reports.bulletin import markdown_of, print_outcome
from reports.finding import Outcome
from reports.judge import judge_runs
from reports.left import DUEL, Left, grouped, without
from reports.pairing import Pairing, refuse_nothing
from reports.policy import Policy
from reports.stored import outcome_json
from tests.reports import sample
from tests.reports.test_clockless import document
from tests.reports.test_clockless import pairing as arms_of


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (Left(why="so", cells=["fit[a]"]), "left out: 1 fit cell: so"),
        (Left(why="so", cells=["fit[a]", "fit[b]"]), "left out: 2 fit cells: so"),
        (Left(why="so", cells=["b[x]", "c[x]", "a[x]"]), "left out: 3 a, b and c cells: so"),
        (Left(why="so", cells=["b[]", "c[]", "a[]", "d[]"]), "left out: 4 cells of 4 suites: so"),
        (Left(why="a\nb\x1b", cells=["fit[a]"]), r"left out: 1 fit cell: a b\u001b"),
        (Left(why="so", metrics=["ready"]), "not judged: ready: so"),
    ],
)
def test_it_is_one_line(left: Left, says: str) -> None:
    assert str(left) == says


def test_a_line_for_each_reason() -> None:
    found = grouped({"fit[b]": "x", "cold[a]": "y", "fit[a]": "x"})
    assert [(one.why, one.cells) for one in found] == [("x", ("fit[a]", "fit[b]")),
                                                       ("y", ("cold[a]",))]  # fmt: skip


def test_every_form_of_an_outcome_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(findings=(), left=(Left(why="a|b", cells=["fit[a]"]),))
    print_outcome(outcome)
    assert capsys.readouterr().out.splitlines()[0] == "left out: 1 fit cell: a|b"
    assert "- left out: 1 fit cell: a\\|b" in markdown_of(outcome, "t")
    assert outcome_json(outcome)["left_out"] == [{"cells": ["fit[a]"], "metrics": [], "why": "a|b"}]


def about(**known: object) -> dict[str, object]:
    return {"cells": {}, "clockless": {}, "duels": [], "made": {}, "machine": {}, "settings": {},
            "code": "", **known}  # fmt: skip


def surveyed(monkeypatch: pytest.MonkeyPatch, **known: object) -> Pairing:
    monkeypatch.setattr(pairing_, "survey", lambda arm: about(**known))
    return Pairing.of(arms_of([]).arms, Effort())


def test_a_survey_leaves_nothing_unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind: measured, without a clock, in turns with the teacher; or it cannot be."""
    found = surveyed(
        monkeypatch,
        cells={"decode[a]": None, "decode[b]": "skipped: no GPU", "decode[c]": "not made"},
        clockless={"load[a]": None, "load[b]": "skipped: no GPU", "fit[c]": "not made"},
        duels=["speedup[a]"],
    )
    assert (list(found.cells), list(found.clockless)) == (["decode[a]"], ["load[a]"])
    assert {one.why: set(one.cells) for one in found.left} == {
        DUEL: {"speedup[a]"},
        "skipped: no GPU": {"decode[b]", "load[b]"},
    }
    assert found.absent == dict.fromkeys(("decode[c]", "fit[c]"), ("missing", "not made"))
    of_times = {cell for one in found.left_of_times() for cell in one.cells}
    assert of_times == {"speedup[a]", "decode[b]", "load[b]", "decode[c]", "fit[c]", "load[a]"}


def test_where_nothing_is_left_it_says_what_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misuse, match="and compared; left out: 1 speedup cell: each sets"):
        refuse_nothing(surveyed(monkeypatch, duels=["speedup[a]"]))


def test_without_those_that_are_told_otherwise() -> None:
    left = [Left(why="x", cells=("a[]", "b[]")), Left(why="y", cells=("a[]",)),
            Left(why="z", metrics=("ready",))]  # fmt: skip
    found = without(left, ["a[]"])
    assert [(one.why, one.cells) for one in found] == [("x", ("b[]",)), ("z", ())]


@pytest.mark.parametrize("status", ["skipped", "failed", "crashed"])
def test_the_gate_names_cells_without_figures_in_both(status: str) -> None:
    run = sample.run(document(status=status))
    outcome = judge_runs(run, run, Policy())
    says = f"left out: 1 load cell: no figures in either run: {status}: why"
    assert [str(left) for left in outcome.left] == [says]


def test_a_gate_of_whole_runs_leaves_nothing_out() -> None:
    assert judge_runs(sample.run(document()), sample.run(document()), Policy()).left == ()
