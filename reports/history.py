"""`weighbridge history`: how each figure went over many runs, by cell and kind of machine."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BadRun, BenchError, Misuse
from bench.files import check_target, write_atomically
from bench.skimming import skim
from reports import store, turning
from reports.adding import add, check, place_of
from reports.chronicle import Course, Point, courses, points
from reports.columns import GAIN, HEADLINE, KL, TOP1
from reports.names import sentence, visible
from reports.trend import course_table, print_courses

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SHOWN = (*HEADLINE, GAIN, KL, TOP1)
"""Suites and metrics that are shown without --all."""


def add_history(commands: Subparsers) -> None:
    """`weighbridge history DIR`, `weighbridge history --history FILE [--add RUN.json ...]`."""
    text = "show how each figure went over many runs"
    parser = commands.add_parser(
        "history",
        help=text,
        description=f"{text}, by cell and kind of machine: times as ratios to the teacher of "
        "the same run. It shows and never judges: it ends with 0 whatever it finds.",
    )
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="a folder of run files")
    parser.add_argument(
        "--history", type=place_of, metavar="FILE", help="or an SQLite file of them, or a folder"
    )
    parser.add_argument(
        "--add", type=Path, nargs="+", default=[], metavar="RUN.json", help="add these to it"
    )
    parser.add_argument("-k", dest="word", default="", help="only where CELL METRIC holds this")
    parser.add_argument("--all", action="store_true", help="every metric, not the main ones alone")
    parser.add_argument(
        "--changes", action="store_true", help="mark where a new level begins (extra: history)"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="write every course, too")
    parser.set_defaults(command=show_history)


def show_history(chosen: argparse.Namespace) -> int:
    """Add the runs, or show the courses."""
    _check(chosen)
    if chosen.add:
        return _add(chosen.history, chosen.add)
    found = _held(chosen.history or chosen.folder)
    kept = [course for course in courses(found) if _is_wanted(course, chosen)]
    if not kept:
        where = chosen.history or chosen.folder
        raise Misuse(f"{where} holds no course that was asked for; --all shows every metric")
    marks = [turning.turns(course) if chosen.changes else [] for course in kept]
    print_courses(course_table(kept, marks))
    if chosen.json:
        _write(chosen.json, zip(kept, marks, strict=True))
    return 0


def _check(chosen: argparse.Namespace) -> None:
    if bool(chosen.folder) == bool(chosen.history):
        raise Misuse("history wants a folder of runs, or --history FILE")
    if chosen.add and not chosen.history:
        raise Misuse("--add wants --history FILE, the file or folder to add to")
    if chosen.folder and not chosen.folder.is_dir():
        raise Misuse(f"{chosen.folder} is no folder; a history's file is named by --history")
    if chosen.history and not chosen.add and not chosen.history.exists():
        raise Misuse(f"there is no {chosen.history}; --add makes it")
    if chosen.json:
        check_target(chosen.json)
    if chosen.add:
        check(chosen.history)
    if chosen.changes:
        turning.check()


def _add(path: Path, runs: Sequence[Path]) -> int:
    """All of them or none: a file that is no run is found before anything is added."""
    read = {run: skim(run) for run in runs}
    for run, said in zip(read, add(path, read), strict=True):
        print(f"{run}: {said}")
    return 0


def _held(place: Path) -> list[Point]:
    return list(_of_folder(place)) if place.is_dir() else store.held(place)


def _of_folder(folder: Path) -> Iterator[Point]:
    """Of every run in it; what is no run is said and left out. Raises BadRun where none is one."""
    paths, read = sorted(folder.glob("*.json")), 0
    for path in paths:
        try:
            run = skim(path)
        except BenchError as error:
            print(f"left out: {sentence(error)}")
            continue
        read += 1
        yield from points(path.stem, run)
    if not read:
        raise BadRun(f"{folder} holds no run: none of its {len(paths)} JSON files is one")


def _is_wanted(course: Course, chosen: argparse.Namespace) -> bool:
    last = course.last
    main = (last.cell.partition("[")[0], last.metric) in SHOWN
    return (main or chosen.all) and chosen.word in f"{last.cell} {last.metric}"


def _write(path: Path, found: Iterable[tuple[Course, list[int]]]) -> None:
    written: list[dict[str, Any]] = [
        {
            "points": [asdict(point) for point in course.points],
            "turns": [course.points[at].date for at in marks],
        }
        for course, marks in found
    ]
    write_atomically(path, json.dumps(written, indent=1, allow_nan=False) + "\n")
    print(f"json: {visible(path, 400)}")
