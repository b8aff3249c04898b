"""Where a course turns: change points by an existing library, a hint where to look, no verdict."""

from __future__ import annotations

import math
from importlib.util import find_spec
from itertools import pairwise
from statistics import median

from bench.errors import Misuse
from reports.chronicle import DIFFERENCE, Course

FEWEST = 10
"""Points below which nothing is looked for."""
APART = 2
"""Points that a level holds at least."""
PENALTY = 5.0
"""Times the noise's variance and the logarithm of the count. Of 15 points of noise alone some two
courses in a hundred turn, of 30 less than one (a test holds it below four); at 2, which theory has
for a known variance, it is every seventh, as the variance is estimated of the same few points."""


def check() -> None:
    """Raises Misuse with the line that installs what is missing."""
    if find_spec("ruptures") is None:
        raise Misuse("--changes needs ruptures: pip install 'weighbridge[history]'")


def turns(course: Course) -> list[int]:
    """The points at which a new level begins: PELT (Killick 2012) on the mean, of logarithms."""
    levels = [_level(point.value, point.relation) for point in course.points]
    if len(levels) < FEWEST or len(set(levels)) == 1:
        return []
    import numpy
    import ruptures

    spread = max(_noise(levels), 1e-9)
    signal = numpy.array(levels).reshape(-1, 1) / spread
    search = ruptures.Pelt(model="l2", min_size=APART, jump=1).fit(signal)
    found: list[int] = search.predict(pen=PENALTY * math.log(len(levels)))
    return found[:-1]  # the last is the end


def _level(value: float, relation: str) -> float:
    return math.log(value) if relation != DIFFERENCE and value > 0 else value


def _noise(levels: list[float]) -> float:
    """The standard deviation by the steps from one to the next: a new level hardly moves it."""
    steps = [abs(after - before) for before, after in pairwise(levels)]
    return 1.4826 * median(steps) / math.sqrt(2)
