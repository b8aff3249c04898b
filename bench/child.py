"""The one way to run cells in a process of their own and get their reports back."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.cell import CELL
from bench.process import environment, start, stop
from bench.record import Record, Status, to_json

JOURNAL = "WEIGHBRIDGE_JOURNAL"
"""Names the file that a child writes its reports into; so its presence says: you are a child."""


def in_child() -> Path | None:
    """The journal to write, in a child."""
    path = os.environ.get(JOURNAL)
    return Path(path) if path else None


def append(journal: Path, line: Mapping[str, Any]) -> None:
    """Add one finding, on the disk before the next cell starts."""
    with journal.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


@dataclass
class Children:
    """Runs the isolated cells of one variant in one child, when the first of them is due."""

    config: pytest.Config
    arguments: Sequence[str]
    threads: int
    groups: Mapping[str, Sequence[pytest.Item]]
    """The isolated items by variant, in order."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """What the session hands its children in their environment."""
    proofs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    disproved: dict[str, str] = field(default_factory=dict)
    _reports: dict[str, list[pytest.TestReport]] = field(default_factory=dict)

    def has(self, item: pytest.Item) -> bool:
        """Whether this cell is to run in a child."""
        cell = item.stash.get(CELL, None)
        return cell is not None and item in self.groups.get(cell.variant, ())

    def reports(self, item: pytest.Item) -> list[pytest.TestReport]:
        """The reports of one cell, its whole group run first where it has not been."""
        if item.nodeid not in self._reports:
            self._run(self.groups[item.stash[CELL].variant])
        return self._reports[item.nodeid]

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
        with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
            journal, log = Path(folder, "journal"), Path(folder, "log")
            with log.open("w") as output:
                child = start(
                    "pytest",
                    self._command(items),
                    environment(self.threads, {**self.extra, **_child(journal)}),
                    output,
                )
                try:
                    code = child.wait()
                finally:
                    stop(child)
                    self._read(journal)
            return code, log.read_text(errors="replace")

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
        items = [item for group in self.groups.values() for item in group]
        known = {_name(item.nodeid): item.nodeid for item in items}
        for line in _lines(journal):
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


def _child(journal: Path) -> dict[str, str]:
    return {JOURNAL: str(journal), "PYTEST_ADDOPTS": ""}


def _name(nodeid: str) -> str:
    """Without the file, which a session under --pyargs and its child write differently."""
    return nodeid.partition("::")[2]


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    if not journal.exists():
        return
    for line in journal.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # the last line of a killed child
            return


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
