"""The pytest side of the gate: `pytest suites --gate BASE.json` judges the session at its end."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.cell import CELL
from bench.errors import BenchError
from bench.process import is_child
from bench.reading import read
from bench.record import Run
from bench.session import RUN_FILE
from reports.finding import CANNOT_TELL, USAGE, Outcome
from reports.judge import judge_runs, subjects_of
from reports.policy import Policy, read_policy
from reports.terms import Subject

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

BASE = pytest.StashKey[tuple[Path, Run, Policy]]()
OUTCOME = pytest.StashKey[Outcome | str]()
"""What the gate found, or why it could not be asked."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_addoption"""
    group = parser.getgroup("weighbridge")
    group.addoption("--gate", metavar="BASE.json", dest="gate_base",
                    help="judge this session against an older run, at its end")  # fmt: skip
    group.addoption("--gate-policy", metavar="gate.toml", dest="gate_policy",
                    help="margins, tests and what blocks, for --gate")  # fmt: skip
    group.addoption("--gate-strict", action="store_true", dest="gate_strict",
                    help="for --gate: what is inconclusive or incomparable does not "
                    "pass")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be judged against before anything is measured: exit code 12."""
    base = config.getoption("gate_base", None)
    if base is None or is_child():
        return
    try:
        policy = config.getoption("gate_policy")
        found = read_policy(Path(policy) if policy else None)
        # absolute, and read now: the session may write its run to the same place
        config.stash[BASE] = (Path(base).absolute(), read(Path(base)), found)
    except BenchError as error:
        pytest.exit(f"--gate: {error}", returncode=USAGE)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """A rule that can fit nothing is refused before anything is measured, too."""
    if BASE not in session.config.stash:
        return
    _, base, policy = session.config.stash[BASE]
    if policy.rules and (coming := _coming(base, session.items)):
        try:
            policy.check([*subjects_of(base), *coming])
            for subject in subjects_of(base):
                policy.terms(subject)
        except BenchError as error:
            pytest.exit(f"--gate: {error}", returncode=USAGE)


@pytest.hookimpl(wrapper=True, trylast=True)  # within the terminal's, which then shows it
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """After the run is written; a failed cell, a mistake and an interruption beat the gate."""
    ended = yield
    if BASE in session.config.stash:
        found, code = _judged(session.config)
        session.config.stash[OUTCOME] = found
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = code
    return ended


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """The findings, behind the session's own table."""
    from reports.bulletin import print_outcome, publish  # noqa: PLC0415

    found = config.stash.get(OUTCOME, None)
    if found is None:
        return
    base = config.stash[BASE][0]
    terminalreporter.section(f"gate against {base.name}")
    if isinstance(found, str):
        terminalreporter.write_line(f"weighbridge: {found}", red=True)
        return
    terminalreporter.ensure_newline()
    print_outcome(found)
    if not found.findings:
        print(f"this session and {base.name} have no cell in common")
    publish(found, f"this session against {base.name}", str(base), None)


def _coming(base: Run, items: Sequence[pytest.Item]) -> list[Subject]:
    """All that the cells can have; nothing where the base cannot tell what a suite measures."""
    from bench.measure import metrics  # noqa: PLC0415

    cells = [item.stash[CELL] for item in items if CELL in item.stash]
    if not {cell.suite for cell in cells} <= {record.suite for record in base.records}:
        return []
    return [
        Subject(cell=cell.label, variant=cell.variant, metric=name, kind=m.kind, unit=m.unit)
        for cell in cells
        for name, m in metrics().items()
    ]


def _judged(config: pytest.Config) -> tuple[Outcome | str, int]:
    path, (_, base, policy) = config.stash.get(RUN_FILE, None), config.stash[BASE]
    if path is None:
        return "nothing was measured, so the gate cannot tell", CANNOT_TELL
    try:
        outcome = judge_runs(base, read(path), policy, config.getoption("gate_strict"))
    except BenchError as error:
        return str(error), USAGE
    return outcome, outcome.code
