"""The history in one SQLite file: runs are added whole or not at all, and each only once."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.errors import BadRun
from reports.chronicle import Point

OURS = 0x57424844
"""SQLite's application_id of a history."""
FORM = 1
"""SQLite's user_version: raised when a reader of the older form would misread the newer."""
WAITS = 30
"""Seconds that one waits for another session that adds to the same file."""
NUMBERS, OPTIONAL = ("value", "low", "high"), ("low", "high", "doubt")
COLUMNS = tuple(field.name for field in fields(Point))


def add(path: Path, runs: Sequence[Sequence[Point]]) -> list[int]:
    """How many figures of each run are new: none of one that the file held. Raises BadRun."""
    with _opened(path, "rwc") as base:
        return [_add(base, run) for run in runs]


def held(path: Path) -> list[Point]:
    """Every figure in the file. Raises BadRun where it is no history of ours."""
    with _opened(path, "ro") as base:
        rows = base.execute(f"SELECT {', '.join(COLUMNS)} FROM figures").fetchall()
    return [_point(path, row) for row in rows]


def check(path: Path) -> None:
    """Raises BadRun where the file is no history of ours, or nothing can be written to it."""
    with _opened(path, "rw") as base:
        base.execute("BEGIN IMMEDIATE")


def _add(base: sqlite3.Connection, run: Sequence[Point]) -> int:
    marks = ", ".join("?" for _ in COLUMNS)
    rows = [[getattr(point, name) for name in COLUMNS] for point in run]
    statement = f"INSERT OR IGNORE INTO figures ({', '.join(COLUMNS)}) VALUES ({marks})"
    return base.executemany(statement, rows).rowcount if rows else 0


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """`mode`: `ro`; `rw`, which makes nothing; or `rwc`, which makes what is not there."""
    try:
        uri = f"{path.resolve().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, timeout=WAITS, uri=True)) as base:
            if mode == "rwc" and not base.execute("SELECT 1 FROM sqlite_master").fetchone():
                _begin(base)
            _refuse_foreign(path, base)
            with base:  # one transaction: a killed command leaves the file as it was
                yield base
    except sqlite3.Error as error:
        raise BadRun(f"{path} cannot be used as a history: {error}") from None


def _begin(base: sqlite3.Connection) -> None:
    columns = ", ".join(f"{name} {_type(name)}" for name in COLUMNS)
    base.execute(f"CREATE TABLE figures ({columns}, UNIQUE (run, cell, metric)) STRICT")
    base.execute(f"PRAGMA application_id = {OURS}")
    base.execute(f"PRAGMA user_version = {FORM}")


def _type(name: str) -> str:
    kind = "REAL" if name in NUMBERS else "TEXT"
    return kind if name in OPTIONAL else f"{kind} NOT NULL"


def _refuse_foreign(path: Path, base: sqlite3.Connection) -> None:
    (application,) = base.execute("PRAGMA application_id").fetchone()
    (form,) = base.execute("PRAGMA user_version").fetchone()
    if application != OURS:
        raise BadRun(f"{path} is no history of ours; name a new file, and it is made")
    if form != FORM:
        raise BadRun(f"{path} is a history of form {form}, this version reads {FORM}")


def _point(path: Path, row: Sequence[Any]) -> Point:
    """What stands in a file is checked, whoever wrote it."""
    found = dict(zip(COLUMNS, row, strict=True))
    for name, item in found.items():
        kind = float if name in NUMBERS else str
        if item is None and name in OPTIONAL:
            continue
        if type(item) is not kind or (isinstance(item, float) and not math.isfinite(item)):
            raise BadRun(f"{path} is damaged: {name} is {item!r:.80}")
    return Point(**found)
