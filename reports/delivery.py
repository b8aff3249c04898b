"""How reports leave: as files, or to trackers, which may be out of reach."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.discovery import find
from bench.errors import BenchError, Misuse, Unsent
from bench.files import check_target, write_atomically
from bench.needs import why_unmet
from bench.record import Run
from reports.report import Report

Wanted = Sequence[tuple[str, Path | str]]
"""Reports by name, each with its file, or with the target of its tracker."""
LONGEST = 300


def parse_wanted(said: Sequence[str]) -> list[tuple[str, Path | str]]:
    """NAME=PATH or NAME=TARGET each, checked. Raises Misuse with one line."""
    return [_parse(text) for text in said]


def write_reports(run: Run, wanted: Wanted) -> list[Path]:
    """Write each report that is a file atomically; the paths in the order asked for."""
    known = find("reports", Report) if wanted else {}
    files = [(known[name], path) for name, path in wanted if isinstance(path, Path)]
    for report, path in files:
        write_atomically(path, rendered(report, [run]))
    return [path for _, path in files]


def rendered(report: Report, runs: Sequence[Run]) -> str:
    """The document of a report that renders."""
    if report.render is None:
        raise Misuse(f"{report.name} sends runs to a tracker, and renders none")
    return report.render(runs)


def send(report: Report, run: Run, target: str) -> str:
    """Give the run to a tracker; where it went. Raises Unsent with one line, whatever happened."""
    if report.send is None:
        raise Misuse(f"{report.name} renders runs, and sends none")
    try:
        return report.send(run, target)
    except BenchError as error:
        raise Unsent(f"{report.name} did not take the run: {error}") from error
    except Exception as error:  # whatever a tracker's client raises
        said = " ".join(f"{type(error).__name__}: {error}".split())
        said = said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
        raise Unsent(f"{report.name} did not take the run: {said}") from error


def aimed(report: Report, target: str) -> str:
    """A tracker's target, checked, and what it needs as well. Raises Misuse."""
    if missing := why_unmet(report.needs):
        raise Misuse(f"{report.name} {'; '.join(missing)}")
    return report.aim(target)


@contextmanager
def variables(**usual: str) -> Iterator[None]:
    """Environment variables for a tracker's client; what the user has set stays."""
    new = {name: value for name, value in usual.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


def _parse(text: str) -> tuple[str, Path | str]:
    name, equals, place = text.partition("=")
    known = find("reports", Report)
    if not equals or not place:
        raise Misuse(f"{text!r} is not NAME=PATH, as in html=run.html")
    if name not in known:
        raise Misuse(f"no report is called {name!r}; known: {', '.join(sorted(known))}")
    if known[name].send is not None:
        return name, aimed(known[name], place)
    # Resolved now: a test may change the working directory before the report is written.
    path = Path(place).expanduser().absolute()
    check_target(path)
    return name, path
