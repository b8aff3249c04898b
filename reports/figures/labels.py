"""Places labels beside points so that none lies on another, on a point or over the edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LETTER, LINE = 7.2, 15.0
"""Width of a letter and height of a line of 12 px text, generously."""
APART = 9.0


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


def place(points: Sequence[tuple[float, float]], texts: Sequence[str], page: Box) -> list[Box]:
    """A box per text, in order: the first free place, nearest first."""
    taken = [Box(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    placed = []
    for (x, y), text in zip(points, texts, strict=True):
        places = [box for box in _around(x, y, LETTER * len(text)) if box.inside(page)]
        free = (box for box in places if not any(box.meets(other) for other in taken))
        box = next(free, places[0] if places else Box(x, y, x, y))
        taken.append(box)
        placed.append(box)
    return placed


def _around(x: float, y: float, width: float) -> Iterator[Box]:
    for step in range(12):
        for down in (step * LINE, -step * LINE) if step else (0.0,):
            top = y + down - LINE / 2
            for left in (x + APART, x - APART - width, x - width / 2):
                yield Box(left, top, left + width, top + LINE)
