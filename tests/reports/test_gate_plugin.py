"""`pytest suites --gate BASE.json`: the same code at the session's end, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import numpy  # noqa: F401  imported before pytester's snapshot of the modules: it loads only once
import pytest
from scipy import stats  # noqa: F401  the same

from tests.reports import sample
from tests.reports.test_gate import document

SESSION = """
import pytest
from pathlib import Path
from bench.session import RUN_FILE

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.config.stash[RUN_FILE] = Path({run!r})
"""
PASS, FAIL = "def test_pass(): pass", "def test_fail(): assert False"


def session(
    pytester: pytest.Pytester, *words: str, test: str = PASS, **known: float
) -> pytest.RunResult:
    run = sample.write(pytester.path / "run.json", document(**known))
    sample.write(pytester.path / "base.json", document())
    pytester.makeconftest(SESSION.format(run=str(run)))
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess("-p", "reports.plugin", "--gate=base.json", *words)


def test_a_session_that_is_no_worse_passes(pytester: pytest.Pytester) -> None:
    found = session(pytester)
    assert found.ret == 0
    found.stdout.fnmatch_lines(["*gate against base.json*", "passed: 3 equivalent"])


def test_a_regression_is_10(pytester: pytest.Pytester) -> None:
    found = session(pytester, loss=0.05)
    assert found.ret == 10
    found.stdout.fnmatch_lines(["regressed *quality?int8?*", "regression: 1 regressed*"])


def test_a_failed_cell_beats_the_gate(pytester: pytest.Pytester) -> None:
    found = session(pytester, test=FAIL, loss=0.05)
    assert found.ret == 1
    found.stdout.fnmatch_lines(["regression: 1 regressed*"])


def test_strict_and_policy(pytester: pytest.Pytester) -> None:
    assert session(pytester, "--gate-strict", processes=1).ret == 11
    Path(pytester.path / "gate.toml").write_text('[[rule]]\nmetric = "ready"\ntest = "none"')
    assert session(pytester, "--gate-strict", "--gate-policy=gate.toml", processes=1).ret == 0


def test_nothing_measured_cannot_be_told(pytester: pytest.Pytester) -> None:
    sample.write(pytester.path / "base.json", document())
    pytester.makepyfile(PASS)
    found = pytester.runpytest_inprocess("-p", "reports.plugin", "--gate=base.json")
    assert found.ret == 11
    found.stdout.fnmatch_lines(["*nothing was measured, so the gate cannot tell*"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--gate=none.json"], "none.json cannot be read"),
        (["--gate=test_it.py"], "is not JSON"),
        (["--gate=base.json", "--gate-policy=none.toml"], "the policy none.toml cannot be read"),
    ],
)
def test_what_cannot_be_judged_is_refused_at_once(
    pytester: pytest.Pytester, words: list[str], says: str
) -> None:
    sample.write(pytester.path / "base.json", document())
    pytester.makepyfile(test_it="raise SystemExit('measured')")
    found = pytester.runpytest_inprocess("-p", "reports.plugin", *words)
    assert found.ret == 12
    assert says in found.stdout.str() + found.stderr.str()
    assert "measured" not in found.stdout.str().replace("was measured", "")


def test_no_cell_in_common_cannot_be_told(pytester: pytest.Pytester) -> None:
    other = sample.document(
        [sample.record("load", "int9", disk_bytes=sample.value("disk_bytes", 1))]
    )
    run = sample.write(pytester.path / "run.json", other)
    sample.write(pytester.path / "base.json", document())
    pytester.makeconftest(SESSION.format(run=str(run)))
    pytester.makepyfile(PASS)
    found = pytester.runpytest_inprocess("-p", "reports.plugin", "--gate=base.json")
    assert found.ret == 11
    found.stdout.fnmatch_lines(["this session and base.json have no cell in common"])


def test_a_policy_that_fits_nothing_is_12(pytester: pytest.Pytester) -> None:
    (pytester.path / "gate.toml").write_text('[[rule]]\nvariant = "int9"\nblocks = false')
    found = session(pytester, "--gate-policy=gate.toml")
    assert found.ret == 12
    found.stdout.fnmatch_lines(["*no variant here fits 'int9'*"])


CELLS = """
from bench.cell import CELL, Cell

def pytest_collection_modifyitems(items):
    for item in items:
        item.stash[CELL] = Cell(suite={suite!r}, variant="int4", workload=None)
"""


@pytest.mark.parametrize(
    ("rule", "suite", "says"),
    [
        ('variant = "int9"', "load", "no variant here fits 'int9'; there are int4, int8"),
        ('metric = "disk_byte"', "load", "no metric here fits 'disk_byte'"),
        ('cell = "load[int4]"', "load", None),  # only this session has it
        ('variant = "int9"', "mine", None),  # nobody knows yet what that suite measures
    ],
)
def test_a_rule_that_will_fit_nothing_is_refused_before_anything_is_measured(
    pytester: pytest.Pytester, rule: str, suite: str, says: str | None
) -> None:
    (pytester.path / "gate.toml").write_text(f"[[rule]]\n{rule}\nblocks = false")
    sample.write(pytester.path / "base.json", document())
    pytester.makeconftest(CELLS.format(suite=suite))
    pytester.makepyfile("def test_it(): print('it began')")
    words = ("--gate=base.json", "--gate-policy=gate.toml")
    found = pytester.runpytest_inprocess("-s", "-p", "reports.plugin", *words)
    said = found.stdout.str() + found.stderr.str()
    assert ("it began" in said) is (says is None)
    if says:
        assert found.ret == 12
        assert says in said
