"""Places labels beside points so that none lies on another, on a point or over the edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LETTER, LINE = 7.7, 15.0
"""Width of a letter and height of a line of 12 px bold text, generously."""
APART = 9.0
STEPS = 14
"""How many lines up and down a label may go from its point."""


@dataclass(frozen=True)
class Box:
    """A rectangle, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def inside(self, other: Box) -> bool:
        """Whether it lies wholly in the other."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


def place(
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    page: Box,
    lines: Sequence[Box] = (),
) -> list[Box | None]:
    """A box per text, in order: the first free place, nearest first; None where there is none.

    `lines` are avoided as long as a place near the point allows it.
    """
    taken = [Box(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    placed: list[Box | None] = []
    for (x, y), text in zip(points, texts, strict=True):
        free = [
            box
            for box in _around(x, y, LETTER * len(text))
            if box.inside(page)
            and not any(box.meets(other) for other in taken)
            and not _past(box, x, points)
        ]
        clear = (box for box in free if not any(box.meets(line) for line in lines))
        box = next(clear, free[0] if free else None)
        taken += [box] if box else []
        placed.append(box)
    return placed


def _past(box: Box, x: float, points: Sequence[tuple[float, float]]) -> bool:
    """Whether a label beside the point at `x` lies past another point, and would seem to be its."""
    low, high = (x, box.left) if box.left > x else (box.right, x)
    return any(low < other < high and box.top < y < box.bottom for other, y in points)


def _around(x: float, y: float, width: float) -> Iterator[Box]:
    for step in range(STEPS):
        for down in (step * LINE, -step * LINE) if step else (0.0,):
            top = y + down - LINE / 2
            for left in (x + APART, x - APART - width, x - width / 2):
                yield Box(left, top, left + width, top + LINE)
