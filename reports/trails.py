"""The main figures' courses over three or more runs of a comparison, as its page draws them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from reports.chronicle import IN_TURNS, RATIO, Course, Point, courses, points
from reports.columns import HEADLINE
from reports.comparison import Comparison
from reports.doubts import MARK
from reports.figures.course import Spot
from reports.trend import point_words
from reports.units import RATIO as TIMES
from reports.units import scale_for
from reports.versus import Trail

LEAST = 3
"""Runs that make a course: two are a change, and stand among the changes."""
MOST = 12


def trails(comparison: Comparison) -> Iterator[Trail]:
    """Those that moved, by figure, then by cell; `weighbridge history` has all of them."""
    first, *others = comparison.runs
    live = [one for one, pair in zip(others, comparison.pairs, strict=True) if not pair.why]
    if len(live) + 1 < LEAST:
        return
    found = courses(point for one in (first, *live) for point in points(one.name, one.run))
    main = [one for one in found if _key(one) in HEADLINE and _moved(one)]
    for course in islice(sorted(main, key=lambda one: HEADLINE.index(_key(one))), MOST):
        yield _trail(course)


def _key(course: Course) -> tuple[str, str]:
    return course.last.cell.partition("[")[0], course.last.metric


def _moved(course: Course) -> bool:
    values = {point.value for point in course.points}
    return len(course.points) >= LEAST and len(values) > 1


def _trail(course: Course) -> Trail:
    last = course.last
    relative = last.relation in (RATIO, IN_TURNS)
    scale = TIMES if relative else scale_for(last.unit, [last.value], last.metric)
    return Trail(
        name=f"{last.cell} {last.metric}",
        unit=f"{scale.unit}{' of its own teacher' * relative}",
        spots=tuple(_spot(at, point, scale.per) for at, point in enumerate(course.points)),
        said=tuple(
            f"{point.name}, {point.date[:10]}: {point_words(point)}{MARK * bool(point.doubt)}"
            for point in course.points
        ),
    )


def _spot(at: int, point: Point, per: float) -> Spot:
    ends = (None if end is None else end / per for end in (point.low, point.high))
    return Spot(at, point.name, point.value / per, *ends)
