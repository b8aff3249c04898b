"""The pytest side: `--report NAME=TARGET`, and the table at the end of the session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.discovery import find
from bench.errors import BenchError, Misuse, Unsent
from bench.files import write_atomically
from bench.process import is_child
from bench.reading import read
from bench.record import Run
from bench.session import RUN_FILE
from reports.delivery import Wanted, parse_wanted, send, write_reports
from reports.profiles import print_profiles
from reports.report import Report

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from rich.console import Console

    Printer = Callable[[Run, Console], None]

WANTED: pytest.StashKey[Wanted] = pytest.StashKey()
pytest_plugins = ["reports.history_plugin", "reports.gate_plugin"]
"""Come with this one, so that nobody has to name them; the gate's exit code stands before the
history's."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_addoption"""
    parser.getgroup("weighbridge").addoption(
        "--report",
        action="append",
        metavar="NAME=TARGET",
        dest="reports_wanted",
        help="write a report, as in html=run.html, or send the run, as in mlflow=URI; repeatable",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be written before anything is measured."""
    try:
        said = config.getoption("reports_wanted") or ()
        config.stash[WANTED] = [] if is_child() else parse_wanted(said)
        _refuse_one_file_twice(config)
    except BenchError as error:
        raise pytest.UsageError(f"--report: {error}") from None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Show the finished run; without one, say nothing unless a report was asked for."""
    path, wanted = config.stash.get(RUN_FILE, None), config.stash.get(WANTED, ())
    if path is None:
        if wanted:
            terminalreporter.write_line(
                "weighbridge: nothing was measured, so no report is written"
            )
        return
    try:
        run = read(path)
        terminalreporter.section("weighbridge")
        writer = config.get_terminal_writer()
        more = (print_profiles,) if config.get_verbosity() > 0 else ()
        writer.write(table_text(run, writer.fullwidth, writer.hasmarkup, more))
        write_reports(run, wanted)
    except (BenchError, OSError) as error:
        terminalreporter.write_line(f"weighbridge: error: {error}", red=True)
        pytest.exit(f"weighbridge: {error}", returncode=1)
    for line in (*_whereabouts(config, path, wanted), *_deliveries(config, run, wanted)):
        terminalreporter.write_line(line)


def _refuse_one_file_twice(config: pytest.Config) -> None:
    run = config.getoption("benchmark_json", None)
    paths = [path.resolve() for _, path in config.stash[WANTED] if isinstance(path, Path)]
    paths += [Path(run).resolve()] if run else []
    for path in paths:
        if paths.count(path) > 1:
            raise Misuse(f"{path} is asked for twice, and the second would replace the first")


def table_text(run: Run, width: int, colour: bool, more: Sequence[Printer] = ()) -> str:
    """The terminal table as text of that width, and what else is to be printed below it."""
    from rich.console import Console

    from reports.table import print_tables  # noqa: PLC0415

    paper = StringIO()
    console = Console(file=paper, width=width, force_terminal=colour, highlight=False)
    for show in (print_tables, *more):
        show(run, console)
    return paper.getvalue()


def shortest(path: Path) -> str:
    """The path as a user would type it here."""
    whole = path.resolve()
    here = Path.cwd()
    return os.path.relpath(whole, here) if whole.is_relative_to(here) else str(whole)


def _whereabouts(config: pytest.Config, run: Path, wanted: Wanted) -> Iterator[str]:
    # Without the option the run lies in a temporary folder that goes with the session.
    kept = config.getoption("benchmark_json", None)
    yield f"run: {shortest(run)}" if kept else "run: not kept; --benchmark-json keeps it"
    for name, place in wanted:
        if isinstance(place, Path):
            yield f"{name}: {shortest(place)}"


def _deliveries(config: pytest.Config, run: Run, wanted: Wanted) -> Iterator[str]:
    """After everything is written: what a tracker does not take is kept, and it is said."""
    known = find("reports", Report) if wanted else {}
    for name, target in ((name, place) for name, place in wanted if isinstance(place, str)):
        try:
            yield f"{name}: {send(known[name], run, target)}"
        except Unsent as error:
            again = f"weighbridge report {name} {kept(config)} -o {target}"
            yield f"weighbridge: warning: {error}; the run is kept, `{again}` sends it"


def kept(config: pytest.Config) -> str:
    """The run file, copied out of the session's temporary folder where it lies in one."""
    path = config.stash[RUN_FILE]
    if config.getoption("benchmark_json", None):
        return shortest(path)
    kept = config.invocation_params.dir / f"unsent-{datetime.now():%Y%m%d-%H%M%S}.json"
    if not kept.exists():
        write_atomically(kept, path.read_text(encoding="utf-8"))
    return shortest(kept)
