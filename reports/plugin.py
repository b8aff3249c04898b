"""The pytest side: `--report NAME=PATH`, and the table at the end of the session."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.discovery import find
from bench.errors import BenchError, Misuse
from bench.files import check_target, write_atomically
from bench.reading import read
from bench.record import Run
from bench.session import RUN_FILE
from reports.report import Report

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

Wanted = Sequence[tuple[str, Path]]

WANTED: pytest.StashKey[Wanted] = pytest.StashKey()
pytest_plugins = ["reports.gate_plugin"]
"""Comes with this one, so that nobody has to name it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_addoption"""
    parser.getgroup("weighbridge").addoption(
        "--report",
        action="append",
        metavar="NAME=PATH",
        dest="reports_wanted",
        help="write a report of this session, as in --report html=run.html; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be written before anything is measured."""
    try:
        config.stash[WANTED] = parse_wanted(config.getoption("reports_wanted") or ())
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
        writer.write(table_text(run, writer.fullwidth, colour=writer.hasmarkup))
        write_reports(run, wanted)
    except (BenchError, OSError) as error:
        terminalreporter.write_line(f"weighbridge: error: {error}", red=True)
        pytest.exit(f"weighbridge: {error}", returncode=1)
    for line in _whereabouts(config, path, wanted):
        terminalreporter.write_line(line)


def _refuse_one_file_twice(config: pytest.Config) -> None:
    run = config.getoption("benchmark_json", None)
    paths = [path.resolve() for _, path in config.stash[WANTED]]
    paths += [Path(run).resolve()] if run else []
    for path in paths:
        if paths.count(path) > 1:
            raise Misuse(f"{path} is asked for twice, and the second would replace the first")


def parse_wanted(said: Sequence[str]) -> list[tuple[str, Path]]:
    """NAME=PATH each, checked. Raises Misuse with one line."""
    return [_parse(text) for text in said]


def write_reports(run: Run, wanted: Wanted) -> list[Path]:
    """Write each report atomically; the paths in the order asked for."""
    known = find("reports", Report) if wanted else {}
    for name, path in wanted:
        write_atomically(path, known[name].render([run]))
    return [path for _, path in wanted]


def table_text(run: Run, width: int, colour: bool) -> str:
    """The terminal table as text of that width."""
    from rich.console import Console

    from reports.table import print_tables  # noqa: PLC0415

    paper = StringIO()
    console = Console(file=paper, width=width, force_terminal=colour, highlight=False)
    print_tables(run, console)
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
    for name, path in wanted:
        yield f"{name}: {shortest(path)}"


def _parse(text: str) -> tuple[str, Path]:
    name, equals, place = text.partition("=")
    known = find("reports", Report)
    if not equals or not place:
        raise Misuse(f"{text!r} is not NAME=PATH, as in html=run.html")
    if name not in known:
        raise Misuse(f"no report is called {name!r}; known: {', '.join(sorted(known))}")
    # Resolved now: a test may change the working directory before the report is written.
    path = Path(place).expanduser().absolute()
    check_target(path)
    return name, path
