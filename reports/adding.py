"""Adds runs to a history, a folder or an SQLite file: whole or not at all, each once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import Misuse
from bench.files import check_folder, check_target, write_atomically
from bench.record import Run
from reports import store
from reports.chronicle import Point, identity, points

HELD, EMPTY = "held already", "no figures in it, so nothing is added"


def place_of(said: str) -> Path:
    """The path of a history as it was typed. Raises Misuse for a folder that is not there."""
    path = Path(said).expanduser()
    if said.endswith(os.sep) and not path.is_dir():
        raise Misuse(f"there is no folder {said}; make it first, or name a file to be made")
    return path


def check(path: Path) -> None:
    """Raises Misuse or BadRun where nothing could be added. Makes nothing."""
    if path.is_dir():
        check_folder(path)
        return
    check_target(path)
    if path.exists() and path.stat().st_size:
        store.check(path)


def add(path: Path, runs: Mapping[Path, Run]) -> list[str]:
    """What became of each run, which was read from its file. Raises BadRun, OSError."""
    told = [list(points(file.stem, run)) for file, run in runs.items()]
    if path.is_dir():
        return [_copied(path, file, run, found)
                for (file, run), found in zip(runs.items(), told, strict=True)]  # fmt: skip
    counts = store.add(path, told)
    return [_said(found, new) for found, new in zip(told, counts, strict=True)]


def _copied(folder: Path, file: Path, run: Run, found: Sequence[Point]) -> str:
    """The run file as it is, under a name that another run does not have."""
    date = "".join(sign for sign in run.date[:19] if sign.isalnum())
    target = folder / f"{date}-{identity(run)}.json"
    new = bool(found) and not target.exists() and file.resolve().parent != folder.resolve()
    if new:
        write_atomically(target, file.read_text(encoding="utf-8"))
    return _said(found, len(found) if new else 0)


def _said(found: Sequence[Point], new: int) -> str:
    return f"{new} figures added" if new else HELD if found else EMPTY
