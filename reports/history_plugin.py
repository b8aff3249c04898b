"""The pytest side of the history: `pytest suites --history runs.sqlite` adds the finished run."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.errors import BenchError, Misuse
from bench.process import is_child
from bench.record import Run
from bench.session import RUN_FILE

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

HISTORY = pytest.StashKey[Path]()
SAID = pytest.StashKey[str]()
"""What became of the run."""
FAILED = "weighbridge: error: "


def pytest_addoption(parser: pytest.Parser) -> None:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_addoption"""
    parser.getgroup("weighbridge").addoption(
        "--history", metavar="PATH", dest="history_path",
        help="add the finished run to a history: an SQLite file, or a folder of runs",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what could not be added to before anything is made."""
    said = config.getoption("history_path", None)
    if said is None or is_child():
        return
    try:
        config.stash[HISTORY] = _checked(config, said)
    except (BenchError, OSError) as error:
        raise pytest.UsageError(f"--history: {error}") from None


@pytest.hookimpl(wrapper=True, trylast=True)  # within the terminal's, which then shows it
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """After the run is written; where it cannot be added, a session that passed has not."""
    ended = yield
    config = session.config
    if HISTORY in config.stash and not config.option.collectonly:
        config.stash[SAID] = said = _added(config)
        if said.startswith(FAILED) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return ended


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """One line, behind the session's own table."""
    if said := config.stash.get(SAID, None):
        terminalreporter.ensure_newline()
        terminalreporter.write_line(said, red=said.startswith(FAILED))


def _checked(config: pytest.Config, said: str) -> Path:
    from reports.adding import check, place_of  # noqa: PLC0415

    path = place_of(said).absolute()  # a test may change the working directory
    run = config.getoption("benchmark_json", None)
    if run and Path(run).resolve() == path.resolve():
        raise Misuse(f"{said} is asked for twice, and the run would replace the history")
    check(path)
    return path


def _added(config: pytest.Config) -> str:
    """What became of it. A run that broke off is left: whole, its cells would stand there twice."""
    from bench.skimming import skim  # noqa: PLC0415
    from reports.adding import add  # noqa: PLC0415
    from reports.plugin import shortest  # noqa: PLC0415

    path, file = config.stash[HISTORY], config.stash.get(RUN_FILE, None)
    if file is None:
        return "history: nothing was measured, so nothing is added"
    try:
        run = skim(file)
        if missing := _missing(run):
            return f"history: not added, as {missing} of the run's cells did not run"
        (found,) = add(path, {file: run})
    except (BenchError, OSError) as error:
        return f"{FAILED}--history: {error}{_again(config)}"
    profiled = any(record.status == "profiled" for record in run.records)
    more = "; times under --profile are in no course" if profiled else ""
    return f"history: {shortest(path)}: {found}{more}"


def _again(config: pytest.Config) -> str:
    from reports.plugin import kept, shortest  # noqa: PLC0415

    try:
        line = f"weighbridge history --history {shortest(config.stash[HISTORY])} --add"
        return f"; the run is kept, `{line} {kept(config)}` adds it"
    except OSError:  # the disk is full, as may be why it was not added
        return ""


def _missing(run: Run) -> int:
    """How many cells were to run and have no record."""
    return len({*run.settings.get("order", ())} - {*run.by_cell})
