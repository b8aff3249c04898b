"""Courses on the terminal: a line each, its points drawn small, the newest figure in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.chronicle import DIFFERENCE, IN_TURNS, RATIO, Course, Point
from reports.doubts import MARK
from reports.grid import frame, plain, print_line
from reports.names import visible
from reports.units import figure, interval, ratio, scale_for, span

BARS = "▁▂▃▄▅▆▇█"
MOST = 24
"""Points that are drawn; the newest."""
TURN = "│"
"""Stands before the point at which a new level begins."""
HEADS = ("cell", "metric", "runs", "course", "newest", "of", "turns")


@dataclass(frozen=True, slots=True)
class Machine:
    """The courses of one kind of machine."""

    name: str
    rows: tuple[tuple[str, ...], ...]


def course_table(found: Sequence[Course], turns: Sequence[Sequence[int]]) -> list[Machine]:
    """By machine, the rows in the courses' order; `turns` are each course's change points."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    for course, marks in zip(found, turns, strict=True):
        last = course.last
        name = f"{visible(last.machine)} (key {visible(last.hardware, 12)})"
        groups.setdefault(name, []).append(_row(course, marks))
    return [Machine(name, tuple(rows)) for name, rows in groups.items()]


def print_courses(machines: Sequence[Machine]) -> None:
    """Every machine with its courses, and what the signs mean."""
    from rich.console import Console

    screen = Console(highlight=False)
    for machine in machines:
        table = frame()
        for head in HEADS:
            table.add_column(plain(head), overflow="fold", no_wrap=head == "course")
        for row in machine.rows:
            table.add_row(*map(plain, row))
        print_line(screen, plain(machine.name, style="bold"))
        screen.print(table)
        screen.print()
    for line in _legend(machines):
        print_line(screen, plain(line, style="dim"))


def spark(values: Sequence[float], turns: Sequence[int] = ()) -> str:
    """The newest values as bars between their least and their most; alike, all in the middle."""
    begin = max(0, len(values) - MOST)
    shown = values[begin:]
    least, most = min(shown), max(shown)
    drawn = ""
    for at, value in enumerate(shown, begin):
        share = (value - least) / (most - least) if most > least else 0.5
        drawn += TURN * (at in turns) + BARS[min(len(BARS) - 1, int(share * len(BARS)))]
    return drawn


def _row(course: Course, marks: Sequence[int]) -> tuple[str, ...]:
    last = course.last
    dates = ", ".join(visible(course.points[at].date[:10], 10) for at in marks)
    drawn = spark([point.value for point in course.points], marks)
    return (
        visible(last.cell),
        visible(last.metric, 32),
        str(len(course.points)),
        drawn,
        point_words(last) + MARK * bool(last.doubt),
        f"{visible(last.name, 24)}, {visible(last.date[:10], 10)}",
        dates,
    )


def point_words(point: Point) -> str:
    """A point with its unit and interval."""
    if point.relation in (RATIO, IN_TURNS):
        return f"{ratio(point.value, point.low, point.high)} {span(point.low, point.high)}".rstrip()
    scale = scale_for(point.unit, [point.value], point.metric)
    signed = point.relation == DIFFERENCE
    text = figure(point.value, point.low, point.high, scale, signed)
    unit = f" {scale.unit}" if scale.unit else ""
    return f"{text}{unit} {interval(point.low, point.high, scale)}".rstrip()


def _legend(machines: Sequence[Machine]) -> Iterator[str]:
    yield (
        "× is the ratio to the teacher of the same run, signed the difference; bars reach from "
        "the least to the most of the newest runs."
    )
    rows = [row for machine in machines for row in machine.rows]
    if any(MARK in row[4] for row in rows):
        yield f"{MARK} in doubt in its run."
    if any(row[-1] for row in rows):
        yield f"{TURN} a new level begins: where to look, no verdict; `weighbridge ab` judges."
