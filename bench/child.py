"""The one way to run cells in a process of their own and get their reports back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.cell import CELL
from bench.journal import SHARED, lines_of
from bench.process import environment
from bench.reading import record_of
from bench.record import Record, Status, to_json
from bench.replay import stand_in
from bench.standby import JOURNAL, Standby


def in_child() -> Path | None:
    """The journal to write, in a child."""
    path = os.environ.get(JOURNAL)
    return Path(path) if path else None


@dataclass
class Children:
    """Runs a group of isolated cells in one child, when the first of them is due."""

    config: pytest.Config
    arguments: Sequence[str]
    threads: int
    groups: Sequence[Sequence[pytest.Item]]
    """Isolated items of one variant each, in order."""
    shared: Path | None = None
    """The session's journal."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """What the session hands its children in their environment."""
    proofs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    disproved: dict[str, str] = field(default_factory=dict)
    _reports: dict[str, list[pytest.TestReport]] = field(default_factory=dict)
    _early: tuple[Sequence[pytest.Item], Standby] | None = None
    """The group that is due next, and its child that waits to be called."""

    def call(self, items: Iterable[pytest.Item]) -> None:
        """Start the child of the first of `items` that has one and waits for it.

        It imports while something that no clock looks at goes on here, and waits.
        """
        group = next((found for item in items if (found := self._due(item))), None)
        if group and not self._early:
            self._early = group, self._started(group)

    def settle(self) -> None:
        """What was called has imported all that it needs before this returns."""
        if self._early:
            self._early[1].settle()

    def close(self) -> None:
        """End what was called and is not wanted any more."""
        if self._early:
            self._early[1].close()
            self._early = None

    def has(self, item: pytest.Item) -> bool:
        """Whether this cell is to run in a child."""
        return self._group(item) is not None

    def next_here(self, item: pytest.Item, after: pytest.Item | None) -> pytest.Item | None:
        """The next item, from `after` on, that runs in this process.

        pytest tears down what that one does not need; a child's cell needs nothing here, and
        would leave its module standing in the way of the next.
        """
        if after is None or not self.has(after):
            return after
        items = item.session.items
        return next((one for one in items[items.index(after) :] if not self.has(one)), None)

    def reports(self, item: pytest.Item) -> list[pytest.TestReport]:
        """The reports of one cell, its whole group run first where it has not been."""
        group = self._group(item)
        if group and item.nodeid not in self._reports:
            self._run(group)
        return self._reports[item.nodeid]

    def double(self, item: pytest.Item) -> pytest.Item | None:
        """A stand-in for a cell that the child's clock has timed: it makes the row here."""
        reports = self.reports(item)
        timed = next((vars(one) for one in reports if getattr(one, "bench_clock", None)), None)
        if timed is None or any(report.failed for report in reports):
            return None
        return stand_in(item, record_of(timed["bench_record"]), timed["bench_clock"])

    def _group(self, item: pytest.Item) -> Sequence[pytest.Item] | None:
        return next((group for group in self.groups if item in group), None)

    def _due(self, item: pytest.Item) -> Sequence[pytest.Item] | None:
        return None if item.nodeid in self._reports else self._group(item)

    def _run(self, items: Sequence[pytest.Item]) -> None:
        todo = list(items)
        while todo:
            code, said = self._spawn(todo)
            left = [item for item in todo if item.nodeid not in self._reports]
            if left:  # the child ended within a cell: that cell has its reason, the rest go on
                self._reports[left[0].nodeid] = [_casualty(left[0], code, said)]
            todo = left[1:]
        variant = items[0].stash[CELL].variant
        if why := self.disproved.get(variant):
            for item in items:
                self._reports[item.nodeid] = [_report(item, "proof_failed", why)]

    def _spawn(self, items: Sequence[pytest.Item]) -> tuple[int, str]:
        if self._early and list(self._early[0]) == list(items):
            child, self._early = self._early[1], None
        else:  # another than the one that waits; two would be in each other's way
            self.close()
            child = self._started(items)
        try:
            return child.run()
        finally:
            child.stop()
            self._read(child.journal)
            child.close()

    def _started(self, items: Sequence[pytest.Item]) -> Standby:
        ours = {**self.extra, "PYTEST_ADDOPTS": ""}
        if self.shared:
            ours[SHARED] = str(self.shared)
        return Standby(self._command(items), environment(self.threads, ours))

    def _command(self, items: Sequence[pytest.Item]) -> list[str]:
        ini = ["-c", str(self.config.inipath)] if self.config.inipath else []
        ini += [f"-o{word}" for word in self.config.option.override_ini or ()]
        plugins = [f"-p{name}" for name in self.config.option.plugins]
        return [
            *(f"{item.path}::{item.nodeid.partition('::')[2]}" for item in items),
            *(f"--rootdir={self.config.rootpath}", "-q", "-pno:cacheprovider", *ini, *plugins),
            *(f"--variant={items[0].stash[CELL].variant}", *self.arguments),
        ]

    def _read(self, journal: Path) -> None:
        found: dict[str, list[pytest.TestReport]] = {}
        items = [item for group in self.groups for item in group]
        known = {_name(item.nodeid): item.nodeid for item in items}
        for line in lines_of(journal):
            if "report" in line:
                report = self.config.hook.pytest_report_from_serializable(
                    config=self.config, data=line["report"]
                )
                report.nodeid = known.get(_name(report.nodeid), report.nodeid)
                found.setdefault(report.nodeid, []).append(report)
            self.proofs.update(line.get("proofs", {}))
            self.disproved.update(line.get("disproved", {}))
        ended = {node: rows for node, rows in found.items() if rows[-1].when == "teardown"}
        self._reports.update(ended)


def _name(nodeid: str) -> str:
    """Without the file, which a session under --pyargs and its child write differently."""
    return nodeid.partition("::")[2]


def _casualty(item: pytest.Item, code: int, said: str) -> pytest.TestReport:
    if code == -signal.SIGKILL:
        return _report(item, "out_of_memory", "its process was killed, most likely out of memory")
    if code < 0:
        return _report(item, "crashed", f"its process died of {signal.Signals(-code).name}")
    tail = " | ".join(said.strip().splitlines()[-3:])
    return _report(item, "failed", f"its process ended with {code}: {tail}")


def _report(item: pytest.Item, status: Status, message: str) -> pytest.TestReport:
    cell = item.stash[CELL]
    record = Record(
        suite=cell.suite,
        variant=cell.variant,
        workload=cell.workload,
        status=status,
        message=message,
    )
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="failed",
        longrepr=f"{record.cell}: {status}: {message}",
        when="call",
        bench_record=to_json(record),
    )
