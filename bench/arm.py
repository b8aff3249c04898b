"""The plugin of an arm: it keeps the cells that were asked for, and tells what became of them."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from bench import control, turns
from bench.cell import CELL
from bench.clock import Stopwatch
from bench.commit import harness
from bench.files import write_atomically
from bench.preflight import skipped
from bench.process import for_libraries
from bench.session import SESSION, session_of

CELLS = "WEIGHBRIDGE_CELLS"
"""Names a file with the cells of this session, in their order, as a JSON list."""
SURVEY = "WEIGHBRIDGE_SURVEY"
"""Names the file to write what there is into; then nothing is measured."""
CLOCKLESS = "WEIGHBRIDGE_CLOCKLESS"
"""Says that this is an ordinary session of the cells without a clock."""
SKIPPED = "skipped: "
"""What the reason of a skipped cell begins with, and no other."""
MEASURED = "measure"
"""The fixture of cells that can take turns."""
DUEL = "duel"
"""The fixture of cells that take turns with the teacher in one process."""
_DUELS = pytest.StashKey[list[str]]()
"""The cells that duel, which no arm measures."""
_LAST: dict[str, Any] = {}
"""The record of the cell that runs, by its test's id."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """After our own plugin: cells with a clock alone, and of those the ones asked for.

    A survey looks at those without a clock, too, and an ordinary session has them alone.
    """
    yield
    timed, clockless, duels = map(_by_label, _kinds(items))
    config.stash[_DUELS] = list(duels)
    path = os.environ.get(CELLS)
    found = {**timed, **clockless} if SURVEY in os.environ else timed
    found = clockless if CLOCKLESS in os.environ else found
    wanted = json.loads(Path(path).read_text()) if path else list(found)
    items[:] = [found[label] for label in wanted if label in found]
    if SESSION in config.stash:
        config.stash[SESSION].order[:] = [label for label in wanted if label in found]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """The control cell before all others and after them."""
    line = turns.line()
    if line is None:
        return (yield)
    bench = session_of(session.config)
    if bench.settings.device == "cpu":
        share_processors(bench.settings.threads)
    # read when numpy is first imported: the control cell has as many threads as the others
    os.environ.update(for_libraries(bench.settings.threads))
    _control(line)
    ended = yield
    _control(line)
    line.say(over=True, disproved=bench.disproved)
    return ended


def share_processors(threads: int) -> None:
    """Stay on as many processors as there are threads, which the other arm then has, too.

    Each arm would else keep to one of its own, and the processors' difference would read as the
    arms': on two cores that set processes of one code apart by 4 to 13 %, and this by 0 to 3 %.
    The last ones, as the first have the interrupts.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """pytest: "Process the TestReport produced for each phase"; keep the cell's record."""
    found = getattr(report, "bench_record", None)
    if found and (report.failed or report.nodeid not in _LAST):
        _LAST[report.nodeid] = found


def pytest_runtest_logfinish(nodeid: str) -> None:
    """pytest: "Called at the end of running the runtest protocol for a single item"."""
    if line := turns.line():
        line.say(end=_LAST.pop(nodeid, None))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a survey, write down which cells there are and what they are made of."""
    path, bench = os.environ.get(SURVEY), session.config.stash.get(SESSION, None)
    if path is None or bench is None:
        return
    cells, clockless, _ = (
        {label: _why(item, bench.unmade) for label, item in _by_label(kind).items()}
        for kind in _kinds(session.items)
    )
    names = {item.stash[CELL].variant for item in session.items if CELL in item.stash}
    made = {name: bench.artifacts.fingerprint(bench.catalog.get(name)) for name in sorted(names)}
    about = {
        "cells": cells,
        "clockless": clockless,
        "duels": session.config.stash.get(_DUELS, []),  # a refused selection has none
        "made": made,
        "packages": bench.settings.packages,
        "machine": bench.machine,
        "settings": bench.settings.as_json(),
        "code": harness()["code"],
    }
    write_atomically(Path(path), json.dumps(about))


def _kinds(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], ...]:
    """The cells among `items`: with a clock, without one, and those that duel with the teacher."""
    kinds: tuple[list[pytest.Item], ...] = ([], [], [])
    for item in items:
        asked = getattr(item, "fixturenames", ())
        if CELL in item.stash:
            kinds[0 if MEASURED in asked else 2 if DUEL in asked else 1].append(item)
    return kinds


def _by_label(items: Iterable[pytest.Item]) -> dict[str, pytest.Item]:
    return {item.stash[CELL].label: item for item in items}


def _why(item: pytest.Item, unmade: dict[str, str]) -> str | None:
    """Why the cell cannot be measured; None where it can."""
    if skipped(item):
        marks = [mark.kwargs.get("reason", "") for mark in item.iter_markers("skip")]
        return f"{SKIPPED}{marks[0]}"
    return unmade.get(item.stash[CELL].variant)


def _control(line: turns.Line) -> None:
    taken = turns.take(line, control.CONTROL, control.control(), Stopwatch())
    line.say(end={"laps": [lap.seconds for lap in taken.laps], "each": taken.each})
