"""The journal beside a run file: cells on the disk as they end, so that a kill loses but one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bench.errors import Misuse
from bench.files import write_atomically
from bench.reading import record_of
from bench.record import Record, to_json

SUFFIX = ".journal"
LOCK = ".lock"
"""After the journal's own name; the kernel frees it where a session is killed."""
SHARED = "WEIGHBRIDGE_SHARED_JOURNAL"
"""Tells a child where the session's journal is, so that its cells are kept as they end, too."""
Clock = Callable[[str], Sequence[float]]
"""A cell's identity -> the samples of its clock, none where it has no clock."""


def append(path: Path, *lines: Mapping[str, Any]) -> None:
    """Add findings, on the disk before the next cell starts. Raises OSError."""
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in lines)
        stream.flush()
        os.fsync(stream.fileno())


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Its whole lines; the last one of a killed process may be torn. None: no lines."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            yield json.loads(line)
        except ValueError:
            return


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a session that broke off has left."""

    same: Mapping[str, Any]
    """What must be the same for another session to go on with it."""
    dates: Sequence[str]
    """When it began, and before it those that it had gone on with."""
    records: Mapping[str, Record]
    clocks: Mapping[str, Sequence[float]]
    proofs: Mapping[str, Mapping[str, Any]]
    disproved: Mapping[str, str]


@dataclass
class Journal:
    """One session's journal; its children write into the same file."""

    path: Path
    say: Callable[[str], None]
    _records: dict[str, Record] = field(default_factory=dict)
    _found: dict[str, dict[str, Any]] = field(default_factory=dict)
    _broken: bool = False

    def begin(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Start anew: `same` and `dates` first, then what is taken over from an older one."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        self._safely(lambda: write_atomically(self.path, text))

    def keep(self, records: Mapping[str, Record], clock: Clock, **found: Mapping[str, Any]) -> None:
        """Add the records, proofs and disproofs that do not stand in it yet."""
        fresh = {cell: one for cell, one in records.items() if self._records.get(cell) is not one}
        lines = [line_of(record, clock(cell)) for cell, record in fresh.items()]
        if self._found != found:
            lines.append({name: dict(known) for name, known in found.items()})
        if lines:
            self._safely(lambda: append(self.path, *lines))
        self._records.update(fresh)
        self._found = {name: dict(known) for name, known in found.items()}

    def end(self, whole: bool) -> None:
        """Nothing is left of a whole session; one that broke off says how it goes on."""
        if whole or not any("record" in line for line in lines_of(self.path)):
            self.path.unlink(missing_ok=True)
        else:
            self.say(f"{self.path} keeps the cells that ended: the same line with --resume goes on")

    def _safely(self, write: Callable[[], None]) -> None:
        try:
            if not self._broken:
                write()
        except OSError as error:  # the figures still stand in memory
            self._broken = True
            self.say(f"{self.path} cannot be written ({error.strerror}): a kill would lose all")


def shared(say: Callable[[str], None]) -> Journal | None:
    """The session's journal, in a child of a session that keeps one."""
    path = os.environ.get(SHARED)
    return Journal(Path(path), say) if path else None


def beside(run: Path) -> Path:
    """Where the journal of that run file is."""
    return run.with_name(run.name + SUFFIX)


@contextmanager
def held(journal: Path, instead: str, say: Callable[[str], None]) -> Iterator[None]:
    """Keep other sessions off `journal` meanwhile; it is said where the file system has no locks.

    Raises Misuse that names the option `instead` where another session has it.
    """
    lock = FileLock(journal.with_name(journal.name + LOCK))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Misuse(
            f"{journal} is in use: another session keeps its figures there; wait until it has "
            f"ended, or name another file with {instead}"
        ) from None
    except (OSError, NotImplementedError) as error:
        say(f"{journal} cannot be locked ({error}): see that no other session writes to it")
    try:
        yield
    finally:
        if lock.is_locked:
            Path(lock.lock_file).unlink(missing_ok=True)  # while it is ours, not the next one's
            lock.release()


def line_of(record: Record, seconds: Sequence[float]) -> dict[str, Any]:
    """A cell's line."""
    return {"record": to_json(record), "clock": list(seconds)}


def read(path: Path) -> Left:
    """What is left. Raises Misuse where that is nothing that could be gone on with."""
    head, *lines = [*lines_of(path)] or [{}]
    try:
        records, clocks = {}, {}
        proofs: dict[str, Mapping[str, Any]] = {}
        disproved: dict[str, str] = {}
        for line in lines:
            if "record" in line:
                record = record_of(line["record"])
                records[record.cell], clocks[record.cell] = record, line["clock"]
            proofs.update(line.get("proofs", {}))
            disproved.update(line.get("disproved", {}))
        return Left(same=head["same"], dates=head["dates"], records=records, clocks=clocks,
                    proofs=proofs, disproved=disproved)  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Misuse(f"{path} is no journal that can be gone on with; drop --resume") from None
