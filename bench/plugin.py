"""The pytest plugin: every hook forwards to the room that does the work."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

import pytest

from bench import (
    beside,
    configuration,
    journal,
    live,
    options,
    preflight,
    profiling,
    resume,
    runfile,
)
from bench.cell import CELL, ISOLATED, ON_REQUEST, PARAMETER, UNTIMED
from bench.child import Children, in_child
from bench.errors import BenchError, MakeFailed, Misuse
from bench.fixtures import (  # noqa: F401  pytest finds fixtures among this module's names
    bench_session,
    bench_variant,
    duel,
    folder,
    fresh,
    host_baseline,
    loading,
    measure,
    memory_budget,
    model,
    note,
    prompt,
    reference,
    roofline,
    text,
    variant,
)
from bench.order import arrange
from bench.outcome import conclude
from bench.process import end_with_parent
from bench.reading import record_of
from bench.record import to_json
from bench.selection import Selection, parametrize
from bench.session import RUN_FILE, SESSION, session_of, teller
from bench.vigil import over_call

_TROUBLE = pytest.StashKey[BenchError]()
_CHILDREN = pytest.StashKey[Children]()
JOURNAL = pytest.StashKey[journal.Journal]()
"""The session's journal, where it keeps one; in a child, its parent's."""


class BareJson:
    """Waits for pytest-benchmark's option, which may be declared before ours or after."""

    def __init__(self, parser: pytest.Parser) -> None:
        self._parser = parser

    def pytest_plugin_registered(self) -> None:
        """pytest: "A new pytest plugin got registered"."""
        options.allow_bare_json(self._parser)


class Listener:
    """Hears of every report, which says nothing of its session; so this does."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """pytest: "Process the TestReport produced for each phase"; in a child, pass it on."""
        if found := getattr(report, "bench_record", None):
            self._config.stash[SESSION].note(record_of(found))
        if path := in_child():
            hook = self._config.hook
            data = hook.pytest_report_to_serializable(config=self._config, report=report)
            journal.append(path, {"report": data})

    def pytest_runtest_logfinish(self) -> None:
        """pytest: "Called at the end of running the runtest protocol for a single item"."""
        if found := self._config.stash.get(JOURNAL, None):
            bench = self._config.stash[SESSION]
            clock = partial(runfile.clock_of, self._config)
            found.keep(bench.records, clock, proofs=bench.proofs, disproved=bench.disproved)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """pytest: "Register argparse-style options and config-style config values"."""
    options.add(parser)
    options.allow_bare_json(parser)
    pluginmanager.register(BareJson(parser))


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what can be seen to be wrong from the command line alone."""
    if in_child():
        end_with_parent()
        if found := journal.shared(teller(config)):
            config.stash[JOURNAL] = found
    config.addinivalue_line("markers", f"{ISOLATED}: the cells run in a child process")
    config.addinivalue_line("markers", f"{ON_REQUEST}: slow, so it runs only where it is named")
    config.addinivalue_line("markers", f"{UNTIMED}: no clock looks at the cells")
    config.pluginmanager.register(Listener(config))
    try:
        Selection.of(config)
        runfile.check_path(config)
        resume.check(config)
        if options.any_given(config):
            configuration.refuse_stolen_root(config.rootpath, config.inipath)
            session_of(config)
            profiling.check(config)
    except BenchError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for the variant, by itself or through `model`, runs once for each."""
    if PARAMETER not in metafunc.fixturenames:
        return
    try:
        bench = session_of(metafunc.config)
        selection = Selection.of(metafunc.config)
        parametrize(metafunc, selection, bench.catalog, bench.settings.device)
    except BenchError as error:  # a usage error from this hook would end in exit code 2, not 4
        metafunc.config.stash[_TROUBLE] = error
        metafunc.parametrize(PARAMETER, [], scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After pytest's own -k and -m: check, order and mark what is left."""
    if _TROUBLE in config.stash:
        runfile.take_over(config)
        raise pytest.UsageError(str(config.stash[_TROUBLE]))
    try:
        arrange(config, items)
    except BenchError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Make everything that is needed before the first cell; `--make-only` stops there."""
    config = session.config
    cells = [item for item in session.items if CELL in item.stash]
    if not cells or config.option.collectonly or session.testsfailed:
        return None
    if in_child():
        beside.stand_by(session)
        return None
    try:
        resume.reserve(config)
        live.begin(config)
        ready = preflight.before_the_first_cell(config, cells)
    except (Misuse, MakeFailed) as error:  # MakeFailed: the teacher itself, so nothing can be
        raise pytest.UsageError(str(error)) from None
    if ready is not None:
        config.stash[_CHILDREN] = ready.children
        if ready.begun.journal:
            config.stash[JOURNAL] = ready.begun.journal
        others = [item for item in session.items if CELL not in item.stash]
        session.items[:] = [*others, *ready.begun.items]
    if not config.getoption("bench_make_only"):
        if ready is not None:
            beside.begin(config, ready.children, session.items)
        return None
    session.testsfailed += len(config.stash[SESSION].unmade)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """An isolated cell runs in a child; its reports are logged here as if it had run here."""
    children = item.config.stash.get(_CHILDREN, None)
    if children is None:
        return None
    run = item.ihook.pytest_runtest_protocol
    if not children.has(item):
        beside.before(children, item)
        after = children.next_here(item, nextitem)
        return None if after is nextitem else bool(run(item=item, nextitem=after))
    with live.shown(item.config, item, "in a process of its own"):
        reports = children.reports(item)
    bench = item.config.stash[SESSION]
    bench.proofs.update(children.proofs)
    bench.disproved.update(children.disproved)
    if double := children.double(item):
        return bool(run(item=double, nextitem=nextitem))
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """pytest: "Call underlying test function"; the machine is looked at before and after."""
    with over_call(pyfuncitem):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The record travels on the report, so that a child's takes the same way as our own."""
    report = yield
    if cell := item.stash.get(CELL, None):
        error = call.excinfo.value if call.excinfo else None
        if record := conclude(cell, report, error):
            vars(report)["bench_record"] = to_json(record)
            if in_child() and cell.clocked:
                vars(report)["bench_clock"] = runfile.clock_of(item.config, cell.label)
        if report.failed and "benchmark" in getattr(item, "funcargs", {}):
            item.funcargs["benchmark"].skipped = True  # type: ignore[attr-defined]  # no second warning
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the run: whole, and only where there is something to say."""
    config = session.config
    bench = config.stash.get(SESSION, None)
    if children := config.stash.get(_CHILDREN, None):
        children.close()
    if path := in_child():
        if bench is not None:
            journal.append(path, {"proofs": bench.proofs, "disproved": bench.disproved})
        return
    if bench and bench.records and not config.getoption("benchmark_disable"):
        config.stash[RUN_FILE] = runfile.write(config, bench)
    if bench and (found := config.stash.get(JOURNAL, None)):
        found.end(whole=set(bench.order) <= set(bench.records))
